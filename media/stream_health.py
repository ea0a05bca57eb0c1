"""Warnings about the stream that an encoder sends, as codes with values: they appear, are told once, and go.

`ingest.py` feeds it with every sample. The sentences that people read are left to the caller.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from media.timeline import Timeline
from media.track import Kind

MEASURE_S = 1.0  # how often rates and clocks are measured
WINDOW = 5  # measurements that frame rate and bitrate are the mean of
LOST_S = 3.0  # a track without samples for so long, while the other has some
JUMP_SHOWN_S = 60.0
FAR_MS, NEAR_MS = 4_000, 3_600  # a keyframe distance that is wrong, as people who join wait too long; one that is well
IRREGULAR_MS = 2_500  # a keyframe distance that no longer fits into a segment ...
IRREGULAR = 1.6  # ... while others are so many times shorter
NO_KEYFRAME_MS = 10_000
KEPT_DISTANCES = 8
DRIFT, DRIFT_OVER = 200e-6, 120e-6  # sound cards are off by less than 100 ppm
SLOW, NO_LONGER_SLOW = 0.7, 0.85  # of the usual frame rate
COLLAPSED, NO_LONGER_COLLAPSED = 0.25, 0.5  # of the usual bitrate
USUAL = 0.02  # how fast a bitrate becomes the usual one, per measurement
UNUSABLE = 10  # frames in a row


class WarningCode(Enum):
    """The names of the values are in brackets."""

    AUDIO_LATE = "audio_late"  # announced, and nothing came yet (seconds)
    VIDEO_LATE = "video_late"
    AUDIO_LOST = "audio_lost"  # it came, and has stopped (seconds)
    VIDEO_LOST = "video_lost"
    AUDIO_UNUSABLE = "audio_unusable"  # what came in a row that no decoder accepts (frames)
    VIDEO_UNUSABLE = "video_unusable"
    CLOCK_JUMPED = "clock_jumped"  # (seconds, with their sign)
    CLOCKS_APART = "clocks_apart"  # (seconds that the sound's clock is ahead)
    CLOCK_DRIFTS = "clock_drifts"  # (percent)
    KEYFRAMES_FAR = "keyframes_far"  # (seconds)
    KEYFRAMES_IRREGULAR = "keyframes_irregular"  # (shortest, longest; seconds)
    NO_KEYFRAMES = "no_keyframes"  # (seconds)
    FRAME_RATE_FELL = "frame_rate_fell"  # (fps, usual)
    BITRATE_COLLAPSED = "bitrate_collapsed"  # (kbps, usual)


@dataclass(frozen=True, slots=True)
class StreamWarning:
    code: WarningCode
    values: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """Delays in seconds: how long something must be wrong before its warning appears, and right before it goes."""

    rise: float = 0.0
    fall: float = 3.0


HYSTERESIS = {
    WarningCode.CLOCK_DRIFTS: Hysteresis(60.0, 20.0),
    WarningCode.KEYFRAMES_FAR: Hysteresis(0.0, 10.0),
    WarningCode.NO_KEYFRAMES: Hysteresis(0.0, 0.0),
    WarningCode.KEYFRAMES_IRREGULAR: Hysteresis(0.0, 10.0),
    WarningCode.FRAME_RATE_FELL: Hysteresis(3.0, 5.0),
    WarningCode.BITRATE_COLLAPSED: Hysteresis(8.0, 5.0),
}
DEFAULT = Hysteresis()


class _Track:
    __slots__ = ("bytes", "frames", "seen")

    def __init__(self) -> None:
        self.frames = self.bytes = 0  # since the last measurement
        self.seen: float | None = None  # when the newest sample came


class StreamHealth:
    """`on_warning` is called with each warning when it appears, once. `now` is in seconds of a monotonic clock."""

    def __init__(self, on_warning: Callable[[StreamWarning], None]) -> None:
        self.announced: frozenset[Kind] = frozenset()
        self.frame_rate = 0.0  # as the encoder announces it; 0: unknown
        self._on_warning = on_warning
        self._shown: dict[WarningCode, StreamWarning] = {}
        self._since: dict[WarningCode, float] = {}  # since when it is wrong without a warning, or well with one
        self._tracks = {kind: _Track() for kind in Kind}
        self._began: float | None = None
        self._measured = 0.0
        self.next_measurement = float("-inf")  # before this time, `measure` does nothing
        self._window: deque[tuple[float, int, int]] = deque(maxlen=WINDOW)  # seconds, frames, bytes of each measurement
        self._best_rate = self._usual_kbps = 0.0
        self._key_ms: int | None = None
        self._distances: deque[int] = deque(maxlen=KEPT_DISTANCES)
        self._jumped_at: float | None = None

    @property
    def warnings(self) -> tuple[StreamWarning, ...]:
        return tuple(self._shown.values())

    def sample(self, kind: Kind, dts_ms: int, size: int, key: bool, now: float) -> None:
        track = self._tracks[kind]
        track.frames += 1
        track.bytes += size
        track.seen = now
        if kind is Kind.VIDEO:
            self._watch_keyframes(dts_ms, key, now)

    def clock_jumped(self, now: float) -> None:
        """Note that a clock jumped just now; the timeline says how far."""
        self._jumped_at = now
        self.next_measurement = float("-inf")

    def shift(self, by_ms: int) -> None:
        """Follow a timeline that was moved as a whole: no time has passed."""
        if self._key_ms is not None:
            self._key_ms += by_ms

    def measure(self, now: float, timeline: Timeline, unusable: dict[Kind, int]) -> None:
        """Measure rates and clocks, if it is time to. `unusable` counts the tags in a row that were left out."""
        if self._began is None:
            self._began = self._measured = now
        self.next_measurement = self._measured + MEASURE_S
        lasted = now - self._measured
        jump = self._jumped_at
        if jump is not None and (WarningCode.CLOCK_JUMPED not in self._shown or now - jump > JUMP_SHOWN_S):
            self._update(WarningCode.CLOCK_JUMPED, now - jump <= JUMP_SHOWN_S, now, seconds=timeline.jumped_ms / 1000)
        if lasted < MEASURE_S:
            return
        self._measured, self.next_measurement = now, now + MEASURE_S
        self._measure_tracks(now, unusable)
        self._measure_clocks(now, timeline)
        video = self._tracks[Kind.VIDEO]
        if not video.frames:
            self._window.clear()  # VIDEO_LOST says so
            return
        self._window.append((lasted, video.frames, video.bytes))
        video.frames = video.bytes = 0
        if len(self._window) == WINDOW:
            self._measure_rates(now)

    def _measure_tracks(self, now: float, unusable: dict[Kind, int]) -> None:
        assert self._began is not None
        for kind, late, lost, useless in TRACK_CODES:
            other = self._tracks[Kind.AUDIO if kind is Kind.VIDEO else Kind.VIDEO].seen
            seen, flows = self._tracks[kind].seen, other is not None and now - other <= LOST_S
            if seen is None:
                waited = now - self._began
                bad = kind in self.announced and waited > LOST_S and not unusable.get(kind)
                self._update(late, bad, now, seconds=waited)
            else:
                self._update(late, False, now)
                away = now - seen
                # when nothing comes at all, it is not one track that is lost
                self._update(lost, away > LOST_S if flows else None, now, seconds=away)
            self._update(useless, unusable.get(kind, 0) >= UNUSABLE, now, frames=float(unusable.get(kind, 0)))

    def _measure_clocks(self, now: float, timeline: Timeline) -> None:
        apart, drift = timeline.apart_ms / 1000, timeline.drift
        self._update(WarningCode.CLOCKS_APART, apart != 0, now, seconds=apart)
        off = abs(drift)
        self._update(WarningCode.CLOCK_DRIFTS, _verdict(off > DRIFT, off < DRIFT_OVER), now, percent=drift * 100)

    def _measure_rates(self, now: float) -> None:
        seconds = sum(one[0] for one in self._window)
        rate = sum(one[1] for one in self._window) / seconds
        kbps = sum(one[2] for one in self._window) / seconds / 125
        # what was announced may be wrong, and a burst is no rate: the best of both, within reason
        self._best_rate = max(self._best_rate, min(rate, self.frame_rate or 120.0))
        part = rate / self._best_rate
        self._update(
            WarningCode.FRAME_RATE_FELL,
            _verdict(part < SLOW, part > NO_LONGER_SLOW),
            now,
            fps=rate,
            usual=self._best_rate,
        )
        self._usual_kbps = self._usual_kbps or kbps
        part = kbps / self._usual_kbps if self._usual_kbps else 1.0
        self._update(
            WarningCode.BITRATE_COLLAPSED,
            _verdict(part < COLLAPSED, part > NO_LONGER_COLLAPSED),
            now,
            kbps=kbps,
            usual=self._usual_kbps,
        )
        # a bitrate that stays low becomes the usual one: a still scene is no fault for ever
        self._usual_kbps += (kbps - self._usual_kbps) * USUAL

    def _watch_keyframes(self, dts_ms: int, key: bool, now: float) -> None:
        before = self._key_ms
        if not key:
            if before is None:
                self._key_ms = dts_ms
            elif dts_ms - before > NO_KEYFRAME_MS:
                self._update(WarningCode.NO_KEYFRAMES, True, now, seconds=(dts_ms - before) / 1000)
            return
        self._key_ms = dts_ms
        if before is None:
            return
        distance = dts_ms - before
        if distance > NO_KEYFRAME_MS:  # the warning appeared as soon as it was so long
            self._update(WarningCode.NO_KEYFRAMES, False, now)
            return
        self._update(
            WarningCode.KEYFRAMES_FAR, _verdict(distance > FAR_MS, distance <= NEAR_MS), now, seconds=distance / 1000
        )
        self._distances.append(distance)
        if len(self._distances) == KEPT_DISTANCES:
            short, long = min(self._distances), max(self._distances)
            irregular = IRREGULAR_MS < long <= FAR_MS and long > IRREGULAR * short
            self._update(WarningCode.KEYFRAMES_IRREGULAR, irregular, now, shortest=short / 1000, longest=long / 1000)

    def _update(self, code: WarningCode, wrong: bool | None, now: float, **values: float) -> None:
        """Let a warning appear or go, after its time. With None it stays as it is."""
        shown = code in self._shown
        if wrong is None or wrong is shown:
            self._since.pop(code, None)
            if wrong:
                self._shown[code] = StreamWarning(code, tuple(values.items()))
            return
        patience = HYSTERESIS.get(code, DEFAULT)
        since = self._since.setdefault(code, now)
        if now - since < (patience.rise if wrong else patience.fall):
            return
        del self._since[code]
        if wrong:
            warning = self._shown[code] = StreamWarning(code, tuple(values.items()))
            self._on_warning(warning)
        else:
            del self._shown[code]


TRACK_CODES = (
    (Kind.AUDIO, WarningCode.AUDIO_LATE, WarningCode.AUDIO_LOST, WarningCode.AUDIO_UNUSABLE),
    (Kind.VIDEO, WarningCode.VIDEO_LATE, WarningCode.VIDEO_LOST, WarningCode.VIDEO_UNUSABLE),
)


def _verdict(wrong: bool, well: bool) -> bool | None:
    """Return None where it is neither wrong nor well: the gap keeps a warning from coming and going all the time."""
    return True if wrong else False if well else None
