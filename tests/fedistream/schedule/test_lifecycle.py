"""The steps of an event, and when each is due."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fedistream.schedule.lifecycle import EventTimes, Step, belongs, next_look, step
from tests.kit.examples import examples

START = datetime(2026, 5, 2, 12, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
NEW = EventTimes(START, END, None, None, None)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_an_event_is_warned_of_started_and_ended_once_each() -> None:
    assert step(NEW, at(-11)) is None
    assert step(NEW, at(-10)) is Step.WARN
    warned = EventTimes(START, END, at(-10), None, None)
    assert step(warned, at(-1)) is None
    assert step(warned, at(0)) is Step.START
    started = EventTimes(START, END, at(-10), at(0), None)
    assert step(started, at(59)) is None
    assert step(started, at(60)) is Step.END
    assert step(EventTimes(START, END, at(-10), at(0), at(60)), at(61)) is None


def test_what_was_missed_is_not_told_late() -> None:
    assert step(NEW, at(5)) is Step.START  # no warning after the start
    assert step(NEW, at(60)) is Step.CLOSE  # no start after the end
    assert step(EventTimes(START, END, None, at(0), None), at(121)) is Step.CLOSE


def test_a_broadcast_that_began_early_leaves_nothing_to_warn_of() -> None:
    assert step(EventTimes(START, END, None, at(-20), None), at(-10)) is None


@examples(100)
@given(st.lists(st.integers(-700, 700), max_size=30))
def test_nothing_is_told_twice_however_the_clock_jumps(minutes: list[int]) -> None:
    event, told = NEW, []
    for minute in minutes:
        while (taken := step(event, at(minute))) is not None:
            told.append(taken)
            warned, started, ended = event.warned_at, event.started_at, event.ended_at
            warned = at(minute) if taken is Step.WARN else warned
            started = at(minute) if taken is Step.START else started
            ended = at(minute) if taken in (Step.END, Step.CLOSE) else ended
            event = EventTimes(START, END, warned, started, ended)
    assert len(told) == len(set(told))
    order = [Step.WARN, Step.START, Step.END]
    assert [each for each in told if each in order] == sorted((each for each in told if each in order), key=order.index)


@examples(100)
@given(st.integers(-700, 50))
def test_the_next_look_is_when_a_step_can_be_due(minute: int) -> None:
    following = next_look(NEW, at(minute))
    assert following is not None
    assert following > at(minute)
    assert step(NEW, following) is not None


def test_a_broadcast_belongs_to_an_event_from_half_an_hour_before_it() -> None:
    assert not belongs(START, END, at(-31))
    assert belongs(START, END, at(-30))
    assert belongs(START, END, at(59))
    assert not belongs(START, END, at(60))
