"""Recurrences: read strictly, expanded in their time zone, and never for longer than the window asks."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from fedistream.core.errors import Invalid
from fedistream.schedule.recurrence import parse, starts
from fedistream.schedule.values import MAX_RECURRENCE, ScheduleProblem
from tests.kit.examples import examples

BERLIN = "DTSTART;TZID=Europe/Berlin:20260302T190000\nRRULE:"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def expand(text: str, after: str, before: str, most: int = 1000) -> list[str]:
    found = starts(parse(text), at(after), at(before), most)
    return [each.strftime("%Y-%m-%dT%H:%M") for each in found]


def problem(text: str) -> ScheduleProblem:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert isinstance(refused.value.problem, ScheduleProblem)
    return refused.value.problem


def test_a_weekly_series_keeps_its_wall_time_when_the_clocks_change() -> None:
    assert expand(f"{BERLIN}FREQ=WEEKLY", "2026-03-20", "2026-04-10") == [
        "2026-03-23T18:00",
        "2026-03-30T17:00",  # summer time began on the 29th
        "2026-04-06T17:00",
    ]


def test_a_time_that_is_skipped_has_the_offset_from_before() -> None:
    text = "DTSTART;TZID=America/New_York:20260307T023000\nRRULE:FREQ=DAILY"
    # 02:30 on 8 March does not exist there: it is 03:30 on the new clock, 07:30 in UTC
    assert expand(text, "2026-03-07", "2026-03-10") == ["2026-03-07T07:30", "2026-03-08T07:30", "2026-03-09T06:30"]


def test_a_time_that_happens_twice_is_the_first_of_the_two() -> None:
    text = "DTSTART;TZID=America/New_York:20261031T013000\nRRULE:FREQ=DAILY"
    assert expand(text, "2026-10-31", "2026-11-03") == ["2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"]


def test_two_wall_times_of_one_moment_are_one_occurrence() -> None:
    text = "DTSTART;TZID=America/New_York:20260308T023000\nRRULE:FREQ=DAILY;BYHOUR=2,3"
    assert expand(text, "2026-03-08", "2026-03-09") == ["2026-03-08T07:30"]


def test_a_start_in_utc_and_one_without_a_zone_are_both_utc() -> None:
    for value in ("20260502T120000Z", "20260502T120000"):
        assert expand(f"DTSTART:{value}\nRRULE:FREQ=WEEKLY;COUNT=2", "2026-05-01", "2027-01-01") == [
            "2026-05-02T12:00",
            "2026-05-09T12:00",
        ]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260314", "2026-03-14T18:00"),
        ("20260314T180000Z", "2026-03-14T18:00"),
        ("20260314T185959", "2026-03-13T18:00"),
    ],
)
def test_the_end_is_a_day_a_moment_or_a_wall_time(until: str, last: str) -> None:
    assert expand(f"{BERLIN}FREQ=DAILY;UNTIL={until}", "2026-03-01", "2026-06-01")[-1] == last


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("FREQ=MONTHLY;BYDAY=1FR", ["2026-03-06T18:00", "2026-04-03T17:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2026-03-31T17:00", "2026-04-30T17:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-03-31T17:00", "2026-05-31T17:00"]),
        ("FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU", ["2026-04-26T17:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO", ["2026-03-02T18:00", "2026-03-15T18:00"]),
    ],
)
def test_the_parts_of_a_rule_are_those_of_the_specification(rule: str, first: list[str]) -> None:
    assert expand(BERLIN + rule, "2026-03-01", "2026-06-01")[: len(first)] == first


rules = st.builds(
    lambda frequency, interval, extra: f"FREQ={frequency};INTERVAL={interval}{extra}",
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 5),
    st.sampled_from(["", ";BYDAY=MO,FR", ";BYMONTH=3,7", ";BYMONTHDAY=13,-1", ";BYHOUR=9,21", ";COUNT=12", ";WKST=SU"]),
)


@examples(100)
@given(rules, st.integers(0, 16 * 365 * 24 * 3600), st.integers(0, 6000))
def test_a_window_has_what_the_whole_expansion_has_in_it(rule: str, second: int, days: int) -> None:
    start = datetime.fromisoformat("2010-01-01T00:00:00") + timedelta(seconds=second)
    text = f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:{rule}"
    after = start + timedelta(days=days)
    before = after + timedelta(days=400)
    expected = rrulestr(rule, dtstart=start).between(after, before - timedelta(seconds=1), inc=True)
    found = starts(parse(text), after.replace(tzinfo=UTC), before.replace(tzinfo=UTC), 10_000)
    assert [each.replace(tzinfo=None) for each in found] == expected


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366",
        "FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=7",
        "FREQ=YEARLY;INTERVAL=1000;BYMONTHDAY=29;BYMONTH=2",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,2,3,4,5,6,7,8",
    ],
)
def test_a_rule_without_occurrences_or_with_thousands_is_expanded_in_time(rule: str) -> None:
    parsed = parse(f"DTSTART:20000101T000000\nRRULE:{rule}")
    begun = time.process_time()
    starts(parsed, at("2026-05-01"), at("2027-06-05"), 300)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("frequency", ["SECONDLY", "MINUTELY", "HOURLY"])
def test_a_rule_that_comes_more_often_than_daily_is_refused(frequency: str) -> None:
    assert problem(f"{BERLIN}FREQ={frequency}") is ScheduleProblem.RULE_FREQUENT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ScheduleProblem.RULE_START),
        ("RRULE:FREQ=WEEKLY", ScheduleProblem.RULE_START),
        ("DTSTART:20260502T120000Z", ScheduleProblem.RULE_MISSING),
        (f"{BERLIN}FREQ=WEEKLY\nRRULE:FREQ=DAILY", ScheduleProblem.RULE_MISSING),
        (f"{BERLIN}FREQ=WEEKLY\nEXDATE:20260502T120000Z", ScheduleProblem.RULE_LINE),
        ("DTSTART;VALUE=DATE:20260502\nRRULE:FREQ=WEEKLY", ScheduleProblem.RULE_START_TIME),
        ("DTSTART:19260502T120000Z\nRRULE:FREQ=WEEKLY", ScheduleProblem.RULE_START_TIME),
        ("DTSTART;TZID=Mars/OlympusMons:20260502T120000\nRRULE:FREQ=WEEKLY", ScheduleProblem.TIMEZONE),
        ("DTSTART;TZID=../../etc/passwd:20260502T120000\nRRULE:FREQ=WEEKLY", ScheduleProblem.TIMEZONE),
        ("DTSTART;TZID=Europe:20260502T120000\nRRULE:FREQ=WEEKLY", ScheduleProblem.TIMEZONE),
        ("DTSTART:20260231T120000\nRRULE:FREQ=WEEKLY", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=BOGUS", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY;FREQ=DAILY", ScheduleProblem.RULE_PART),
        (f"{BERLIN}FREQ=WEEKLY;BYEASTER=1", ScheduleProblem.RULE_PART),
        (f"{BERLIN}FREQ=WEEKLY;BYSECOND=1", ScheduleProblem.RULE_PART),
        (f"{BERLIN}FREQ=WEEKLY;COUNT=0", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY;INTERVAL=0", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY;INTERVAL=-1", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY;COUNT=2;UNTIL=20270101", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY;UNTIL=tomorrow", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY;BYDAY=1MO", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY;BYDAY=XX", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=MONTHLY;BYDAY=0MO", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=MONTHLY;BYMONTHDAY=0", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=MONTHLY;BYMONTHDAY=32", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=MONTHLY;BYMONTHDAY=", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=DAILY;BYHOUR=\N{ARABIC-INDIC DIGIT ONE}", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=DAILY;UNTIL=00010101T000000Z", ScheduleProblem.RULE_VALUE),
        (f"{BERLIN}FREQ=WEEKLY" + ";" * MAX_RECURRENCE, ScheduleProblem.RULE_LENGTH),
    ],
)
def test_a_wrong_recurrence_is_refused_with_its_reason(text: str, expected: ScheduleProblem) -> None:
    if "00010101" in text:
        assert expand(text, "2026-01-01", "2027-01-01") == []
        return
    assert problem(text) is expected


@pytest.mark.parametrize(
    "text", ["DTSTART:" * 1250, "\n" * 10_000, f"{BERLIN}BYDAY=" + "MO," * 3000, ";=" * 5000, "9" * 10_000]
)
def test_ten_kilobytes_are_refused_at_once(text: str) -> None:
    begun = time.process_time()
    problem(text)
    assert time.process_time() - begun < 0.05


@examples(100)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for given_text in (text, BERLIN + text, f"{BERLIN}FREQ=DAILY;{text}"):
        try:
            parsed = parse(given_text)
        except Invalid:
            continue
        starts(parsed, at("2026-05-01"), at("2026-06-01"), 10)
