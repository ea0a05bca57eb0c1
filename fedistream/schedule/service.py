"""The schedule as the admin changes it and everybody reads it.

Every change is checked whole before the first row is written. What follows from the time (reminders, starts, posts) is
in `tending.py`.
"""

from datetime import datetime, timedelta

from tortoise.expressions import F

from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.events import ScheduledEventCancelled, ScheduledEventChanged, ScheduledEventCreated
from fedistream.db import atomic
from fedistream.db.versions import bump_version
from fedistream.schedule import checks, occurrences, recurrence
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.models import ScheduledEventRow, ScheduleSeriesRow
from fedistream.schedule.upcoming import CACHE_KEY, Upcoming, event_of
from fedistream.schedule.values import (
    ADMIN_AHEAD,
    ADMIN_BACK,
    BACK,
    DEFAULT_MINUTES,
    FEED_AHEAD,
    KEPT,
    MAX_ANSWER,
    MAX_ONE_OFFS,
    MAX_SERIES,
    PREVIEWED,
    Change,
    Overview,
    ScheduledEvent,
    ScheduleProblem,
    Series,
    Status,
)


class Schedule:
    """The schedules of all channels. `upcoming` is the copy that is read at every request for the status."""

    def __init__(self, context: ScheduleContext, upcoming: Upcoming) -> None:
        self._context, self.upcoming = context, upcoming

    def now(self) -> datetime:
        return self._context.now()

    async def between(self, channel_id: int, start: str = "", end: str = "") -> tuple[ScheduledEvent, ...]:
        """Return the public events of a range of time in RFC 3339, empty texts for the default one. Raises Invalid."""
        first, last = checks.window(start, end, self._context.now())
        return await self._public(channel_id, first, last)

    async def feed(self, channel_id: int) -> tuple[ScheduledEvent, ...]:
        """Return the events of the calendar feed."""
        now = self._context.now()
        return await self._public(channel_id, now - BACK, now + FEED_AHEAD)

    async def find(self, channel_id: int, event_id: str) -> ScheduledEvent:
        """Return a public event. Raises NotFound."""
        row = await ScheduledEventRow.get_or_none(id=event_id[:24], channel_id=channel_id)
        if row is None or row.status == Status.REMOVED or not self._context.enabled(channel_id):
            raise NotFound(ScheduleProblem.NO_EVENT)
        return event_of(row)

    async def overview(self, channel_id: int, ahead: timedelta = ADMIN_AHEAD) -> Overview:
        """Return what the admin sees, also while the schedule is disabled: events that begin within `ahead`."""
        now = self._context.now()
        series = await ScheduleSeriesRow.filter(channel_id=channel_id).order_by("created_at", "id")
        events = await self._events(channel_id, now - ADMIN_BACK, now + ahead)
        return Overview(tuple(_series(row) for row in series), events)

    def preview(self, text: str) -> tuple[str, list[datetime]]:
        """Return the time zone of a recurrence and its next occurrences, PREVIEWED at most. Raises Invalid."""
        now = self._context.now()
        zone, _ = occurrences.expand(text, now)
        return zone, recurrence.starts(recurrence.parse(text), now, now + FEED_AHEAD, PREVIEWED)

    async def put(self, channel_id: int, change: Change) -> None:
        """Create or change an event or a series. Raises Invalid and NotFound; then nothing was written."""
        change = checks.checked(change, self._context.now())
        await atomic(self._put, channel_id, change)
        await self._changed()

    async def remove(self, channel_id: int, target_id: str, *, cancel: bool = False) -> None:
        """Cancel an event, which stays to be seen, or remove it. A series that is cancelled makes no more events, one
        that is removed is forgotten. Raises NotFound."""
        await atomic(self._remove, channel_id, target_id, cancel)
        await self._changed()

    async def extend(self) -> None:
        """Make the occurrences that have come within the horizon, and delete old events; a scheduled task."""
        await atomic(self._extend)
        await self.upcoming.load()

    async def _extend(self) -> None:
        await occurrences.extend(self._context)
        await occurrences.prune(self._context.now() - KEPT)
        await bump_version(CACHE_KEY)

    async def _put(self, channel_id: int, change: Change) -> None:
        if change.id:
            await self._update(channel_id, change)
        elif change.recurrence:
            await self._create_series(channel_id, change)
        else:
            await self._create_event(channel_id, change)
        await bump_version(CACHE_KEY)

    async def _changed(self) -> None:
        await self.upcoming.load()
        await self._context.run_by(self._context.now().timestamp())

    async def _public(self, channel_id: int, first: datetime, last: datetime) -> tuple[ScheduledEvent, ...]:
        return await self._events(channel_id, first, last) if self._context.enabled(channel_id) else ()

    async def _events(self, channel_id: int, first: datetime, last: datetime) -> tuple[ScheduledEvent, ...]:
        rows = ScheduledEventRow.filter(channel_id=channel_id, starts_at__gte=first, starts_at__lt=last)
        shown = await rows.exclude(status=Status.REMOVED.value).order_by("starts_at", "id").limit(MAX_ANSWER)
        return tuple(event_of(row) for row in shown)

    async def _create_event(self, channel_id: int, change: Change) -> None:
        now, start = self._context.now(), change.start
        assert start is not None, "the change is checked"
        if (
            await ScheduledEventRow.filter(channel_id=channel_id, series_id=None, ends_at__gt=now).count()
            >= MAX_ONE_OFFS
        ):
            raise Invalid("events", ScheduleProblem.MANY, most=MAX_ONE_OFFS)
        minutes = change.minutes or DEFAULT_MINUTES
        row = await ScheduledEventRow.create(
            id=self._context.token(),
            channel_id=channel_id,
            name=change.name,
            description=change.description or "",
            starts_at=start,
            ends_at=start + timedelta(minutes=minutes),
            minutes=minutes,
            timezone=change.timezone or "UTC",
            status=Status.SCHEDULED.value,
            created_at=now,
            updated_at=now,
        )
        await self._context.facts.emit(ScheduledEventCreated(channel_id, row.id, row.name, False, now))

    async def _create_series(self, channel_id: int, change: Change) -> None:
        now = self._context.now()
        zone, found = occurrences.expand(change.recurrence, now)
        self._check_future(change.recurrence, found)
        if await ScheduleSeriesRow.filter(channel_id=channel_id).count() >= MAX_SERIES:
            raise Invalid("series", ScheduleProblem.MANY, most=MAX_SERIES)
        row = await ScheduleSeriesRow.create(
            id=self._context.token(),
            channel_id=channel_id,
            name=change.name,
            description=change.description or "",
            recurrence=change.recurrence,
            minutes=change.minutes or DEFAULT_MINUTES,
            created_at=now,
            updated_at=now,
        )
        await occurrences.make(row, self._context, zone, found)
        await self._context.facts.emit(ScheduledEventCreated(channel_id, row.id, row.name, True, now))

    def _check_future(self, text: str, found: list[datetime]) -> None:
        """Raise Invalid for a rule without occurrences in the year ahead."""
        now = self._context.now()
        if not found and not recurrence.starts(recurrence.parse(text), now, now + 2 * FEED_AHEAD, 1):
            raise Invalid("recurrence", ScheduleProblem.RULE_EMPTY)

    async def _update(self, channel_id: int, change: Change) -> None:
        series = await ScheduleSeriesRow.get_or_none(id=change.id[:24], channel_id=channel_id)
        if series is not None:
            await self._update_series(series, change)
            return
        row = await self._row(channel_id, change.id)
        if change.recurrence:
            raise Invalid("recurrence", ScheduleProblem.EVENT_RECURRENCE)
        now, start = self._context.now(), change.start or row.starts_at
        minutes = change.minutes or row.minutes
        moved = start > row.starts_at
        values: dict[str, object] = {
            "name": change.name,
            "description": row.description if change.description is None else change.description,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=minutes),
            "minutes": minutes,
            "edited": row.series_id is not None,
            "updated_at": now,
            # a later start is announced again
            **({"warned_at": None, "started_at": None, "ended_at": None, "broadcast_id": None} if moved else {}),
        }
        await ScheduledEventRow.filter(id=row.id).update(**values, version=F("version") + 1)
        await self._context.facts.emit(ScheduledEventChanged(channel_id, row.id, change.name, False, now))

    async def _update_series(self, series: ScheduleSeriesRow, change: Change) -> None:
        if change.start is not None:
            raise Invalid("start", ScheduleProblem.SERIES_START)
        now = self._context.now()
        text = change.recurrence or series.recurrence
        zone, found = occurrences.expand(text, now)
        if change.recurrence:
            self._check_future(text, found)
        series.name, series.recurrence, series.updated_at = change.name, text, now
        if change.description is not None:
            series.description = change.description
        series.minutes = change.minutes or series.minutes
        # a series that was cancelled goes on when its rule is given again
        series.active = series.active or bool(change.recurrence)
        await series.save()
        if series.active:
            await occurrences.renew(series, self._context, zone, found)
        await self._context.facts.emit(ScheduledEventChanged(series.channel_id, series.id, series.name, True, now))

    async def _remove(self, channel_id: int, target_id: str, cancel: bool) -> None:
        now = self._context.now()
        series = await ScheduleSeriesRow.get_or_none(id=target_id[:24], channel_id=channel_id)
        if series is not None:
            await occurrences.stop(series.id, now)
            if cancel:
                await ScheduleSeriesRow.filter(id=series.id).update(active=False, updated_at=now)
            else:
                await series.delete()
            name, recurring = series.name, True
        else:
            row = await self._row(channel_id, target_id)
            if cancel and row.status == Status.CANCELLED:
                raise Conflict(ScheduleProblem.CANCELLED)
            status = Status.CANCELLED if cancel else Status.REMOVED
            await ScheduledEventRow.filter(id=row.id).update(
                status=status.value, updated_at=now, version=F("version") + 1
            )
            name, recurring = row.name, False
        await bump_version(CACHE_KEY)
        await self._context.facts.emit(ScheduledEventCancelled(channel_id, target_id, name, recurring, now))

    async def _row(self, channel_id: int, event_id: str) -> ScheduledEventRow:
        row = await ScheduledEventRow.get_or_none(id=event_id[:24], channel_id=channel_id)
        if row is None or row.status == Status.REMOVED:
            raise NotFound(ScheduleProblem.NO_EVENT_OR_SERIES)
        return row


def _series(row: ScheduleSeriesRow) -> Series:
    return Series(row.id, row.channel_id, row.name, row.description, row.recurrence, row.minutes, row.active)
