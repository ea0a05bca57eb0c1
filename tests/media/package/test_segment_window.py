from media.package.cutter import CutPart
from media.package.segment_window import SegmentWindow, WallClock


def cut(start_ms: int, *, opens: bool = False, closes: bool = False, size: int = 10, duration_ms: int = 500) -> CutPart:
    return CutPart(start_ms, duration_ms, opens, opens, closes, bytes(size))


def filled(count: int, *, listed: int = 3, spare: int = 1, max_bytes: int = 10_000, first: int = 0) -> SegmentWindow:
    window, wall = SegmentWindow(first, listed=listed, spare=spare, max_bytes=max_bytes), WallClock(0, 1_000_000)
    for n in range(count):
        window.add(cut(n * 1000, opens=True), 1, wall, discontinuity=n == 0)
        window.add(cut(n * 1000 + 500, closes=True), 1, wall, discontinuity=False)
    return window


def numbers(window: SegmentWindow) -> list[int]:
    return [segment.number for segment in window.segments]


def test_a_window_keeps_what_is_listed_and_a_few_more() -> None:
    window = filled(9)
    assert numbers(window) == [4, 5, 6, 7, 8]
    assert [segment.number for segment in window.listed] == [6, 7, 8]


def test_an_open_segment_is_listed_beside_the_finished_ones() -> None:
    window = filled(4)
    window.add(cut(4000, opens=True), 1, WallClock(0, 0), discontinuity=False)
    assert [segment.number for segment in window.listed] == [1, 2, 3, 4]
    assert window.open is not None
    assert window.position == (4, 1)


def test_the_position_is_the_next_segment_once_one_is_closed() -> None:
    assert filled(2).position == (2, 0)


def test_numbers_begin_where_they_are_told_to() -> None:
    assert numbers(filled(2, first=77)) == [77, 78]
    assert filled(1, first=77).discontinuity_sequence == 77


def test_bytes_are_bounded_by_dropping_the_oldest_even_if_they_are_listed() -> None:
    window = filled(5, max_bytes=50)
    assert numbers(window) == [3, 4]
    assert window.bytes == 40


def test_the_newest_segment_stays_however_big_it_is() -> None:
    assert numbers(filled(5, max_bytes=1)) == [4]


def test_a_discontinuity_closes_the_open_segment_and_is_counted_when_it_leaves_the_list() -> None:
    window, wall = SegmentWindow(0, listed=2, spare=1, max_bytes=10_000), WallClock(0, 0)
    window.add(cut(0, opens=True), 1, wall, discontinuity=True)
    window.add(cut(500), 2, wall, discontinuity=True)
    assert [(s.done, s.discontinuity) for s in window.segments] == [(True, False), (False, True)]
    counted = []
    for n in range(5):
        window.add(cut(1000 + n * 500, opens=True, closes=True), 2, wall, discontinuity=False)
        counted.append(window.discontinuity_sequence)
    assert counted == [0, 1, 1, 1, 1]


def test_finding_a_segment_outside_of_the_window_gives_nothing() -> None:
    window = filled(9)
    found = window.find(5)
    assert found is not None
    assert found.number == 5
    assert window.find(3) is None
    assert window.find(9) is None


def test_a_segments_bytes_are_those_of_its_parts() -> None:
    window = filled(1)
    assert window.segments[0].data == bytes(20)
    assert window.segments[0].duration_ms == 1000


class TestWallClock:
    def test_a_segment_is_dated_by_when_its_media_arrived(self) -> None:
        assert WallClock(100, 5_000).next_segment(2_100) == 7_000

    def test_one_late_packet_does_not_move_it(self) -> None:
        wall = WallClock(0, 0)
        for ms in range(0, 2000, 100):
            wall.arrived(ms, ms + (400 if ms == 700 else 0))
        assert wall.next_segment(2000) == 2000

    def test_a_clock_that_runs_wrong_is_followed_slowly(self) -> None:
        wall = WallClock(0, 0)
        for segment in range(100):
            wall.arrived(segment * 2000, segment * 2001)  # 500 ppm
            dated = wall.next_segment(segment * 2000)
        assert abs(dated - 99 * 2001) <= 5

    def test_a_great_error_is_closed_in_small_steps(self) -> None:
        wall = WallClock(0, 0)
        wall.arrived(0, -1000)
        assert wall.next_segment(0) == -5
