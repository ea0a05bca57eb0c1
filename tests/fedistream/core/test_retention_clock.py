"""The clock by which old data is deleted."""

from datetime import timedelta

from fedistream.core.retention_clock import DOUBT_S, GAP, STEP, RetentionClock
from tests.kit.asking import Clock

YEAR = timedelta(days=365)


class Two(Clock):
    """The two clocks of a machine, of which one can be set."""

    def set(self, by: timedelta) -> None:
        self._now += by


def test_a_clock_that_goes_on_is_believed() -> None:
    clock = Two()
    cautious = RetentionClock(clock.now, clock.monotonic)
    for _ in range(5):
        assert cautious.now() == clock.now()
        clock.advance(10 * DOUBT_S)


def test_a_clock_that_is_set_right_is_believed() -> None:
    clock = Two()
    cautious = RetentionClock(clock.now, clock.monotonic)
    cautious.now()
    for step in (STEP, -STEP, -YEAR):
        clock.set(step)
        assert cautious.now() == clock.now()


def test_a_clock_that_jumps_far_ahead_is_believed_a_day_later() -> None:
    clock = Two()
    cautious = RetentionClock(clock.now, clock.monotonic)
    before = cautious.now()
    clock.set(YEAR)
    assert cautious.now() == before
    clock.advance(DOUBT_S - 1)
    assert cautious.now() == before + timedelta(seconds=DOUBT_S - 1)
    clock.advance(1)
    assert cautious.now() == clock.now()


def test_a_jump_that_is_taken_back_has_done_nothing() -> None:
    clock = Two()
    cautious = RetentionClock(clock.now, clock.monotonic)
    before = cautious.now()
    clock.set(YEAR)
    cautious.now()
    clock.set(-YEAR)
    assert cautious.now() == before
    clock.advance(2 * DOUBT_S)
    clock.set(YEAR)
    assert cautious.now() == clock.now() - YEAR, "the doubt begins anew"


def test_a_start_far_ahead_of_the_newest_thing_is_not_believed_at_once() -> None:
    clock = Two()
    newest = clock.now()
    clock.set(GAP)
    assert RetentionClock(clock.now, clock.monotonic).now(newest) == clock.now()
    clock.set(YEAR)
    late = RetentionClock(clock.now, clock.monotonic)
    assert late.now(newest) == newest
    clock.advance(DOUBT_S)
    assert late.now(clock.now()) == clock.now()
    assert RetentionClock(clock.now, clock.monotonic).now(None) == clock.now()
