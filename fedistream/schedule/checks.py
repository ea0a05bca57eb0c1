"""The checks of what the admin and visitors send. Pure."""

from datetime import MAXYEAR, datetime, timedelta

from fedistream.core.errors import Invalid, ValueProblem
from fedistream.core.plain_text import visible
from fedistream.schedule.values import (
    AHEAD,
    BACK,
    MAX_AHEAD,
    MAX_DESCRIPTION,
    MAX_MINUTES,
    MAX_NAME,
    MAX_RANGE,
    Change,
    ScheduleProblem,
)
from fedistream.schedule.zones import zone


def checked(change: Change, now: datetime) -> Change:
    """Return the change without characters that cannot be stored. Raises Invalid."""
    name = " ".join(visible(change.name).split())
    if not name:
        raise Invalid("name", ScheduleProblem.NAME_REQUIRED)
    if len(name) > MAX_NAME:
        raise Invalid("name", ValueProblem.TOO_LONG, most=MAX_NAME)
    description = None if change.description is None else visible(change.description).strip()
    if description is not None and len(description) > MAX_DESCRIPTION:
        raise Invalid("description", ValueProblem.TOO_LONG, most=MAX_DESCRIPTION)
    if change.minutes is not None and not 1 <= change.minutes <= MAX_MINUTES:
        raise Invalid("durationMinutes", ScheduleProblem.DURATION, most=MAX_MINUTES)
    recurrence = change.recurrence.strip()
    if recurrence and change.start is not None:
        raise Invalid("start and recurrence", ScheduleProblem.BOTH_TIMES)
    _check_times(change, recurrence, now)
    return Change(name, change.id, description, change.start, recurrence, change.minutes, change.timezone)


def _check_times(change: Change, recurrence: str, now: datetime) -> None:
    if change.id and change.timezone is not None:
        raise Invalid("timezone", ScheduleProblem.TIMEZONE_FIXED)
    if not change.id and not recurrence and change.start is None:
        raise Invalid("start", ScheduleProblem.START_REQUIRED)
    if change.timezone:
        zone(change.timezone)
    if change.start is not None and change.start <= now:
        raise Invalid("start", ScheduleProblem.START_PAST)
    if change.start is not None and change.start - now > MAX_AHEAD:
        raise Invalid("start", ScheduleProblem.START_FAR)


def moment(field: str, text: str) -> datetime:
    """Return a time in the form of RFC 3339. Raises Invalid."""
    try:
        found = datetime.fromisoformat(text[:40])
        if found.tzinfo is None or not 1 < found.year < MAXYEAR:  # a day may be added
            raise ValueError
    except ValueError as error:
        raise Invalid(field, ScheduleProblem.NOT_TIME) from error
    return found


def window(start: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the range of a request; an empty text stands for the default. Raises Invalid."""
    first = moment("from", start) if start else now - BACK
    last = moment("to", end) if end else now + AHEAD
    if last <= first:
        raise Invalid("to", ScheduleProblem.RANGE_ORDER)
    if last - first > MAX_RANGE:
        raise Invalid("to", ScheduleProblem.RANGE_SIZE, most=MAX_RANGE // timedelta(days=1))
    return first, last
