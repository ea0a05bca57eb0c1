"""Owncast's scheduled events and their series as rows of this node.

They keep their ids, so their pages and the Events that followers know keep their URLs. What is still to come counts as
not announced: followers' servers ignore an Event that they have, and the node can tell them of later changes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from fedistream.api.wording import explain
from fedistream.app.owncast_import.folder import Source, moment, text
from fedistream.app.owncast_import.report import Report
from fedistream.core.errors import Invalid
from fedistream.core.plain_text import visible
from fedistream.federation.urls import POST_ID
from fedistream.schedule import occurrences
from fedistream.schedule.models import ScheduledEventRow, ScheduleSeriesRow
from fedistream.schedule.values import (
    DEFAULT_MINUTES,
    KEPT,
    MAX_DESCRIPTION,
    MAX_MINUTES,
    MAX_NAME,
    MAX_RECURRENCE,
    MAX_SERIES,
    Status,
)
from fedistream.schedule.zones import zone

SERIES, EVENTS = "stream_event_series", "stream_events"
MAX_EVENTS = 10_000  # as in one answer of the schedule
UNREADABLE = "their id, name or time cannot be read"

_STATUS = {"scheduled": Status.SCHEDULED, "cancelled": Status.CANCELLED}


def series(source: Source, channel_id: int, report: Report, now: datetime) -> Iterator[ScheduleSeriesRow]:
    """Yield the series whose rule can be read."""
    columns = ("id", "name", "description", "recurrence", "duration_minutes", "active", "created_at", "updated_at")
    count = 0
    for row in source.rows(SERIES, columns, "created_at, rowid"):
        series_id, name = text(row["id"], 25), _line(row["name"])
        recurrence = text(row["recurrence"], MAX_RECURRENCE + 1)
        if not POST_ID.fullmatch(series_id) or not name:
            report.leave("series of events", UNREADABLE, name)
            continue
        try:
            occurrences.expand(recurrence, now)
        except Invalid as error:
            report.leave("series of events", explain(error), name)
            continue
        if (count := count + 1) > MAX_SERIES:
            report.leave("series of events", f"there can be {MAX_SERIES} at most", name)
            continue
        created = moment(row["created_at"]) or now
        yield ScheduleSeriesRow(
            id=series_id,
            channel_id=channel_id,
            name=name,
            description=_prose(row["description"]),
            recurrence=recurrence,
            minutes=_minutes(row["duration_minutes"]),
            active=bool(row["active"]),
            created_at=created,
            updated_at=moment(row["updated_at"]) or created,
        )


def events(
    source: Source, channel_id: int, taken: dict[str, str], report: Report, now: datetime
) -> Iterator[ScheduledEventRow]:
    """Yield the events of the last KEPT and of the future. `taken` are the names of the series that were taken, by
    id: an event of another one becomes a one-off event."""
    columns = (
        *("id", "series_id", "original_start", "name", "description", "start_time", "duration_minutes", "timezone"),
        *("status", "webhook_warning_sent_at", "webhook_started_sent_at", "webhook_ended_sent_at"),
        *("created_at", "updated_at"),
    )
    seen: set[tuple[str, datetime]] = set()
    count = 0
    for row in source.rows(EVENTS, columns, "julianday(start_time), rowid"):
        event_id, name, start = text(row["id"], 25), _line(row["name"]), moment(row["start_time"])
        status = _STATUS.get(text(row["status"], 20))
        if not POST_ID.fullmatch(event_id) or not name or start is None or status is None:
            report.leave("scheduled events", UNREADABLE, name)
            continue
        if start < now - KEPT:
            report.leave("scheduled events", f"they are older than {KEPT // timedelta(days=1)} days", name)
            continue
        series_id, original = text(row["series_id"], 25), moment(row["original_start"])
        belongs = series_id in taken and original is not None
        if belongs and original is not None:
            if (series_id, original) in seen:
                report.leave("scheduled events", "their series has another one of that time", name)
                continue
            seen.add((series_id, original))
        if (count := count + 1) > MAX_EVENTS:
            report.leave("scheduled events", f"there can be {MAX_EVENTS} at most", name)
            continue
        minutes, created = _minutes(row["duration_minutes"]), moment(row["created_at"]) or now
        end = start + timedelta(minutes=minutes)
        yield ScheduledEventRow(
            id=event_id,
            channel_id=channel_id,
            series_id=series_id if belongs else None,
            original_start=original if belongs else None,
            name=name,
            description=_prose(row["description"]),
            starts_at=start,
            ends_at=end,
            minutes=minutes,
            timezone=_zone(row["timezone"]),
            status=status.value,
            edited=belongs and (start != original or name != taken[series_id]),
            created_at=created,
            updated_at=moment(row["updated_at"]) or created,
            warned_at=moment(row["webhook_warning_sent_at"]),
            started_at=moment(row["webhook_started_sent_at"]),
            ended_at=moment(row["webhook_ended_sent_at"]) or (end if end <= now else None),
        )


def _line(value: object) -> str:
    return " ".join(visible(text(value, MAX_NAME)).split())


def _prose(value: object) -> str:
    return visible(text(value, MAX_DESCRIPTION)).strip()


def _minutes(value: object) -> int:
    return min(value, MAX_MINUTES) if isinstance(value, int) and value > 0 else DEFAULT_MINUTES


def _zone(value: object) -> str:
    try:
        return zone(text(value, 64)).key
    except Invalid:
        return "UTC"  # the start is a moment, which does not depend on it
