import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.timeline import JUMP_MS, Timeline
from media.track import Kind
from tests.kit.examples import examples

V, A = Kind.VIDEO, Kind.AUDIO
WRAP = 1 << 32


def test_the_first_timestamp_lands_on_the_start_whatever_it_is() -> None:
    assert Timeline(5_000).place(V, 3_000_000_000) == (5_000, False)


def test_sound_and_picture_share_one_offset() -> None:
    line = Timeline(0)
    line.place(V, 1_000)
    assert line.place(A, 1_010) == (10, False)
    assert line.place(V, 1_033) == (33, False)
    assert line.place(A, 1_031) == (31, False)


def test_the_counter_may_wrap() -> None:
    line = Timeline(0)
    line.place(V, WRAP - 20)
    assert line.place(V, 13) == (33, False)
    assert line.place(A, WRAP - 5) == (15, False)


def test_a_timestamp_that_stands_still_or_steps_back_is_moved_behind_the_one_before() -> None:
    line = Timeline(0)
    assert [line.place(V, t)[0] for t in (0, 33, 33, 20, 66)] == [0, 33, 34, 35, 66]


def test_a_jump_ahead_is_closed_up_and_reported() -> None:
    line = Timeline(0)
    line.place(V, 0)
    line.place(V, 40)
    assert line.place(V, 4 * 3_600_000) == (80, True)
    assert line.place(A, 4 * 3_600_000 + 5) == (85, False)


def test_a_jump_back_is_closed_up_and_reported() -> None:
    line = Timeline(0)
    line.place(V, 90_000)
    line.place(V, 90_040)
    assert line.place(V, 0) == (80, True)
    assert line.place(V, 40) == (120, False)


def test_a_pause_below_the_limit_is_kept() -> None:
    line = Timeline(0)
    line.place(V, 0)
    assert line.place(V, JUMP_MS) == (JUMP_MS, False)


def test_shifting_moves_what_was_placed_and_what_is_to_come() -> None:
    line = Timeline()
    line.place(V, 700)
    line.shift(10_000)
    assert line.end_ms == 10_000
    assert line.place(V, 700) == (10_001, False)
    assert line.place(V, 740) == (10_040, False)


def both(line: Timeline, begin_ms: int, end_ms: int, *, sound_ms: int = 0) -> list[tuple[Kind, int]]:
    """Place 25 pictures and 50 sounds a second, interleaved; `sound_ms` is how far the sound's clock is ahead."""
    placed = []
    for at in range(begin_ms, end_ms, 20):
        for kind in (V, A) if at % 40 == 0 else (A,):
            dts, _ = line.place(kind, at + (sound_ms if kind is A else 0) & WRAP - 1)
            assert dts is not None
            placed.append((kind, dts))
    return placed


@pytest.mark.parametrize("sound_ms", [5_000, -5_000, 1_780_000_000_000, -90_000_000, WRAP // 2 - 7])
def test_clocks_that_start_far_apart_each_have_a_base_and_run_side_by_side(sound_ms: int) -> None:
    line = Timeline(0)
    placed = both(line, 0, 60_000, sound_ms=sound_ms)
    pictures, tones = ([at for kind, at in placed if kind is one] for one in (V, A))
    assert pictures == list(range(0, 60_000, 40))
    assert tones == list(range(0, 60_000, 20))
    assert line.apart_ms != 0


@pytest.mark.parametrize("step_ms", [-2_000, -160, 3_600_000, -3_600_000, 2_520, 2_500, 700_000_000])
@pytest.mark.parametrize("sound_ms", [0, 1_000_000])
def test_a_step_of_both_clocks_is_one_jump_and_loses_nothing(step_ms: int, sound_ms: int) -> None:
    line = Timeline(0)
    both(line, 800_000, 820_000, sound_ms=sound_ms)
    after = both(line, 820_000 + step_ms, 840_000 + step_ms, sound_ms=sound_ms)
    pictures, tones = ([at for kind, at in after if kind is one] for one in (V, A))
    first = pictures[0]
    assert first in (20_000, 20_020)  # 2,500 is no whole number of pictures
    assert pictures == list(range(first, first + 20_000, 40))
    assert tones == list(range(20_000, 40_000, 20))
    assert line.jumped_ms - step_ms in (20, 40, 60)


def test_a_step_of_the_sound_alone_is_a_jump_of_the_sound_alone() -> None:
    line = Timeline(0)
    both(line, 0, 2_000)
    placed = both(line, 2_000, 4_000, sound_ms=70_000)
    assert placed == both(Timeline(2_000), 2_000, 4_000)


def test_pictures_that_were_dropped_for_two_seconds_are_missing_and_nothing_jumps() -> None:
    line = Timeline(0)
    both(line, 0, 2_000)
    for at in range(2_000, 4_500, 20):
        assert line.place(A, at) == (at, False)
    assert line.place(V, 4_520) == (4_520, False)


def test_a_picture_that_comes_back_with_a_new_clock_is_put_where_the_sound_is() -> None:
    line = Timeline(0)
    both(line, 500_000, 502_000)
    for at in range(502_000, 512_000, 20):
        line.place(A, at)
    assert line.place(V, 7) == (11_980, True)


def counted(ppm: float, hours: float, wobble_ms: int) -> tuple[float, float]:
    """Return the drift of sound and picture, and the largest deviation between the distance of sounds and a frame."""
    line, frame_ms, worst, uneven = Timeline(0), 1024 / 48, 0.0, 0.0
    sound, picture, moved, before = 0, 0, 0.0, None
    while picture < hours * 3_600 * 30:
        stamp, heard = picture * 1000 / 30, sound * frame_ms * (1 + ppm / 1e6)
        if stamp <= heard:
            dts, _ = line.place(V, int(stamp))
            assert dts is not None
            moved, picture = dts - stamp, picture + 1
            continue
        off = wobble_ms if sound % 2 and sound % 7 else -wobble_ms
        dts, _ = line.place(A, int(heard) + off & WRAP - 1, frame_ms)
        assert dts is not None
        worst = max(worst, abs(dts - heard - moved)) if sound > 1 else worst
        uneven = max(uneven, abs(dts - before - frame_ms)) if before is not None else uneven
        before, sound = dts, sound + 1
    return worst, uneven


@pytest.mark.untraced
@pytest.mark.parametrize("ppm", [*(pytest.param(ppm, marks=pytest.mark.slow) for ppm in (140, -140, 4_000)), -4_000])
@pytest.mark.parametrize("wobble_ms", [pytest.param(0, marks=pytest.mark.slow), 12])
def test_after_an_hour_of_a_sound_card_that_is_off_the_sound_is_whole_and_in_step(ppm: float, wobble_ms: int) -> None:
    apart, uneven = counted(ppm, 1, wobble_ms)
    assert apart <= 30
    assert uneven < 1


def test_the_drift_is_told() -> None:
    line = Timeline(0)
    for n in range(10_000):
        line.place(V, round(n * 21.4))
        line.place(A, round(n * 1024 / 48 * 1.002), 1024 / 48)
    assert 0.0018 < line.drift < 0.0022


def test_frames_that_are_missing_leave_a_hole_and_frames_too_many_are_left_out() -> None:
    line = Timeline(0)
    for n in range(10):
        assert line.place(A, n * 20, 20.0) == (n * 20, False)
    assert line.place(A, 500, 20.0) == (500, False)
    placed = [line.place(A, 520 + n, 20.0)[0] for n in range(100)]
    assert None in placed
    kept = [at for at in placed if at is not None]
    assert kept == sorted(set(kept))
    assert max(kept) < 620 + 80 + 40


@given(st.lists(st.tuples(st.sampled_from([V, A]), st.integers(0, WRAP - 1)), max_size=60), st.booleans())
@examples(200)
def test_no_input_makes_a_track_go_back_or_leaves_a_hole(stamps: list[tuple[Kind, int]], counts: bool) -> None:
    line = Timeline(0)
    seen: dict[Kind, int] = {}
    for kind, stamp in stamps:
        before = line.end_ms
        dts, _ = line.place(kind, stamp, 20.0 if kind is A and counts else 0.0)
        if dts is None:
            continue
        assert kind not in seen or dts > seen[kind]
        assert dts - before <= JUMP_MS
        seen[kind] = dts
