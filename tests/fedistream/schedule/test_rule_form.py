"""Recurrences from the choices of a form."""

import pytest

from fedistream.core.errors import Invalid
from fedistream.schedule.recurrence import parse
from fedistream.schedule.rule_form import REPEATS, When, rule_of, start_of, when_of


def when(repeat: str = "weekly", date: str = "2026-05-04", **more: object) -> When:
    return When(date, "19:00", "Europe/Berlin", repeat, **more)  # type: ignore[arg-type]


def test_a_single_event_has_a_moment_and_no_rule() -> None:
    assert rule_of(when("once")) == ""
    assert start_of(when("once")).isoformat() == "2026-05-04T17:00:00+00:00"


@pytest.mark.parametrize(
    ("chosen", "rule"),
    [
        (when("daily"), "FREQ=DAILY"),
        (when(), "FREQ=WEEKLY;BYDAY=MO"),
        (when(weekdays=("TH", "MO", "XX")), "FREQ=WEEKLY;BYDAY=MO,TH"),
        (when("fortnightly", until="2026-12-24"), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20261224"),
        (when("monthly-date"), "FREQ=MONTHLY"),
        (when("monthly-weekday", "2026-05-12"), "FREQ=MONTHLY;BYDAY=2TU"),
        (when("monthly-weekday", "2026-05-29"), "FREQ=MONTHLY;BYDAY=-1FR"),
    ],
)
def test_a_choice_is_a_rule(chosen: When, rule: str) -> None:
    assert rule_of(chosen) == f"DTSTART;TZID=Europe/Berlin:{chosen.date.replace('-', '')}T190000\nRRULE:{rule}"


@pytest.mark.parametrize("repeat", [name for name in REPEATS if name != "once"])
def test_every_rule_can_be_read(repeat: str) -> None:
    assert parse(rule_of(when(repeat, until="2027-01-01"))).timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    "wrong",
    [
        when("hourly"),
        when(date="2026-02-30"),
        when(date=""),
        when(until="someday"),
        When("2026-05-04", "25:00", "UTC", "daily"),
        When("2026-05-04", "19:00", "Mars/OlympusMons", "daily"),
    ],
)
def test_a_wrong_choice_is_refused(wrong: When) -> None:
    with pytest.raises(Invalid):
        rule_of(wrong)


@pytest.mark.parametrize("repeat", [name for name in REPEATS if name != "once"])
@pytest.mark.parametrize("date", ["2026-05-04", "2026-05-29", "2028-02-29"])
@pytest.mark.parametrize("until", ["", "2029-01-01"])
def test_the_choices_of_a_rule_are_found_again(repeat: str, date: str, until: str) -> None:
    made = rule_of(when(repeat, date, until=until, weekdays=("MO", "SU")))
    found = when_of(f" {made}\n")
    assert found is not None
    assert rule_of(found) == made
    assert (found.date, found.time, found.timezone, found.until) == (date, "19:00", "Europe/Berlin", until)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RRULE:FREQ=DAILY",
        "DTSTART:20260504T190000Z\nRRULE:FREQ=DAILY",
        "DTSTART;TZID=Europe/Berlin:20260504T190030\nRRULE:FREQ=DAILY",
        "DTSTART;TZID=Europe/Berlin:20260231T190000\nRRULE:FREQ=DAILY",
        "DTSTART;TZID=Mars/Olympus:20260504T190000\nRRULE:FREQ=DAILY",
        "DTSTART;TZID=Europe/Berlin:20260504T190000\nRRULE:FREQ=DAILY;COUNT=3",
        "DTSTART;TZID=Europe/Berlin:20260504T190000\nRRULE:FREQ=MONTHLY;BYDAY=3FR",
        "DTSTART;TZID=Europe/Berlin:20260504T190000\nRRULE:FREQ=WEEKLY;BYDAY=TH,MO",
        "DTSTART;TZID=Europe/Berlin:20260504T190000\nRRULE:" + "A" * 2000,
    ],
)
def test_a_rule_that_the_form_cannot_make_has_no_choices(text: str) -> None:
    assert when_of(text) is None
