"""Where to cut: samples to parts, and parts to segments (RFC 8216bis, 4.4.4.9 and 6.2.1).

Pure: no clock, no sockets. A part is a window on the timeline; it holds the video that starts inside it and the audio
that had arrived. Every part is at most `part_ms` long and every segment at most `longest_ms`, whatever the encoder
does; `window.py` keeps what comes out.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from math import ceil

from media import fmp4
from media.hub import Tracks
from media.track import AudioTrack, Kind, Sample

AUDIO_SURPLUS_MS = 100  # how far sound may pile up ahead of its timestamps
AUDIO_HOLE_MS = 40  # the timeline counts the sound: what it leaves out is missing
AUDIO_LEAD_MS = 300  # how far audio may run ahead before it stops waiting for video
FIRST_FRAME_MS = 1_000  # the same while the frame rate is not known yet


@dataclass(frozen=True, slots=True)
class Rules:
    """Durations in milliseconds. `part_ms` is a wish until the frame rate is known (`part_limit`)."""

    part_ms: int = 333
    segment_ms: int = 2_000
    max_segment_bytes: int = 16 << 20
    max_part_bytes: int = 8 << 20

    @property
    def target_s(self) -> int:
        """EXT-X-TARGETDURATION: whole seconds."""
        return max(1, -(-self.segment_ms // 1000))

    @property
    def longest_ms(self) -> int:
        """The longest segment that still rounds to the target duration (RFC 8216bis, 4.4.3.1)."""
        return self.target_s * 1000 + 499

    def part_limit(self, frame_ms: float | None) -> int:
        """PART-TARGET for this frame rate: a whole number of frames nearest to `part_ms`, and one ms for rounding.

        A part has to be at least 85 % of PART-TARGET (RFC 8216bis, 4.4.3.8) and cannot be cut inside a frame, so 8
        frames a second get 375 ms. The slack covers timestamps rounded to milliseconds.
        """
        if not frame_ms:
            return self.part_ms + 1
        frames = max(1, round(self.part_ms / frame_ms))
        return min(ceil(frames * frame_ms) + 1, self.longest_ms)


@dataclass(frozen=True, slots=True)
class Cut:
    """One part. `opens`: it begins a segment; `closes`: it ends one. `independent`: a decoder can start in it."""

    start_ms: int
    duration_ms: int
    independent: bool
    opens: bool
    closes: bool
    data: bytes


@dataclass(slots=True)
class _Open:
    """The part that is being filled."""

    start_ms: int
    opens: bool
    video: list[fmp4.VideoSample] = field(default_factory=list)
    size: int = 0


class AudioClock:
    """Sample-exact audio times out of millisecond timestamps: counts, and looks at the timestamp only after a gap."""

    def __init__(self, track: AudioTrack) -> None:
        self._rate, self._frame = track.rate, track.frame
        self._next: int | None = None

    def place(self, dts_ms: int) -> int | None:
        """Return the decode time in samples; None for a frame too many: dropped, so that the sound stays in step."""
        stamp = dts_ms * self._rate // 1000
        if self._next is None or stamp - self._next > AUDIO_HOLE_MS * self._rate // 1000:
            self._next = stamp
        elif self._next - stamp > AUDIO_SURPLUS_MS * self._rate // 1000:
            return None
        at, self._next = self._next, self._next + self._frame
        return at


class Cutter:
    """Feed `put` with samples of one run (see `hub.Tracks`); it returns the parts that became complete.

    The first sample has to be a keyframe if there is video. `end` returns what is left when the run is over. A `quick`
    run makes its first segment of one part: hls.js starts with a whole segment, and would have to wait for one.
    """

    def __init__(
        self, rules: Rules, tracks: Tracks, sequence: int, part_limit: int | None = None, *, quick: bool = False
    ) -> None:
        self.rules, self.sequence = rules, sequence
        self._quick = quick
        self.part_limit = part_limit  # fixed once known, and over all runs of a broadcast (RFC 8216bis, 6.2.1)
        self.gop_ms: int | None = None  # distance of the last two keyframes
        self.forced = 0  # segments that had to begin without a keyframe
        self._has_video, self._audio_track = tracks.video is not None, tracks.audio
        self._clock = AudioClock(tracks.audio) if tracks.audio else None
        self._held: Sample | None = None  # the newest frame: its duration is known when the next one comes
        self._frame_ms = 0
        self._shift = 0  # what long frames without audio were shortened by, see `_video`
        self._key_ms: int | None = None
        self._audio: deque[fmp4.AudioSample] = deque()
        self._open: _Open | None = None
        self._segment_ms = 0  # where the open segment starts
        self._segment_bytes = 0
        self._origin_ms = 0

    def put(self, sample: Sample) -> list[Cut]:
        """Return the parts that `sample` completed (0 to a few). Parts of a segment follow each other without gaps."""
        if self._open is None:
            if self._has_video and sample.kind is Kind.AUDIO:
                return []  # sound before the first picture: nobody could start there
            self._segment_ms = self._origin_ms = sample.dts_ms
            self._open = _Open(sample.dts_ms, opens=True)
        return self._video(sample) if sample.kind is Kind.VIDEO else self._sound(sample)

    def end(self) -> list[Cut]:
        """Return the last part, if anything is left. The cutter cannot be used again."""
        if self._open is None:
            return []
        at = self._open.start_ms
        if self._held is not None:
            frame = self._frame_ms or 1
            at = max(at, self._held.dts_ms + frame)
            self._take(self._held, frame)
            self._held = None
        if self._audio_track and self._audio:
            at = max(at, self._audio_ms(self._audio[-1].dts + self._audio_track.frame))
        out: list[Cut] = []
        while at - self._open.start_ms > self._limit():  # sound that ran ahead of the last frame
            out += self._split(self._open.start_ms + self._limit(), self._limit())
        return out + self._close(at, opens=False)

    def _video(self, sample: Sample) -> list[Cut]:
        assert self._open is not None
        out: list[Cut] = []
        held, at = self._held, sample.dts_ms - self._shift
        if held is not None:
            step = at - held.dts_ms
            if self._undecided(at, step):
                self._frame_ms = step
                self._take(held, step)
            else:
                limit = self._limit()
                if step > limit and self._audio_track is None:
                    # A part may not be longer than PART-TARGET, and a frame cannot be divided. Without sound nobody
                    # can tell a frozen picture from a slow clock, so the clock is slowed.
                    self._shift += step - limit
                    step, at = limit, held.dts_ms + limit
                out += self._advance(held, step, sample.key)
        if sample.key:
            self.gop_ms = None if self._key_ms is None else at - self._key_ms
            self._key_ms = at
        self._held = sample if at == sample.dts_ms else replace(sample, dts_ms=at)
        return out

    def _undecided(self, at: int, step: int) -> bool:
        """Whether PART-TARGET is still open, and may be: the more frames are measured, the better it fits them."""
        assert self._open is not None
        if self.part_limit is None:
            length = at - self._open.start_ms
            if length + step < self.rules.part_ms and self._open.size <= self.rules.max_part_bytes:
                return True
            measured = self.rules.part_limit(length / (len(self._open.video) + 1))
            self.part_limit = max(measured, length - step)  # what is in the part already has to fit
        return False

    def _advance(self, held: Sample, step: int, key: bool) -> list[Cut]:
        """Put `held` where it belongs, now that its duration is known, and close what the frame behind it ends."""
        assert self._open is not None
        out: list[Cut] = []
        at, limit = held.dts_ms + step, self._limit()
        if at - self._open.start_ms > limit and self._open.video:
            out += self._split(held.dts_ms, step)
        self._frame_ms = min(step, limit)
        self._take(held, step)
        while at - self._open.start_ms > limit:  # sound went on while the picture stood
            out += self._split(self._open.start_ms + limit, limit)
        if key:
            length = at - self._segment_ms
            gop = at - self._key_ms if self._key_ms is not None else length
            opens = length + gop // 2 > self.rules.segment_ms or length + gop > self.rules.longest_ms
            return out + self._close(at, opens=opens)
        ends = at + self._frame_ms
        full = ends - self._open.start_ms > limit or ends - self._segment_ms > self.rules.longest_ms
        if full or self._open.size > self.rules.max_part_bytes:
            out += self._split(at, self._frame_ms)
        return out

    def _sound(self, sample: Sample) -> list[Cut]:
        assert self._open is not None
        assert self._clock is not None
        dts = self._clock.place(sample.dts_ms) if sample.dts_ms >= self._origin_ms else None
        if dts is None:
            return []
        at, out = self._audio_ms(dts), []
        if not self._has_video:
            ends = self._audio_ms(dts + self._frame) + 1
            if ends - self._open.start_ms > self._limit() and self._audio:
                cut = min(at, self._open.start_ms + self._limit())
                out += self._close(cut, opens=cut + self._limit() // 2 - self._segment_ms > self.rules.segment_ms)
            while at - self._open.start_ms >= self._limit():  # silence: frames are missing
                out += self._split(self._open.start_ms + self._limit(), self._limit())
        else:
            lead = AUDIO_LEAD_MS if self.part_limit else FIRST_FRAME_MS
            while at - self._open.start_ms > (self.part_limit or 0) + lead:
                out += self._split(self._open.start_ms + self._limit(), self._limit())
        self._audio.append(fmp4.AudioSample(dts, self._frame, sample.data))
        return out

    def _limit(self) -> int:
        """PART-TARGET in ms: decided once, by the first frames, and never again."""
        if self.part_limit is None:
            self.part_limit = self.rules.part_limit(self._frame_ms)
        return self.part_limit

    def _split(self, at: int, ahead: int) -> list[Cut]:
        """Close the open part at `at`, and the segment too if `ahead` more would make it too long, or it is too big."""
        assert self._open is not None
        opens = at + ahead - self._segment_ms > self.rules.longest_ms
        opens = opens or self._segment_bytes + self._open.size > self.rules.max_segment_bytes
        self.forced += opens and self._has_video
        return self._close(at, opens=opens)

    @property
    def _frame(self) -> int:
        assert self._audio_track is not None
        return self._audio_track.frame

    def _audio_ms(self, dts: int) -> int:
        assert self._audio_track is not None
        return dts * 1000 // self._audio_track.rate

    def _take(self, sample: Sample, duration_ms: int) -> None:
        assert self._open is not None
        scale = fmp4.VIDEO_TIMESCALE // 1000
        self._open.video.append(
            fmp4.VideoSample(sample.dts_ms * scale, duration_ms * scale, sample.cts_ms * scale, sample.key, sample.data)
        )
        self._open.size += len(sample.data)

    def _close(self, at: int, *, opens: bool) -> list[Cut]:
        """End the open part at `at` and begin the next, which `opens` a segment or goes on with this one.

        A window without any sample makes no part: playlist time is then shorter than media time by that window, which
        players even out from the times inside the parts.
        """
        part = self._open
        assert part is not None
        audio: list[fmp4.AudioSample] = []
        while self._audio and (not self._has_video or self._audio_ms(self._audio[0].dts) < at):
            audio.append(self._audio.popleft())
        if at - self._segment_ms > self.rules.longest_ms and not part.opens:  # later than was foreseen
            part.opens = True
            self.forced += self._has_video
            self._segment_ms = part.start_ms
        if (part.video or audio) and self._quick:
            self._quick, opens = False, True
        if opens:
            self._segment_ms = at
        self._open = _Open(max(at, part.start_ms), opens)
        if not part.video and not audio:
            self._open.opens = opens or part.opens
            return []
        self.sequence += 1
        data = fmp4.part(self.sequence, part.video, audio)
        self._segment_bytes = len(data) + (0 if part.opens else self._segment_bytes)
        independent = part.video[0].key if part.video else not self._has_video
        length = max(1, at - part.start_ms)  # 1: a keyframe that came after sound far ahead of it
        self._open.start_ms = part.start_ms + length
        return [Cut(part.start_ms, length, independent, part.opens, opens, data)]
