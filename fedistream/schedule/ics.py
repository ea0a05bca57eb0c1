"""The calendar feed, RFC 5545. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from fedistream.schedule.values import ScheduledEvent

MAX_OCTETS = 75  # of a line, without its end (section 3.1)
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_SPECIAL = re.compile(r"[\\;,\n]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def calendar(events: Iterable[ScheduledEvent], name: str, page: str, uid_host: str, now: datetime) -> str:
    """Return the feed of a channel with this name. `page` is the address of an event's page before its id, or "";
    `uid_host` is the second part of an event's UID."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Fedistream//Schedule//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{text(name)}",
        f"X-WR-CALNAME:{text(name)}",  # Apple's and Google's calendars do not read NAME (RFC 7986)
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
    ]
    for event in events:
        lines += _event(event, page, uid_host, now)
    return "".join(fold(line) for line in (*lines, "END:VCALENDAR"))


def text(value: str) -> str:
    """Return a value of the type TEXT (section 3.3.11)."""
    return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], _CONTROL.sub("", value))


def fold(line: str) -> str:
    """Return a line with its end, folded between characters where it has more than MAX_OCTETS."""
    octets = line.encode()
    if len(octets) <= MAX_OCTETS:
        return f"{line}\r\n"
    parts: list[bytes] = []
    start, room = 0, MAX_OCTETS
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # within a character of UTF-8
            end -= 1
        parts.append(octets[start:end])
        start, room = end, MAX_OCTETS - 1  # the blank that begins a folded line counts
    parts.append(octets[start:])
    return b"\r\n ".join(parts).decode() + "\r\n"


def _event(event: ScheduledEvent, page: str, uid_host: str, now: datetime) -> Iterable[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{text(event.id)}@{uid_host}"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"LAST-MODIFIED:{_moment(event.updated_at)}"
    yield f"DTSTART:{_moment(event.starts_at)}"
    yield f"DTEND:{_moment(event.ends_at)}"
    yield f"SUMMARY:{text(event.name)}"
    if event.description:
        yield f"DESCRIPTION:{text(event.description)}"
    if page:
        yield f"URL:{page}{event.id}"
    yield f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}"
    yield "END:VEVENT"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
