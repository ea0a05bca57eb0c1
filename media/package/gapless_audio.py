"""The audio of one epoch as it is written: counted in samples, without gaps, silent where the encoder sends none.

A player stops where one of its tracks ends, and none can add a track later (decision 21). So there is always audio.
"""

from media import fmp4, silence
from media.track import AudioTrack

SURPLUS_MS = 100  # how far sound may pile up ahead of its timestamps
HOLE_MS = 40  # the timeline counts the sound: what it leaves out is missing
GRACE_MS = 300  # how much later than usual sound may come; players are told to stay a second behind
LATEST_MS = 1_000  # what is taken for usual at most
FORGET = 0.999  # per frame of sound: how slowly a lateness that was seen once is forgotten


class AudioClock:
    """Sample-exact times of audio out of millisecond timestamps: it counts, and uses a timestamp only after a gap."""

    def __init__(self, track: AudioTrack) -> None:
        self._rate, self._frame = track.rate, track.frame_length
        self.next: int | None = None  # where the next frame belongs, in samples

    def place(self, dts_ms: int) -> int | None:
        """Return the decode time in samples; None for a frame too many: dropped, so that the sound stays in step."""
        stamp = dts_ms * self._rate // 1000
        if self.next is None or stamp - self.next > HOLE_MS * self._rate // 1000:
            self.next = stamp
        elif self.next - stamp > SURPLUS_MS * self._rate // 1000:
            return None
        at, self.next = self.next, self.next + self._frame
        return at


class GaplessAudio:
    """Takes the audio (`place`) and the position of the video (`fill`); both return the access units to be written.

    With `silent` the encoder has no audio, and all of it is made here. `origin_ms` is where the epoch begins.
    """

    def __init__(self, track: AudioTrack, origin_ms: int, *, silent: bool) -> None:
        self.track = track
        self._clock = AudioClock(track)
        self._origin = origin_ms * track.rate // 1000
        self._silence = silence.frame(track)
        self._missing = silent
        self._late_ms = 0.0
        self._picture_ms = origin_ms

    @property
    def end_ms(self) -> int:
        """The end of the sound so far."""
        return self._origin * 1000 // self.track.rate if self._clock.next is None else self.ms(self._clock.next)

    def ms(self, dts: int) -> int:
        return dts * 1000 // self.track.rate

    def place(self, dts_ms: int, data: bytes) -> list[fmp4.AudioSample]:
        """Return the frame at its time, after the silence that is missing before it. Nothing lies before the origin."""
        self._late_ms = max(self._late_ms * FORGET, min(LATEST_MS, self._picture_ms - dts_ms))
        before = self._clock.next
        if before is None:
            before = self._origin
            if dts_ms * self.track.rate // 1000 < before - self.track.frame_length // 2:
                return []
        at = self._clock.place(dts_ms)
        if at is None:
            return []
        self._missing = False
        missing = round((at - before) / self.track.frame_length)
        if missing > 0 or at < self._origin:
            out = self._silent(before, missing)
            at = before + missing * self.track.frame_length
            self._clock.next = at + self.track.frame_length
        else:
            out = []
        return [*out, fmp4.AudioSample(at, self.track.frame_length, data)]

    def fill(self, picture_ms: int) -> list[fmp4.AudioSample]:
        """Return silence up to where the video is, if the audio is later than it has ever been."""
        self._picture_ms = picture_ms
        begin = self._origin if self._clock.next is None else self._clock.next
        behind = picture_ms * self.track.rate // 1000 - begin
        if not self._missing:
            if behind * 1000 <= (self._late_ms + GRACE_MS) * self.track.rate:
                return []
            self._missing = True
        count = max(0, behind) // self.track.frame_length
        if count:
            self._clock.next = begin + count * self.track.frame_length
        return self._silent(begin, count)

    def _silent(self, begin: int, count: int) -> list[fmp4.AudioSample]:
        frame = self.track.frame_length
        return [fmp4.AudioSample(begin + n * frame, frame, self._silence) for n in range(count)]
