from hypothesis import given, settings
from hypothesis import strategies as st

from media.timeline import JUMP_MS, Timeline
from media.track import Kind

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
    assert line.place(V, 4 * 3_600_000) == (41, True)
    assert line.place(A, 4 * 3_600_000 + 5) == (46, False)


def test_a_jump_back_is_closed_up_and_reported() -> None:
    line = Timeline(0)
    line.place(V, 90_000)
    line.place(V, 90_040)
    assert line.place(V, 0) == (41, True)
    assert line.place(V, 40) == (81, False)


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


@given(st.lists(st.tuples(st.sampled_from([V, A]), st.integers(0, WRAP - 1)), max_size=60))
@settings(deadline=None, max_examples=200)
def test_no_input_makes_a_track_go_back_or_leaves_a_hole(stamps: list[tuple[Kind, int]]) -> None:
    line = Timeline(0)
    seen: dict[Kind, int] = {}
    for kind, stamp in stamps:
        before = line.end_ms
        dts, _ = line.place(kind, stamp)
        assert kind not in seen or dts > seen[kind]
        assert dts - before <= JUMP_MS
        seen[kind] = dts
