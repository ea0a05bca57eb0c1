import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import fmp4
from media.hub import Tracks
from media.package.cutter import CutPart, CutRules, Cutter, EpochOptions
from media.package.gapless_audio import AudioClock
from media.track import Kind, Sample
from tests.kit.boxes import fragments
from tests.kit.examples import examples
from tests.kit.samples import AUDIO, BOTH, PICTURE, SOUND, frames, interleaved, sounds


def cut(samples: Iterable[Sample], tracks: Tracks, rules: CutRules | None = None) -> list[CutPart]:
    cutter = Cutter(rules or CutRules(), tracks, 0)
    return [part for sample in samples for part in cutter.put(sample)] + cutter.end()


def segments(cuts: list[CutPart]) -> list[list[CutPart]]:
    out: list[list[CutPart]] = []
    for part in cuts:
        if part.opens:
            out.append([])
        out[-1].append(part)
    return out


def lengths(cuts: list[CutPart]) -> list[int]:
    return [sum(part.duration_ms for part in parts) for parts in segments(cuts)]


def test_two_second_gops_make_two_second_segments_of_six_parts() -> None:
    cuts = cut(interleaved(frames(6.1), sounds(6.1)), BOTH)
    assert lengths(cuts)[:3] == [2000, 2000, 2000]
    assert [len(parts) for parts in segments(cuts)][:3] == [6, 6, 6]
    assert all(part.duration_ms <= 335 for part in cuts)
    assert all(parts[0].independent and parts[-1].closes for parts in segments(cuts)[:3])


@pytest.mark.parametrize("fps", [5, 8, 10, 12, 15, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 120])
def test_parts_fill_at_least_85_percent_of_the_target_at_any_frame_rate(fps: float) -> None:
    cutter = Cutter(CutRules(), PICTURE, 0)
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
    cutter = Cutter(CutRules(), BOTH, 0)
    cuts = [part for sample in interleaved(frames(70, gop_s=gop_s), sounds(70)) for part in cutter.put(sample)]
    assert max(lengths(cuts)) <= 2499
    assert cutter.forced > 0
    keys = [part for part in cuts if part.independent]
    assert len(keys) == -(-70 // gop_s)


def test_parts_follow_each_other_without_holes() -> None:
    cuts = cut(interleaved(frames(7), sounds(7)), BOTH)
    assert all(a.start_ms + a.duration_ms == b.start_ms for a, b in itertools.pairwise(cuts))


def test_sound_before_the_first_picture_is_left_out() -> None:
    cutter = Cutter(CutRules(), BOTH, 0)
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
    cutter = Cutter(CutRules(), PICTURE, 0)
    cuts = [part for sample in samples for part in cutter.put(sample)] + cutter.end()
    assert cutter.part_limit is not None
    assert max(part.duration_ms for part in cuts) <= cutter.part_limit <= 350


def test_a_single_frame_with_sound_behind_it_does_not_wait_for_ever() -> None:
    cuts = cut(interleaved(frames(1 / 30), sounds(5)), BOTH)
    assert max(part.duration_ms for part in cuts) <= 335
    assert sum(part.duration_ms for part in cuts) > 4_500


def test_a_segment_of_too_many_bytes_is_split() -> None:
    rules = CutRules(max_segment_bytes=50_000)
    cuts = cut(frames(4, size=5_000), PICTURE, rules)
    sizes = [sum(len(part.data) for part in parts) for parts in segments(cuts)]
    assert max(sizes) < 50_000 + 12 * 5_000
    assert len(sizes) > 4


def test_a_part_of_too_many_bytes_is_closed_early() -> None:
    rules = CutRules(max_part_bytes=20_000)
    cuts = cut(frames(2, size=15_000), PICTURE, rules)
    assert max(len(part.data) for part in cuts) < 20_000 + 2 * 15_000


def test_the_part_target_of_a_former_run_is_kept() -> None:
    cutter = Cutter(CutRules(), PICTURE, 7, part_limit=334)
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


@pytest.mark.parametrize("gop_s", [2.7, 4, 5, 8, 250 / 30, 10, 20])
def test_segments_of_a_long_gop_are_near_the_target_and_a_keyframe_begins_one(gop_s: float) -> None:
    cuts = cut(interleaved(frames(65, gop_s=gop_s), sounds(65)), BOTH)
    settled = lengths(cuts)[8:-1]
    assert min(settled) >= 1_300
    assert max(settled) <= 2_499
    after = [part for part in cuts if part.start_ms > 2.5 * gop_s * 1000]
    assert all(part.opens for part in after if part.independent)


@pytest.mark.parametrize("gop_s", [0.5, 1, 1.9, 2, 2.4, 3, 8, 10])
def test_a_segment_that_was_begun_just_before_a_keyframe_goes_on_past_it(gop_s: float) -> None:
    picture = frames(30, gop_s=gop_s)
    keys = [sample for sample in picture if sample.key]
    extra = [replace(s, key=True) if s.dts_ms - 100 in {k.dts_ms for k in keys[1::3]} else s for s in picture]
    cuts = cut(interleaved(extra, sounds(30)), BOTH)
    assert min(lengths(cuts)[:-1]) >= 500


def test_every_part_is_in_the_segment_where_it_was_announced_whatever_the_gop() -> None:
    for gop_s in (0.7, 2, 3.1, 8.4, 10):
        cuts = cut(interleaved(frames(40, gop_s=gop_s), sounds(40)), BOTH)
        assert all(after.opens == before.closes for before, after in itertools.pairwise(cuts))


@pytest.mark.parametrize("ahead_ms", [-1_800, -700, 700, 1_500, 2_900])
def test_sound_that_is_far_ahead_of_the_picture_or_behind_it_makes_no_small_parts(ahead_ms: int) -> None:
    stream = [(s.dts_ms - (ahead_ms if s.kind is Kind.AUDIO else 0), s) for s in interleaved(frames(12), sounds(12))]
    cuts = cut([sample for _, sample in sorted(stream, key=lambda each: each[0])], BOTH)
    assert set(lengths(cuts)[1:-2]) == {2_000}
    assert {part.duration_ms for part in cuts[6:-18]} <= {333, 334}


def boxes_of(cuts: list[CutPart]) -> tuple[list[int], list[tuple[int, int]]]:
    """The decode times of all pictures, in ms, and (begin, end) of all sound in samples, as they lie in the parts."""
    pictures: list[int] = []
    tones: list[tuple[int, int]] = []
    for part in cuts:
        for fragment in fragments(part.data):
            pictures += [sample.dts // 90 for sample in fragment.tracks.get(fmp4.VIDEO_ID, [])]
            tones += [(one.dts, one.dts + one.duration) for one in fragment.tracks.get(fmp4.AUDIO_ID, [])]
    return pictures, tones


def whole(tones: list[tuple[int, int]]) -> bool:
    return all(before[1] == after[0] for before, after in itertools.pairwise(tones))


@pytest.mark.parametrize(("begin_s", "end_s"), [(0, 3), (3, 9), (5, 5.2), (0, 9)])
def test_sound_that_is_missing_is_silent(begin_s: float, end_s: float) -> None:
    heard = [sample for sample in sounds(9) if not begin_s * 1000 <= sample.dts_ms < end_s * 1000]
    cuts = cut(interleaved(frames(9), heard), BOTH)
    pictures, tones = boxes_of(cuts)
    assert len(pictures) == 270
    assert whole(tones)
    assert tones[0][0] <= 1024
    assert tones[-1][1] >= 48 * 8_600
    assert all(part.duration_ms <= 335 for part in cuts)
    assert set(lengths(cuts)[:4]) == {2_000}


def test_a_silent_run_has_sound_in_every_part_and_it_never_lags() -> None:
    cutter = Cutter(CutRules(), BOTH, 0, options=EpochOptions(silent=True))
    for sample in frames(6):
        for part in cutter.put(sample):
            assert {number for one in fragments(part.data) for number in one.tracks} == {fmp4.VIDEO_ID, fmp4.AUDIO_ID}
            _, tones = boxes_of([part])
            assert abs(tones[-1][1] / 48 - part.start_ms - part.duration_ms) < 45


def test_a_picture_that_ends_is_followed_by_its_last_keyframe_until_another_comes() -> None:
    key = Sample(Kind.VIDEO, 20_000, b"new", True)
    picture = [*frames(4), *frames(1, start_ms=15_000)[1:], key, *frames(2, start_ms=20_033)[1:]]
    cuts = cut(interleaved(picture, sounds(22)), BOTH)
    pictures, tones = boxes_of(cuts)
    assert whole(tones)
    assert max(after - before for before, after in itertools.pairwise(pictures)) <= 3_400
    assert len([at for at in pictures if 7_500 < at < 20_000]) >= 36
    assert not any(at in pictures for at in range(15_034, 15_300))
    assert 20_000 in pictures
    assert max(part.duration_ms for part in cuts) <= 335
    assert max(lengths(cuts)) <= 2_499


def test_sound_alone_with_a_still_picture_shows_it_three_times_a_second_and_each_part_can_begin() -> None:
    cutter = Cutter(CutRules(), BOTH, 0, options=EpochOptions(freeze_frame=b"still"))
    cuts = [part for sample in sounds(9) for part in cutter.put(sample)]
    pictures, tones = boxes_of(cuts)
    assert whole(tones)
    assert {after - before for before, after in itertools.pairwise(pictures)} == {333}
    assert all(part.independent for part in cuts)
    assert all(1_600 <= length <= 2_400 for length in lengths(cuts)[:-1])


STEPS_MS = (-300, -20, 0, 1, 16, 21, 33, 33, 40, 200, 900, 2900)


@st.composite
def odd_streams(draw: st.DrawFn) -> tuple[Tracks, list[Sample]]:
    tracks = draw(st.sampled_from([BOTH, PICTURE, SOUND]))
    kinds = [k for k, t in ((Kind.VIDEO, tracks.video), (Kind.AUDIO, tracks.audio)) if t]
    samples, last = [], {Kind.VIDEO: -1, Kind.AUDIO: -1}
    now = 0
    choices = st.integers(0, 2 * 2 * 21 * len(STEPS_MS) - 1)  # one draw for each sample: four take four times as long
    for n in range(draw(st.integers(1, 120))):
        rest, step = divmod(draw(choices), len(STEPS_MS))
        rest, nth = divmod(rest, 21)
        large, second = divmod(rest, 2)
        kind = kinds[second % len(kinds)]
        now = max(0, now + STEPS_MS[step])
        at = last[kind] = max(now, last[kind] + 1)
        key = kind is Kind.AUDIO or n == 0 or nth == 0
        samples.append(Sample(kind, at, b"x" * (100 if large else 1), key))
    if tracks.video and samples[0].kind is Kind.AUDIO:
        samples = [s for s in samples if s.kind is Kind.AUDIO or s.key][:1] + samples
        samples = [s for i, s in enumerate(samples) if i or s.kind is Kind.VIDEO]
    first = next((s for s in samples if s.kind is Kind.VIDEO), None)
    if first is not None and not first.key:
        samples[samples.index(first)] = Sample(first.kind, first.dts_ms, first.data, True)
    return tracks, samples


@given(odd_streams())
@examples(300)
def test_no_stream_makes_a_part_or_a_segment_too_long(stream: tuple[Tracks, list[Sample]]) -> None:
    tracks, samples = stream
    cutter = Cutter(CutRules(), tracks, 0)
    cuts = [part for sample in samples for part in cutter.put(sample)] + cutter.end()
    if cuts:
        assert cutter.part_limit is not None
        assert max(part.duration_ms for part in cuts) <= cutter.part_limit
        assert max(lengths(cuts)) <= cutter.rules.longest_ms
        assert all(b.start_ms >= a.start_ms + a.duration_ms for a, b in itertools.pairwise(cuts))
        assert all(b.opens == a.closes for a, b in itertools.pairwise(cuts))
        if tracks.audio and tracks.video:
            assert whole(boxes_of(cuts)[1])
        assert cuts[0].opens
