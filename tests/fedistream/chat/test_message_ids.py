"""Ids: they sort by time, as numbers and as texts, whatever the clock does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.chat import message_ids
from tests.kit.asking import Clock
from tests.kit.examples import examples

NUMBERS = st.integers(0, message_ids.LAST)


def made(clock: Clock) -> message_ids.Ids:
    return message_ids.Ids(clock.now, lambda n: b"\xff" * n)


@examples(300)
@given(NUMBERS, NUMBERS)
def test_texts_come_back_and_sort_as_their_numbers_do(one: int, other: int) -> None:
    assert message_ids.number(message_ids.text(one)) == one
    assert (message_ids.text(one) < message_ids.text(other)) == (one < other)
    assert len(message_ids.text(one)) == message_ids.LENGTH


@pytest.mark.parametrize(
    "text", ["", "0" * 12, "0" * 14, "O" * 13, "l" * 13, "z" * 13, "0000000000é00", "0" * 12 + "\0"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(message_ids.BadId):
        message_ids.number(text)


def test_an_id_tells_its_millisecond() -> None:
    clock = Clock(datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC))
    assert message_ids.time_of(message_ids.number(made(clock).next())) == datetime(
        2026, 5, 1, 12, 0, 0, 123_000, tzinfo=UTC
    )


def test_ids_rise_within_a_millisecond_and_when_the_clock_is_set_back() -> None:
    clock = Clock()
    some = made(clock)
    found = [some.next() for _ in range(200)]
    clock.advance(-3600)
    found += [some.next() for _ in range(3)]
    clock.advance(7200)
    found.append(some.next())
    assert found == sorted(set(found))


def test_ids_go_on_after_one_that_was_there_before() -> None:
    clock = Clock()
    later = Clock()
    later.advance(60)
    some, stored = made(clock), made(later).next()
    some.skip(message_ids.number(stored))
    assert some.next() > stored
    some.skip(0)
    assert some.next() > stored


@examples(200)
@given(st.datetimes(datetime(1970, 1, 1), datetime(2500, 1, 1)))  # noqa: DTZ001 the zone is set below
def test_the_first_id_of_a_moment_divides_those_before_from_those_after(at: datetime) -> None:
    at = at.replace(tzinfo=UTC)
    clock = Clock(at)
    assert message_ids.first_of(at) <= message_ids.number(made(clock).next())
    before = Clock(at - timedelta(milliseconds=1))
    assert at < datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC) or message_ids.number(
        made(before).next()
    ) < message_ids.first_of(at)


def test_an_id_of_a_visitor_is_short_and_as_random_as_its_bytes() -> None:
    assert message_ids.of_visitor(lambda n: bytes(range(n))) == "0123456789"
    assert message_ids.of_visitor(lambda n: bytes([31, 32] * n)[:n]) == "z0z0z0z0z0"
