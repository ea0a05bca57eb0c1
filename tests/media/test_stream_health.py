"""Warnings about a stream are given once when a problem begins, and withdrawn when it ends."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from media.stream_health import StreamHealth, StreamWarning, WarningCode
from media.timeline import Timeline
from media.track import Kind

V, A = Kind.VIDEO, Kind.AUDIO


@dataclass
class Stream:
    """An encoder that sends 25 pictures and 50 sounds a second, and may be made to send them otherwise."""

    on_warning: list[StreamWarning] = field(default_factory=list)
    line: Timeline = field(default_factory=Timeline)
    now: float = 1_000.0
    fps: int = 25
    size: int = 10_000
    gop_ms: int = 2_000
    kinds: frozenset[Kind] = frozenset(Kind)
    unusable: dict[Kind, int] = field(default_factory=dict)
    sound_ppm: float = 0.0
    raw: float = 0.0

    def __post_init__(self) -> None:
        self.health = StreamHealth(self.on_warning.append)
        self.key_ms: float | None = None

    def run(self, seconds: float) -> "Stream":
        end = self.now + seconds
        while self.now < end - 1e-9:
            self._step(0.02)
        return self

    def _step(self, seconds: float) -> None:
        self.now += seconds
        self.raw += 1000 * seconds
        if V in self.kinds and int(self.raw * self.fps / 1000) != int((self.raw - 1000 * seconds) * self.fps / 1000):
            dts, jumped = self.line.place(V, int(self.raw) & 0xFFFFFFFF)
            assert dts is not None
            key = self.key_ms is None or self.raw - self.key_ms >= self.gop_ms
            self.key_ms = self.raw if key else self.key_ms
            if jumped:
                self.health.clock_jumped(self.now)
            self.health.sample(V, dts, self.size, key, self.now)
        if A in self.kinds:
            stamp = int(self.raw * (1 + self.sound_ppm / 1e6))
            dts, _ = self.line.place(A, stamp & 0xFFFFFFFF, 20.0)
            if dts is not None:
                self.health.sample(A, dts, 300, True, self.now)
        self.health.measure(self.now, self.line, self.unusable)

    @property
    def codes(self) -> list[WarningCode]:
        return [warning.code for warning in self.health.warnings]


def mute(stream: Stream) -> None:
    stream.kinds = frozenset({V})


def blind(stream: Stream) -> None:
    stream.kinds = frozenset({A})


def useless(stream: Stream) -> None:
    stream.unusable = {A: 40}


def useless_pictures(stream: Stream) -> None:
    stream.unusable = {V: 40}


def jump(stream: Stream) -> None:
    stream.raw += 3_600_000


def far(stream: Stream) -> None:
    stream.gop_ms = 8_000


def never(stream: Stream) -> None:
    stream.gop_ms = 1_000_000


def slow(stream: Stream) -> None:
    stream.fps = 12


def thin(stream: Stream) -> None:
    stream.size = 1_000


def well(stream: Stream) -> None:
    stream.kinds, stream.unusable = frozenset(Kind), {}
    stream.gop_ms, stream.fps, stream.size, stream.sound_ppm = 2_000, 25, 10_000, 0.0


FAULTS: list[tuple[Callable[[Stream], None], WarningCode]] = [
    (mute, WarningCode.AUDIO_LOST),
    (blind, WarningCode.VIDEO_LOST),
    (useless, WarningCode.AUDIO_UNUSABLE),
    (useless_pictures, WarningCode.VIDEO_UNUSABLE),
    (jump, WarningCode.CLOCK_JUMPED),
    (far, WarningCode.KEYFRAMES_FAR),
    (never, WarningCode.NO_KEYFRAMES),
    (slow, WarningCode.FRAME_RATE_FELL),
    (thin, WarningCode.BITRATE_COLLAPSED),
]


def test_a_stream_that_is_well_has_no_warnings() -> None:
    assert Stream().run(300).on_warning == []


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_a_fault_is_told_once_while_it_lasts_and_taken_back_when_it_is_over(
    fault: Callable[[Stream], None], code: WarningCode
) -> None:
    stream = Stream().run(30)
    fault(stream)
    stream.run(25)
    assert stream.codes == [code]
    assert [warning.code for warning in stream.on_warning] == [code]
    assert stream.on_warning[0].values
    well(stream)
    stream.run(80)
    assert stream.codes == []
    fault(stream)
    stream.run(25)
    assert [warning.code for warning in stream.on_warning] == [code, code]


def test_sound_that_drifts_is_told_in_percent() -> None:
    stream = Stream(sound_ppm=4_000).run(180)
    assert stream.codes == [WarningCode.CLOCK_DRIFTS]
    assert dict(stream.on_warning[0].values)["percent"] == pytest.approx(0.4, abs=0.06)


def test_a_sound_card_that_is_as_good_as_they_are_is_not_told() -> None:
    assert Stream(sound_ppm=90).run(600).on_warning == []


def test_clocks_that_start_apart_are_told() -> None:
    stream = Stream()
    stream.line.place(V, 0)
    stream.line.place(A, 5_000, 20.0)
    stream.health.measure(stream.now, stream.line, {})
    stream.health.measure(stream.now + 1.5, stream.line, {})
    assert stream.codes == [WarningCode.CLOCKS_APART]
    assert stream.on_warning[0].values == (("seconds", 5.0),)


def test_sound_that_was_announced_and_does_not_come_is_late_and_sound_that_was_not_announced_is_not() -> None:
    stream = Stream(kinds=frozenset({V}))
    assert stream.run(10).codes == []
    stream.health.announced = frozenset(Kind)
    assert stream.run(2).codes == [WarningCode.AUDIO_LATE]
    stream.kinds = frozenset(Kind)
    assert stream.run(5).codes == []


def test_keyframes_that_come_unevenly_are_told() -> None:
    stream = Stream()

    def uneven() -> Iterator[int]:
        while True:
            yield from (1_000, 3_400)

    for _, gop in zip(range(14), uneven(), strict=False):
        stream.gop_ms = gop
        stream.run(gop / 1000)
    assert WarningCode.KEYFRAMES_IRREGULAR in stream.codes
    stream.gop_ms = 2_000
    assert stream.run(40).codes == []


def test_a_rate_between_well_and_ill_changes_nothing() -> None:
    stream = Stream().run(30)
    stream.fps = 20
    assert stream.run(30).codes == []
    stream.fps = 12
    assert stream.run(20).codes == [WarningCode.FRAME_RATE_FELL]
    stream.fps = 20
    assert stream.run(30).codes == [WarningCode.FRAME_RATE_FELL]


def test_a_scene_that_stays_still_becomes_the_usual_one() -> None:
    stream = Stream().run(30)
    stream.size = 1_000
    assert stream.run(20).codes == [WarningCode.BITRATE_COLLAPSED]
    assert stream.run(300).codes == []


def test_a_stream_that_stands_still_altogether_is_no_matter_of_one_track() -> None:
    stream = Stream().run(30)
    stream.kinds = frozenset()
    stream.run(20)
    assert not {WarningCode.AUDIO_LOST, WarningCode.VIDEO_LOST} & set(stream.codes)
