"""The form that changes one event or a series: its fields from what is stored, and the change from its fields."""

from collections.abc import Mapping
from datetime import datetime

from fedistream.core.errors import Invalid, ValueProblem
from fedistream.schedule import zones
from fedistream.schedule.recurrence import WEEKDAYS
from fedistream.schedule.rule_form import ONCE, When, rule_of, start_of, when_of
from fedistream.schedule.values import DEFAULT_MINUTES, Change, Overview, ScheduledEvent, Series

Target = ScheduledEvent | Series


def find(overview: Overview, target_id: str) -> Target | None:
    """Return the event or series with this id, or None."""
    known: tuple[Target, ...] = (*overview.series, *overview.events)
    return next((each for each in known if each.id == target_id), None)


def fields_of(target: Target) -> dict[str, str]:
    """Return the texts of the form's fields."""
    shown = {"name": target.name, "description": target.description, "minutes": str(target.minutes)}
    if isinstance(target, ScheduledEvent):
        wall = zones.to_wall(target.starts_at, zones.zone(target.timezone))
        return shown | {"date": f"{wall:%Y-%m-%d}", "time": f"{wall:%H:%M}", "timezone": target.timezone}
    when = when_of(target.recurrence)
    if when is None:
        return shown | {"recurrence": target.recurrence}
    return shown | {
        "date": when.date,
        "time": when.time,
        "timezone": when.timezone,
        "repeat": when.repeat,
        "until": when.until,
        **{f"day-{day}": "on" for day in when.weekdays},
    }


def has_choices(target: Target) -> bool:
    """Return whether the form shows a series by choices, and not by its rule."""
    return isinstance(target, Series) and when_of(target.recurrence) is not None


def change_of(target: Target, submitted: Mapping[str, str]) -> Change:
    """Return the change that the form asks for. Times that are as they were are no change, as they may be past. Raises
    Invalid."""
    start: datetime | None = None
    recurrence = ""
    if isinstance(target, ScheduledEvent):
        given = start_of(read_when({**submitted, "timezone": target.timezone}))
        start = given if given != start_of(read_when(fields_of(target))) else None
    elif has_choices(target):
        recurrence = rule_of(read_when(submitted))
        if not recurrence:
            raise Invalid("repeat", ValueProblem.MISSING)
    else:
        recurrence = submitted.get("recurrence", "").strip()
    return Change(
        submitted.get("name", ""),
        id=target.id,
        description=submitted.get("description", ""),
        start=start,
        recurrence="" if isinstance(target, Series) and recurrence == target.recurrence else recurrence,
        minutes=read_minutes(submitted),
    )


def read_when(submitted: Mapping[str, str]) -> When:
    """Return the choices of a form."""
    return When(
        submitted.get("date", ""),
        submitted.get("time", ""),
        submitted.get("timezone", "").strip(),
        submitted.get("repeat", ONCE),
        tuple(day for day in WEEKDAYS if submitted.get(f"day-{day}")),
        submitted.get("until", ""),
    )


def read_minutes(submitted: Mapping[str, str]) -> int:
    """Return the duration, the default one for an empty field. Raises Invalid."""
    minutes = submitted.get("minutes", "").strip() or str(DEFAULT_MINUTES)
    if not minutes.isascii() or not minutes.isdecimal() or len(minutes) > 6:
        raise Invalid("minutes", ValueProblem.NOT_WHOLE)
    return int(minutes)
