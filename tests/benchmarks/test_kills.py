import pytest

from benchmarks.far import Taken
from benchmarks.kills import losses


def test_what_never_came_is_lost_and_what_came_again_is_double() -> None:
    taken = [Taken(1.0, "a", "x"), Taken(1.1, "b", "x"), Taken(6.0, "a", "x"), Taken(9.0, "a", "x")]
    found = losses(taken, ["a", "b", "c"], [1.25, 7.0])
    assert (found.lost, found.doubles, found.strange) == (1, 2, 0)
    # it came at 1.0 and at 6.0, each time before a kill, and then once more
    assert found.unwritten_s == pytest.approx(1.0)


def test_another_activity_is_strange_and_no_double() -> None:
    found = losses([Taken(1.0, "a", "x"), Taken(2.0, "a", "y")], ["a"], [])
    assert (found.lost, found.doubles, found.strange, found.unwritten_s) == (0, 0, 1, 0.0)


def test_a_double_without_a_kill_has_no_excuse() -> None:
    assert losses([Taken(1.0, "a", "x"), Taken(2.0, "a", "x")], ["a"], [0.5]).unwritten_s == float("inf")


def test_where_nothing_came_all_is_lost() -> None:
    assert losses([], ["a", "b"], [1.0]).lost == 2
