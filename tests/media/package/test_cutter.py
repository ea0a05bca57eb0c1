import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.hub import Tracks
from media.package.cutter import AudioClock, Cut, Cutter, Rules
from media.track import Kind, Sample
from tests.kit.samples import AUDIO, BOTH, PICTURE, SOUND, frames, interleaved, sounds


def cut(samples: Iterable[Sample], tracks: Tracks, rules: Rules | None = None) -> list[Cut]:
    cutter = Cutter(rules or Rules(), tracks, 0)
    return [part for sample in samples for part in cutter.put(sample)] + cutter.end()


def segments(cuts: list[Cut]) -> list[list[Cut]]:
    out: list[list[Cut]] = []
    for part in cuts:
        if part.opens:
            out.append([])
        out[-1].append(part)
    return out


def lengths(cuts: list[Cut]) -> list[int]:
    return [sum(part.duration_ms for part in parts) for parts in segments(cuts)]


def test_two_second_gops_make_two_second_segments_of_six_parts() -> None:
    cuts = cut(interleaved(frames(6.1), sounds(6.1)), BOTH)
    assert lengths(cuts)[:3] == [2000, 2000, 2000]
    assert [len(parts) for parts in segments(cuts)][:3] == [6, 6, 6]
    assert all(part.duration_ms <= 335 for part in cuts)
    assert all(parts[0].independent and parts[-1].closes for parts in segments(cuts)[:3])


@pytest.mark.parametrize("fps", [5, 8, 10, 12, 15, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 120])
def test_parts_fill_at_least_85_percent_of_the_target_at_any_frame_rate(fps: float) -> None:
    cutter = Cutter(Rules(), PICTURE, 0)
    cuts = [part for sample in frames(8, fps=fps) for part in cutter.put(sample)]
    assert cutter.part_limit is not None
    assert max(part.duration_ms for part in cuts) <= cutter.part_limit
    short = [
        part
        for part, after in itertools.pairwise(cuts)
        if part.duration_ms < 0.85 * cutter.part_limit and not after.independent
    ]
    assert short == []


@pytest.mark.parametrize(
    ("gop_s", "expected"),
    [(0.5, 2000), (1, 2000), (1.5, 1500), (2, 2000), (2.4, 2400)],
)
def test_a_segment_ends_at_the_keyframe_nearest_to_two_seconds(gop_s: float, expected: int) -> None:
    cuts = cut(frames(12, gop_s=gop_s, fps=50), PICTURE)
    assert set(lengths(cuts)[1:-1]) == {expected}
    assert all(parts[0].independent for parts in segments(cuts))


@pytest.mark.parametrize("gop_s", [3, 8.3, 60])
def test_a_long_gop_is_split_by_force_so_that_target_duration_holds(gop_s: float) -> None:
    cutter = Cutter(Rules(), BOTH, 0)
    cuts = [part for sample in interleaved(frames(70, gop_s=gop_s), sounds(70)) for part in cutter.put(sample)]
    assert max(lengths(cuts)) <= 2499
    assert cutter.forced > 0
    keys = [part for part in cuts if part.independent]
    assert len(keys) == -(-70 // gop_s)


def test_parts_follow_each_other_without_holes() -> None:
    cuts = cut(interleaved(frames(7), sounds(7)), BOTH)
    assert all(a.start_ms + a.duration_ms == b.start_ms for a, b in itertools.pairwise(cuts))


def test_sound_before_the_first_picture_is_left_out() -> None:
    cutter = Cutter(Rules(), BOTH, 0)
    assert [cutter.put(sample) for sample in sounds(0.3)] == [[]] * 14
    assert cutter.end() == []


def test_sound_alone_is_cut_by_its_own_clock() -> None:
    cuts = cut(sounds(9), SOUND)
    assert max(part.duration_ms for part in cuts) <= 335
    assert all(1600 <= length <= 2400 for length in lengths(cuts)[:-1])
    assert all(part.independent for part in cuts)


def test_parts_go_on_with_sound_while_the_picture_stands_still() -> None:
    picture = [*frames(1), Sample(Kind.VIDEO, 3_900, b"v")]
    cuts = cut(interleaved(picture, sounds(4.5)), BOTH)
    assert max(part.duration_ms for part in cuts) <= 335
    assert sum(part.duration_ms for part in cuts) >= 4_300
    assert max(lengths(cuts)) <= 2499


def test_a_picture_that_freezes_without_sound_slows_the_clock_instead_of_making_a_long_part() -> None:
    picture = [*frames(1), Sample(Kind.VIDEO, 3_500, b"v"), Sample(Kind.VIDEO, 3_533, b"v")]
    cuts = cut(picture, PICTURE)
    assert max(part.duration_ms for part in cuts) <= 335
    assert sum(part.duration_ms for part in cuts) < 2_000


def test_frames_that_come_unevenly_never_make_a_part_too_long() -> None:
    at, samples = 0, []
    for n in range(300):
        samples.append(Sample(Kind.VIDEO, at, b"v", n % 60 == 0))
        at += 10 + (n * 37) % 60
    cutter = Cutter(Rules(), PICTURE, 0)
    cuts = [part for sample in samples for part in cutter.put(sample)] + cutter.end()
    assert cutter.part_limit is not None
    assert max(part.duration_ms for part in cuts) <= cutter.part_limit <= 350


def test_a_single_frame_with_sound_behind_it_does_not_wait_for_ever() -> None:
    cuts = cut(interleaved(frames(1 / 30), sounds(5)), BOTH)
    assert max(part.duration_ms for part in cuts) <= 335
    assert sum(part.duration_ms for part in cuts) > 4_500


def test_a_segment_of_too_many_bytes_is_split() -> None:
    rules = Rules(max_segment_bytes=50_000)
    cuts = cut(frames(4, size=5_000), PICTURE, rules)
    sizes = [sum(len(part.data) for part in parts) for parts in segments(cuts)]
    assert max(sizes) < 50_000 + 12 * 5_000
    assert len(sizes) > 4


def test_a_part_of_too_many_bytes_is_closed_early() -> None:
    rules = Rules(max_part_bytes=20_000)
    cuts = cut(frames(2, size=15_000), PICTURE, rules)
    assert max(len(part.data) for part in cuts) < 20_000 + 2 * 15_000


def test_the_part_target_of_a_former_run_is_kept() -> None:
    cutter = Cutter(Rules(), PICTURE, 7, part_limit=334)
    cuts = [part for sample in frames(3, fps=25) for part in cutter.put(sample)]
    assert cutter.part_limit == 334
    assert max(part.duration_ms for part in cuts) == 320


class TestAudioClock:
    def test_rounded_timestamps_become_exact(self) -> None:
        clock = AudioClock(AUDIO)
        assert [clock.place(ms) for ms in (0, 21, 43, 64)] == [0, 1024, 2048, 3072]

    def test_missing_frames_move_it_ahead(self) -> None:
        clock = AudioClock(AUDIO)
        clock.place(0)
        assert clock.place(500) == 24_000

    def test_frames_too_many_are_dropped_so_that_the_sound_stays_in_step(self) -> None:
        clock = AudioClock(AUDIO)
        placed = [clock.place(n) for n in range(20)]  # 21 ms of sound for each ms on the clock
        assert placed[:5] == [0, 1024, 2048, 3072, 4096]
        assert None in placed
        assert max(at for at in placed if at is not None) < 48 * (20 + 100) + 1024


@st.composite
def odd_streams(draw: st.DrawFn) -> tuple[Tracks, list[Sample]]:
    tracks = draw(st.sampled_from([BOTH, PICTURE, SOUND]))
    samples, last = [], {Kind.VIDEO: -1, Kind.AUDIO: -1}
    now = 0
    for n in range(draw(st.integers(1, 120))):
        kind = draw(st.sampled_from([k for k, t in ((Kind.VIDEO, tracks.video), (Kind.AUDIO, tracks.audio)) if t]))
        now = max(0, now + draw(st.sampled_from([-300, -20, 0, 1, 16, 21, 33, 33, 40, 200, 900, 2900])))
        at = last[kind] = max(now, last[kind] + 1)
        key = kind is Kind.AUDIO or n == 0 or draw(st.integers(0, 20)) == 0
        samples.append(Sample(kind, at, b"x" * draw(st.sampled_from([1, 100])), key))
    if tracks.video and samples[0].kind is Kind.AUDIO:
        samples = [s for s in samples if s.kind is Kind.AUDIO or s.key][:1] + samples
        samples = [s for i, s in enumerate(samples) if i or s.kind is Kind.VIDEO]
    first = next((s for s in samples if s.kind is Kind.VIDEO), None)
    if first is not None and not first.key:
        samples[samples.index(first)] = Sample(first.kind, first.dts_ms, first.data, True)
    return tracks, samples


@given(odd_streams())
@settings(deadline=None, max_examples=300)
def test_no_stream_makes_a_part_or_a_segment_too_long(stream: tuple[Tracks, list[Sample]]) -> None:
    tracks, samples = stream
    cutter = Cutter(Rules(), tracks, 0)
    cuts = [part for sample in samples for part in cutter.put(sample)] + cutter.end()
    if cuts:
        assert cutter.part_limit is not None
        assert max(part.duration_ms for part in cuts) <= cutter.part_limit
        assert max(lengths(cuts)) <= cutter.rules.longest_ms
        assert all(b.start_ms >= a.start_ms + a.duration_ms for a, b in itertools.pairwise(cuts))
        assert cuts[0].opens
