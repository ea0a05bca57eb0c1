"""Recurrences from the choices of a form, for admins who do not write rules. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedistream.core.errors import Invalid, ValueProblem
from fedistream.schedule.recurrence import WEEKDAYS
from fedistream.schedule.values import ScheduleProblem
from fedistream.schedule.zones import to_utc, zone

ONCE = "once"
REPEATS: Final[Mapping[str, str]] = {
    ONCE: "",
    "daily": "FREQ=DAILY",
    "weekly": "FREQ=WEEKLY",
    "fortnightly": "FREQ=WEEKLY;INTERVAL=2",
    "monthly-date": "FREQ=MONTHLY",
    "monthly-weekday": "FREQ=MONTHLY",
}
"""The choices, each with the beginning of its rule. The last one is like "the second Tuesday"."""


_MADE = re.compile(
    r"DTSTART;TZID=([^:\s]{1,64}):(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)00\nRRULE:([A-Z0-9=;,-]{1,200})", re.ASCII
)
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class When:
    """The choices of the form: a date and a time in a time zone, how it repeats, on which weekdays, and the last day or
    ""."""

    date: str
    time: str
    timezone: str
    repeat: str = ONCE
    weekdays: Sequence[str] = ()
    until: str = ""


def start_of(when: When) -> datetime:
    """Return the moment of the first event. Raises Invalid."""
    return to_utc(_wall(when), zone(when.timezone))


def rule_of(when: When) -> str:
    """Return the recurrence, or "" for a single event. Raises Invalid."""
    if when.repeat not in REPEATS:
        raise Invalid("repeat", ValueProblem.CHOICE, choices=", ".join(REPEATS))
    if when.repeat == ONCE:
        return ""
    wall, at = _wall(when), zone(when.timezone)
    parts = [REPEATS[when.repeat]]
    if when.repeat in ("weekly", "fortnightly"):
        days = [day for day in WEEKDAYS if day in when.weekdays] or [WEEKDAYS[wall.weekday()]]
        parts.append(f"BYDAY={','.join(days)}")
    elif when.repeat == "monthly-weekday":
        # of a fifth one there is not one in each month: the last one is meant
        number = -1 if wall.day > 28 else (wall.day - 1) // 7 + 1
        parts.append(f"BYDAY={number}{WEEKDAYS[wall.weekday()]}")
    if when.until:
        parts.append(f"UNTIL={_parsed('until', when.until, '%Y-%m-%d'):%Y%m%d}")
    return f"DTSTART;TZID={at.key}:{wall:%Y%m%dT%H%M%S}\nRRULE:{';'.join(parts)}"


def when_of(recurrence: str) -> When | None:
    """Return the choices that make this recurrence, or None for one that the form cannot make."""
    found = _MADE.fullmatch(recurrence.strip())
    if found is None:
        return None
    zone_name, year, month, day, hour, minute, rule = found.groups()
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    until = _DAY.fullmatch(parts.get("UNTIL", ""))
    for repeat in REPEATS:
        when = When(
            f"{year}-{month}-{day}",
            f"{hour}:{minute}",
            zone_name,
            repeat,
            tuple(day for day in parts.get("BYDAY", "").split(",") if day in WEEKDAYS),
            "-".join(until.groups()) if until else "",
        )
        try:
            if rule_of(when) == recurrence.strip():
                return when
        except Invalid:  # a date that does not exist, or a zone that is gone
            return None
    return None


def _wall(when: When) -> datetime:
    return _parsed("date", f"{when.date} {when.time[:5]}", "%Y-%m-%d %H:%M")


def _parsed(field: str, text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 a wall time
    except ValueError as error:
        raise Invalid(field, ScheduleProblem.NOT_DATE) from error
