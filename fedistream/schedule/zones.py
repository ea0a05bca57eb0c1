"""Time zones of the IANA database, and wall times in them."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from fedistream.core.errors import Invalid
from fedistream.schedule.values import ScheduleProblem


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Return the names of all time zones. The first call reads a folder of files."""
    return frozenset(available_timezones())


def zone(name: str, field: str = "timezone") -> ZoneInfo:
    """Return a time zone. Raises Invalid for a name that is none."""
    # by the list: ZoneInfo opens files, and some names of the past are directories
    if name not in names():
        raise Invalid(field, ScheduleProblem.TIMEZONE)
    return ZoneInfo(name)


def to_utc(wall: datetime, at: ZoneInfo) -> datetime:
    """Return the moment of a wall time without a zone, as RFC 5545 section 3.3.5 reads it.

    A time that happens twice, when clocks are set back, is the first of the two. A time that is skipped, when they are
    set forward, has the offset from before: 02:30 becomes 03:30 on the new clock.
    """
    return wall.replace(tzinfo=at, fold=0).astimezone(UTC)


def to_wall(moment: datetime, at: ZoneInfo) -> datetime:
    """Return the wall time of a moment, without its zone."""
    return moment.astimezone(at).replace(tzinfo=None)
