"""Recurrences in the form of RFC 5545: a DTSTART line and an RRULE line. Read strictly, and expanded within a window.

The expansion is python-dateutil's. It is bounded here, because that library looks for the next occurrence until the
year 9999: a rule without any, such as every 30 February, would take it minutes.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from fedistream.core.errors import Invalid
from fedistream.schedule.values import MAX_RECURRENCE, ScheduleProblem
from fedistream.schedule.zones import to_utc, to_wall, zone

FIELD = "recurrence"
LATEST_YEAR, EARLIEST_YEAR = 2100, 2000  # of DTSTART
MAX_COUNT = 10_000
MAX_INTERVAL = 1000
DAY = timedelta(days=1)

# the days of one step; a step beyond the window ends the expansion
PERIODS: Final[Mapping[str, int]] = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LISTS: Final[Mapping[str, tuple[int, int]]] = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
}
_FROM_ZERO = frozenset({"BYHOUR", "BYMINUTE"})
_TIME = re.compile(r"(\d{8})T(\d{6})(Z?)")
_DATE = re.compile(r"\d{8}")
_START = re.compile(r"DTSTART(?:;TZID=([^:;]{1,64}))?:(\d{8}T\d{6}Z?)", re.IGNORECASE)
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`start` is the wall time of DTSTART in `zone`; `parts` are those of the rule, by their names in capitals."""

    start: datetime
    zone: ZoneInfo
    parts: Mapping[str, str]

    @property
    def timezone(self) -> str:
        return self.zone.key

    @property
    def frequency(self) -> str:
        return self.parts["FREQ"]

    @property
    def interval(self) -> int:
        return int(self.parts.get("INTERVAL", "1"))

    @property
    def until(self) -> datetime | None:
        """The last wall time that may be an occurrence."""
        return _until(self.parts["UNTIL"], self.zone) if "UNTIL" in self.parts else None


def parse(text: str) -> Recurrence:
    """Read a recurrence. Raises Invalid. Takes linear time, and nothing longer than MAX_RECURRENCE."""
    if len(text) > MAX_RECURRENCE:
        raise Invalid(FIELD, ScheduleProblem.RULE_LENGTH, most=MAX_RECURRENCE)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    starts = [line for line in lines if line.upper().startswith("DTSTART")]
    rules = [line for line in lines if line.upper().startswith("RRULE:")]
    if len(starts) != 1:
        raise Invalid(FIELD, ScheduleProblem.RULE_START)
    if len(rules) != 1:
        raise Invalid(FIELD, ScheduleProblem.RULE_MISSING)
    if len(lines) != 2:
        raise Invalid(FIELD, ScheduleProblem.RULE_LINE)
    start, at = _start(starts[0])
    return Recurrence(start, at, _parts(rules[0][len("RRULE:") :], at))


def starts(recurrence: Recurrence, after: datetime, before: datetime, most: int) -> list[datetime]:
    """Return the first `most` occurrences in `[after, before)`, in UTC and in order.

    The time that it takes depends on the window, and on the distance to DTSTART for a rule with a COUNT.
    """
    found: list[datetime] = []
    last: datetime | None = None
    for wall in _walls(recurrence, after, before):
        moment = to_utc(wall, recurrence.zone)
        if moment >= before + DAY or len(found) >= most:
            break
        # two wall times are one moment where clocks are set forward
        if after <= moment < before and moment != last:
            found.append(moment)
            last = moment
    return sorted(found)


def _walls(recurrence: Recurrence, after: datetime, before: datetime) -> Iterator[datetime]:
    """Return the occurrences from about `after` to about `before`, as wall times."""
    rrule = importlib.import_module("dateutil.rrule")  # loaded when the first recurrence is expanded
    start, parts, period = recurrence.start, recurrence.parts, PERIODS[recurrence.frequency]
    step = timedelta(days=period * recurrence.interval)
    behind = to_wall(after, recurrence.zone) - 2 * DAY - start
    if "COUNT" not in parts and recurrence.frequency in ("DAILY", "WEEKLY") and behind > step:
        start += behind // step * step  # whole steps, so that the later ones stay where they are
    distance = to_wall(before, recurrence.zone) + 2 * DAY - start
    if distance < timedelta():
        return
    steps = _Steps(recurrence.interval, distance // step + 2)
    given: dict[str, Any] = {name.lower(): _numbers(parts[name]) for name in LISTS if name in parts}
    if "BYDAY" in parts:
        given["byweekday"] = [_weekday(rrule, item) for item in parts["BYDAY"].split(",")]
    rule = rrule.rrule(
        getattr(rrule, recurrence.frequency),
        dtstart=start,
        interval=steps,
        wkst=WEEKDAYS.index(parts.get("WKST", "MO")),
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        until=recurrence.until,
        **given,
    )
    try:
        yield from rule
    except _Beyond:
        return


class _Beyond(Exception):
    """The expansion has left its window."""


class _Steps(int):
    """The interval of a rule, which counts how often it is added: each time, one period was looked at.

    A generator of dateutil has no other bound while it finds nothing.
    """

    left: int

    def __new__(cls, interval: int, most: int) -> "_Steps":
        made = super().__new__(cls, interval)
        made.left = most
        return made

    def _count(self) -> int:
        if self.left <= 0:
            raise _Beyond
        self.left -= 1
        return int(self)

    def __radd__(self, other: int) -> int:
        return other + self._count()

    def __mul__(self, other: int) -> int:
        return self._count() * other


def _start(line: str) -> tuple[datetime, ZoneInfo]:
    found = _START.fullmatch(line)
    if found is None:
        raise Invalid(FIELD, ScheduleProblem.RULE_START_TIME)
    name, value = found[1], found[2].upper()
    moment = _moment(value, "DTSTART")
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise Invalid(FIELD, ScheduleProblem.RULE_START_TIME)
    if name is None:
        return moment, zone("UTC", FIELD)
    at = zone(name, FIELD)
    return (to_wall(moment.replace(tzinfo=UTC), at) if value.endswith("Z") else moment), at


def _moment(value: str, part: str) -> datetime:
    found = _TIME.fullmatch(value)
    try:
        return datetime.strptime(f"{found[1]}{found[2]}" if found else "", "%Y%m%d%H%M%S")  # noqa: DTZ007 a wall time
    except ValueError as error:
        raise Invalid(FIELD, ScheduleProblem.RULE_VALUE, part=part) from error


def _until(value: str, at: ZoneInfo) -> datetime:
    if _DATE.fullmatch(value):  # the whole day
        return _moment(f"{value}T235959", "UNTIL")
    moment = _moment(value, "UNTIL")
    if value.endswith("Z") and 1 < moment.year < MAXYEAR:
        return to_wall(moment.replace(tzinfo=UTC), at)
    return moment


def _parts(text: str, at: ZoneInfo) -> Mapping[str, str]:
    """Return the checked parts of a rule. Raises Invalid."""
    parts: dict[str, str] = {}
    for item in text.upper().rstrip(";").split(";"):
        name, sign, value = (piece.strip() for piece in item.partition("="))
        if not sign or name in parts:
            raise Invalid(FIELD, ScheduleProblem.RULE_PART, part=name[:20])
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise Invalid(FIELD, ScheduleProblem.RULE_FREQUENT)
    if frequency not in PERIODS:
        raise Invalid(FIELD, ScheduleProblem.RULE_VALUE, part="FREQ")
    if "COUNT" in parts and "UNTIL" in parts:
        raise Invalid(FIELD, ScheduleProblem.RULE_VALUE, part="COUNT")
    for name, value in parts.items():
        _check(name, value, frequency, at)
    return parts


def _check(name: str, value: str, frequency: str, at: ZoneInfo) -> None:
    wrong = Invalid(FIELD, ScheduleProblem.RULE_VALUE, part=name)
    if name == "FREQ":
        return
    if name in ("INTERVAL", "COUNT"):
        most = MAX_INTERVAL if name == "INTERVAL" else MAX_COUNT
        if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or not 1 <= int(value) <= most:
            raise wrong
    elif name == "UNTIL":
        _until(value, at)
    elif name == "WKST":
        if value not in WEEKDAYS:
            raise wrong
    elif name == "BYDAY":
        _check_days(value, frequency, wrong)
    elif name in LISTS:
        least, most = LISTS[name]
        numbers = value.split(",")
        if not all(re.fullmatch(r"[+-]?\d{1,3}", number, re.ASCII) for number in numbers):
            raise wrong
        if not all(least <= int(number) <= most and (name in _FROM_ZERO or int(number)) for number in numbers):
            raise wrong
    else:
        raise Invalid(FIELD, ScheduleProblem.RULE_PART, part=name[:20])


def _check_days(value: str, frequency: str, wrong: Invalid) -> None:
    for item in value.split(","):
        found = _DAY.fullmatch(item)
        if found is None:
            raise wrong
        # the third Monday of a month or a year; RFC 5545 has it for these alone
        if found[1] and (frequency not in ("MONTHLY", "YEARLY") or not 1 <= abs(int(found[1])) <= 53):
            raise wrong


def _numbers(value: str) -> list[int]:
    return [int(number) for number in value.split(",")]


def _weekday(rrule: Any, item: str) -> Any:
    found = _DAY.fullmatch(item)
    assert found is not None, "the parts are checked"
    day = getattr(rrule, found[2])
    return day(int(found[1])) if found[1] else day
