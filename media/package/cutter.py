"""The cutter: samples become parts, and parts become segments (RFC 8216bis, 4.4.4.9 and 6.2.1).

Pure: no clock, no sockets. A part is an interval of the timeline; it holds the video frames that start inside it and
the audio that had arrived. Every part is at most PART-TARGET long and every segment at most `longest_ms`, whatever the
encoder does. `segment_window.py` keeps what comes out.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from media import fmp4
from media.hub import Tracks
from media.package.gapless_audio import GaplessAudio
from media.track import Kind, Sample

AUDIO_LEAD_MS = 300  # how far audio may run ahead before it stops waiting for video
FIRST_FRAME_MS = 1_000  # the same while the frame rate is not known yet
FREEZE_AFTER_MS = 3_000  # audio without video for so long: then the last keyframe is repeated
# frames per second, as cameras and encoders have them
FRAME_RATES = (10, 12, 12.5, 15, 20, 24_000 / 1001, 24, 25, 30_000 / 1001, 30, 48, 50, 60_000 / 1001, 60, 120)


@dataclass(frozen=True, slots=True)
class CutRules:
    """Lengths and sizes of parts and segments. `part_ms` is a wish until the frame rate is known (`part_limit`),
    `segment_ms` a target that keyframes and `longest_ms` limit."""

    part_ms: int = 333
    segment_ms: int = 2_000
    max_segment_bytes: int = 16 << 20
    max_part_bytes: int = 8 << 20

    @property
    def target_s(self) -> int:
        """EXT-X-TARGETDURATION, in whole seconds."""
        return max(1, -(-self.segment_ms // 1000))

    @property
    def longest_ms(self) -> int:
        """The longest segment that still rounds to the target duration (RFC 8216bis, 4.4.3.1)."""
        return self.target_s * 1000 + 499

    def part_limit(self, frame_ms: float | None) -> int:
        """Return PART-TARGET in ms for this frame rate: the number of frames nearest to `part_ms`, and 1 ms of slack.

        A part has to be at least 85 % of PART-TARGET (RFC 8216bis, 4.4.3.8) and cannot be cut inside a frame, so 8
        frames a second get 375 ms. The slack covers timestamps rounded to milliseconds.
        """
        if not frame_ms:
            return self.part_ms + 1
        frames = max(1, round(self.part_ms / frame_ms))
        return min(ceil(frames * frame_ms) + 1, self.longest_ms)


@dataclass(frozen=True, slots=True)
class CutPart:
    """One part: `data` is moof and mdat with the samples of `video` and `audio`. `opens`: it begins a segment;
    `closes`: it ends one; `independent`: decoding can begin with it."""

    start_ms: int
    duration_ms: int
    independent: bool
    opens: bool
    closes: bool
    data: bytes
    video: Sequence[fmp4.VideoSample] = ()
    audio: Sequence[fmp4.AudioSample] = ()

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.duration_ms


@dataclass(slots=True)
class _Open:
    """The part that is being filled."""

    start_ms: int
    opens: bool
    video: list[fmp4.VideoSample] = field(default_factory=list)
    size: int = 0


def nearest_frame_rate(measured: float) -> float:
    """Return the usual frame rate that was meant: timestamps in milliseconds do not tell it exactly."""
    rate = min(FRAME_RATES, key=lambda one: abs(one - measured))
    return rate if abs(rate - measured) <= 0.01 * rate else round(measured, 3)


@dataclass(frozen=True, slots=True)
class EpochOptions:
    """Options of an epoch. `quick_start`: its first segment has one part, because hls.js starts with a whole
    segment. `silent`: it has no audio, and gets silence. `freeze_frame`: it has no video, and shows this keyframe.
    """

    quick_start: bool = False
    silent: bool = False
    freeze_frame: bytes | None = None


PLAIN = EpochOptions()


class Cutter:
    """Takes the samples of one epoch (see `hub.Tracks`), and returns parts as they become complete.

    The first sample has to be a keyframe if there is video. `end` returns what is left when the epoch is over.
    """

    def __init__(
        self,
        rules: CutRules,
        tracks: Tracks,
        sequence: int,
        part_limit: int | None = None,
        *,
        options: EpochOptions = PLAIN,
    ):
        self.rules, self.sequence, self._options = rules, sequence, options
        self._quick = options.quick_start
        self.part_limit = part_limit  # fixed once known, and over all epochs of a broadcast (RFC 8216bis, 6.2.1)
        self.gop_ms: int | None = None  # distance of the last two keyframes
        self._frames, self._first_ms = 0, 0  # pictures so far, and where the first one lay
        self.forced = 0  # segments that had to begin without a keyframe
        self._has_video, self._audio_track = tracks.video is not None, tracks.audio
        self._gapless: GaplessAudio | None = None
        self._held: Sample | None = None  # the newest frame: its duration is known when the next one comes
        self._frame_ms = 0
        self._shift = 0  # what long frames without audio were shortened by, see `_video`
        self._key_ms: int | None = None
        self._freeze_frame = options.freeze_frame  # the newest keyframe's data
        self._frozen = options.freeze_frame is not None  # the picture is made here, out of `_freeze_frame`
        self._audio: deque[fmp4.AudioSample] = deque()
        self._heard = False
        self._heard_ms = 0  # how far the sound was when the newest picture came
        self._open: _Open | None = None
        self._segment_ms = 0  # where the open segment starts
        self._segment_bytes = 0
        self._plan_ms: int | None = None  # how long it shall become, if it ends before a keyframe
        self._origin_ms = 0

    def put(self, sample: Sample) -> list[CutPart]:
        """Return the parts that `sample` completed (0 to a few). Parts of a segment follow each other without gaps."""
        if sample.kind is Kind.AUDIO:
            if self._open is None:
                if self._has_video and not self._frozen:
                    return []  # sound before the first picture: nobody could start there
                self._begin(sample.dts_ms)
            return self._put_audio(sample)
        if self._frozen:
            if not sample.key or self._options.freeze_frame is not None:
                return []  # frames that refer to what was lost
            self._frozen = False
        if self._open is None:
            self._begin(sample.dts_ms)
        if sample.key:
            self._freeze_frame = sample.data
        self._first_ms = self._first_ms if self._frames else sample.dts_ms
        self._frames += 1
        return self._put_frame(sample)

    @property
    def frame_rate(self) -> float | None:
        """Frames per second since the epoch began; None while it is unknown, and for a freeze frame."""
        if self._held is None or self._frames < 8 or self._options.freeze_frame is not None:
            return None
        return nearest_frame_rate((self._frames - 1) * 1000 / (self._held.dts_ms - self._first_ms))

    def end(self) -> list[CutPart]:
        """Return the last part, if anything is left. The cutter cannot be used again."""
        if self._open is None:
            return []
        at = self._open.start_ms
        if self._held is not None:
            frame = self._frame_ms or 1
            at = max(at, self._held.dts_ms + frame)
            self._take(self._held, frame)
            self._held = None
        if self._gapless and self._audio:
            at = max(at, self._gapless.ms(self._audio[-1].dts + self._gapless.track.frame_length))
        out: list[CutPart] = []
        while at - self._open.start_ms > self._room():  # sound that ran ahead of the last frame
            out += self._split(self._open.start_ms + self._room(), self._limit())
        return out + self._close(at, opens=False)

    def _begin(self, at: int) -> None:
        self._segment_ms = self._origin_ms = self._heard_ms = at
        self._open = _Open(at, opens=True)
        if self._audio_track is not None:
            self._gapless = GaplessAudio(self._audio_track, at, silent=self._options.silent)

    def _put_frame(self, sample: Sample) -> list[CutPart]:
        """Take a video frame, and fill the audio up to here."""
        if self._gapless is not None:
            self._audio += self._gapless.fill(sample.dts_ms)
            if self._audio:
                self._heard_ms = max(self._heard_ms, self._gapless.ms(self._audio[-1].dts))
        return self._video(sample)

    def _video(self, sample: Sample) -> list[CutPart]:
        assert self._open is not None
        out: list[CutPart] = []
        held, at = self._held, sample.dts_ms - self._shift
        if held is not None:
            at = max(at, held.dts_ms + 1)
            step = at - held.dts_ms
            if self._may_measure(at, step):
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
            self._plan()
        self._held = sample if at == sample.dts_ms else replace(sample, dts_ms=at)
        return out

    def _may_measure(self, at: int, step: int) -> bool:
        """Return whether PART-TARGET may stay undecided: the more frames are measured, the better it fits them."""
        assert self._open is not None
        if self.part_limit is None:
            length = at - self._open.start_ms
            if length + step < self.rules.part_ms and self._open.size <= self.rules.max_part_bytes:
                return True
            measured = self.rules.part_limit(length / (len(self._open.video) + 1))
            self.part_limit = max(measured, length - step)  # what is in the part already has to fit
        return False

    def _advance(self, held: Sample, step: int, key: bool) -> list[CutPart]:
        """Put `held` into its part, now that its duration is known, and close what the frame after it ends."""
        assert self._open is not None
        out: list[CutPart] = []
        at = held.dts_ms + step
        if at - self._open.start_ms > self._room() and self._open.video:
            out += self._split(held.dts_ms, step)
        self._frame_ms = min(step, self._limit())
        self._take(held, step)
        while at - self._open.start_ms > self._room():  # sound went on while the picture stood
            out += self._split(self._open.start_ms + self._room(), self._limit())
        if at <= self._open.start_ms:  # a picture that comes after sound far ahead of it
            return out
        if key:
            return out + self._close(at, opens=self._ends_at_key(at))
        full = at + self._frame_ms - self._open.start_ms > self._room()
        if full or self._open.size > self.rules.max_part_bytes:
            out += self._split(at, self._frame_ms)
        return out

    def _put_audio(self, sample: Sample) -> list[CutPart]:
        assert self._open is not None
        assert self._gapless is not None
        heard = self._gapless.place(sample.dts_ms, sample.data)
        out: list[CutPart] = []
        if heard and self._has_video:
            out += self._wait_for_video(self._gapless.ms(heard[-1].dts))
            self._audio += heard
            return out
        for frame in heard:
            out += self._sound_alone(self._gapless.ms(frame.dts), frame)
            self._audio.append(frame)
        return out

    def _sound_alone(self, at: int, frame: fmp4.AudioSample) -> list[CutPart]:
        assert self._open is not None
        assert self._gapless is not None
        out: list[CutPart] = []
        ends = self._gapless.ms(frame.dts + frame.duration) + 1
        if ends - self._open.start_ms > self._limit() and self._audio:
            cut = min(at, self._open.start_ms + self._limit())
            out += self._close(cut, opens=cut + self._limit() // 2 - self._segment_ms > self.rules.segment_ms)
        while at - self._open.start_ms >= self._limit():  # silence: frames are missing
            out += self._split(self._open.start_ms + self._limit(), self._limit())
        return out

    def _wait_for_video(self, at: int) -> list[CutPart]:
        """Go on without video that is late: first with audio alone, then with the last keyframe as a freeze frame."""
        assert self._open is not None
        if not self._heard:
            self._heard, self._heard_ms = True, at
        out: list[CutPart] = []
        shown = self._origin_ms if self._held is None else self._held.dts_ms
        if self._freeze_frame is not None and (self._frozen or at - max(shown, self._heard_ms) > FREEZE_AFTER_MS):
            if not self._frozen:
                self._frozen = True
                out += self._put_frame(self._repeated(shown + (self._frame_ms or 1)))
                shown = at - self.rules.part_ms
            elif self._held is None:
                out += self._put_frame(self._repeated(at))
            while at - shown >= self.rules.part_ms:
                shown += self.rules.part_ms
                out += self._put_frame(self._repeated(shown))
            return out
        lead = AUDIO_LEAD_MS if self.part_limit else FIRST_FRAME_MS
        waited = at - self._heard_ms
        while waited > (self.part_limit or 0) + lead and at - self._open.start_ms > (self.part_limit or 0) + lead:
            out += self._split(self._open.start_ms + self._room(), self._limit())
        return out

    def _repeated(self, at: int) -> Sample:
        assert self._freeze_frame is not None
        return Sample(Kind.VIDEO, at, self._freeze_frame, True)

    def _limit(self) -> int:
        """Return PART-TARGET in ms: decided once, by the first frames, and never again."""
        if self.part_limit is None:
            self.part_limit = self.rules.part_limit(self._frame_ms)
        return self.part_limit

    def _room(self) -> int:
        """Return how long the open part may become: the segment ends at the latest where it would be too long.

        Its number was given out as the preload hint, so it stays in its segment whatever comes.
        """
        assert self._open is not None
        if self._open.opens:
            return self._limit()
        return min(self._limit(), self._segment_ms + self.rules.longest_ms - self._open.start_ms)

    def _plan(self) -> None:
        """Divide what is left before the next keyframe into segments of equal length near the target.

        A keyframe is expected where the last distance says. Without this a distance of 10 s made segments that were as
        long as allowed, and one of a single frame before the keyframe.
        """
        self._plan_ms = None
        if self.gop_ms is None or self._key_ms is None:
            return
        rest = self._key_ms + self.gop_ms - self._segment_ms
        if rest > self.rules.longest_ms:
            count = max(round(rest / self.rules.segment_ms), -(-rest // (self.rules.longest_ms - self._limit() // 2)))
            self._plan_ms = rest // count

    def _ends_at_key(self, at: int) -> bool:
        """Return whether the segment ends at a keyframe: it is long enough, and the next is no nearer to the target."""
        length = at - self._segment_ms
        gop = at - self._key_ms if self._key_ms is not None else length
        if gop > self.rules.longest_ms or length < self.rules.segment_ms // 4:
            return length >= self.rules.segment_ms // 2
        return length + gop // 2 > self.rules.segment_ms or length + gop > self.rules.longest_ms

    def _split(self, at: int, ahead: int) -> list[CutPart]:
        """Close the open part at `at`, and the segment too if it is as long as planned, if `ahead` more would make it
        too long, or if it is too big."""
        assert self._open is not None
        length = at - self._segment_ms
        opens = length + ahead > self.rules.longest_ms
        opens = opens or (self._plan_ms is not None and length + self._limit() // 2 >= self._plan_ms)
        opens = opens or self._segment_bytes + self._open.size > self.rules.max_segment_bytes
        return self._close(at, opens=opens, forced=self._has_video)

    def _take(self, sample: Sample, duration_ms: int) -> None:
        assert self._open is not None
        scale = fmp4.VIDEO_TIMESCALE // 1000
        self._open.video.append(
            fmp4.VideoSample(sample.dts_ms * scale, duration_ms * scale, sample.cts_ms * scale, sample.key, sample.data)
        )
        self._open.size += len(sample.data)

    def _close(self, at: int, *, opens: bool, forced: bool = False) -> list[CutPart]:
        """End the open part at `at` and begin the next, which `opens` a segment or goes on with this one.

        A window without any sample makes no part: playlist time is then shorter than media time by that window, which
        players even out from the times inside the parts. The next window is the one that was announced.
        """
        part = self._open
        assert part is not None
        audio: list[fmp4.AudioSample] = []
        while self._audio and (not self._has_video or self._ms(self._audio[0].dts) < at):
            audio.append(self._audio.popleft())
        if not part.video and not audio:
            self._segment_ms += max(0, at - part.start_ms)
            self._open = _Open(max(at, part.start_ms), part.opens)
            return []
        if self._quick:
            self._quick, opens = False, True
        self.sequence += 1
        data = fmp4.part(self.sequence, part.video, audio)
        self._segment_bytes = len(data) + (0 if part.opens else self._segment_bytes)
        independent = part.video[0].key if part.video else not self._has_video
        length = max(1, at - part.start_ms)
        self._open = _Open(part.start_ms + length, opens)
        if opens:
            self.forced += forced
            self._segment_ms = part.start_ms + length
            self._plan()
        return [CutPart(part.start_ms, length, independent, part.opens, opens, data, part.video, audio)]

    def _ms(self, dts: int) -> int:
        assert self._gapless is not None
        return self._gapless.ms(dts)
