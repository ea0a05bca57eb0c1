"""The Date header: IMF-fixdate (RFC 9110 section 5.6.7) to Unix seconds and back, independent of the locale."""

import re
from datetime import UTC, datetime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The two obsolete formats of RFC 9110 are left out: no fediverse server sends them.
_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)


def parse(text: str) -> float:
    """Return an HTTP date as Unix seconds. Raises ValueError."""
    match = _FIXDATE.fullmatch(text)
    if match is None or match[3] not in _MONTHS:
        raise ValueError("not an HTTP date")
    month = _MONTHS.index(match[3]) + 1
    day, year, hour, minute, second = (int(match[group]) for group in (2, 4, 5, 6, 7))
    # a leap second is valid, and datetime does not support it
    when = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) if second <= 60 else None
    if when is None or _DAYS[when.weekday()] != match[1]:
        raise ValueError("no such date")
    return when.timestamp()


def write(now: float) -> str:
    """Return Unix seconds as an HTTP date."""
    when = datetime.fromtimestamp(int(now), UTC)
    return f"{_DAYS[when.weekday()]}, {when.day:02} {_MONTHS[when.month - 1]} {when.year:04} {when:%H:%M:%S} GMT"
