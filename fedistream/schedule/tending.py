"""The steps that time brings: reminders, starts and ends of events, and the broadcasts that belong to them.

The rows are the truth: `tend` takes every step that is due, however often it is called, and each step is taken in one
transaction with a change of the row that no other process can make again. Scheduled tasks and facts only call it
sooner. It runs in a worker.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

from fedistream.core.errors import Refusal
from fedistream.core.events import (
    BroadcastStarted,
    Fact,
    ScheduledEventCancelled,
    ScheduledEventChanged,
    ScheduledEventComing,
    ScheduledEventCreated,
    ScheduledEventEnded,
    ScheduledEventStarted,
    SettingChanged,
)
from fedistream.db import atomic
from fedistream.db.versions import bump_version
from fedistream.schedule import lifecycle
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.lifecycle import EventTimes, Step
from fedistream.schedule.models import ScheduledEventRow
from fedistream.schedule.upcoming import CACHE_KEY, event_of
from fedistream.schedule.values import EARLY, WARNING, ScheduledEvent, Status

log = logging.getLogger(__name__)

MOST = 200  # events in one call

_COLUMN: Final = {
    Step.WARN: "warned_at",
    Step.START: "started_at",
    Step.END: "ended_at",
    Step.CLOSE: "ended_at",
}
_FACT: Final[dict[Step, type[ScheduledEventComing] | type[ScheduledEventStarted] | type[ScheduledEventEnded]]] = {
    Step.WARN: ScheduledEventComing,
    Step.START: ScheduledEventStarted,
    Step.END: ScheduledEventEnded,
}


class Announcer(Protocol):
    """Announces events to followers."""

    async def remind(self, event: ScheduledEvent) -> Callable[[], Awaitable[None]] | None:
        """Return what posts the reminder in a transaction, or None when there is none to post."""

    async def announce(self) -> None:
        """Announce the events and changes that were not announced yet."""


class Tending:
    """Takes the steps of the events of all channels."""

    def __init__(
        self, context: ScheduleContext, announcer: Announcer, channel_ids: Callable[[], tuple[int, ...]]
    ) -> None:
        self._context, self._announcer, self._channel_ids = context, announcer, channel_ids

    def applies_to(self, fact: Fact) -> bool:
        """Return whether the fact needs a reaction: no worker has to be started for a channel without a schedule."""
        if isinstance(fact, SettingChanged):
            return fact.setting == "schedule.enabled"
        return self._context.enabled(getattr(fact, "channel_id", 0))

    async def react(
        self, fact: ScheduledEventCreated | ScheduledEventChanged | ScheduledEventCancelled | SettingChanged
    ) -> None:
        """Look at the events after a change by the admin."""
        await self.tend()

    async def tend(self) -> None:
        """Take every step that is due, and have the scheduler look again when the next one is."""
        now, channels = self._context.now(), [each for each in self._channel_ids() if self._context.enabled(each)]
        if not channels:
            return
        left = ScheduledEventRow.filter(channel_id__in=channels, status=Status.SCHEDULED.value, ended_at=None)
        rows = await left.filter(starts_at__lte=now + WARNING).order_by("starts_at", "id").limit(MOST)
        for row in rows:
            try:
                await self._tend(row, now)
            except Exception:
                log.exception("the scheduled event %s failed and is tried again", row.id)
        await self._announcer.announce()
        following = await left.filter(starts_at__gt=now + WARNING).order_by("starts_at").first()
        looks = (lifecycle.next_look(_times(row), now) for row in (*rows, following) if row is not None)
        if soonest := min((at for at in looks if at is not None), default=None):
            await self._context.run_by(soonest.timestamp())

    async def match(self, fact: BroadcastStarted) -> None:
        """Mark the event that a broadcast belongs to as started."""
        row = await self._at(fact.channel_id, fact.at)
        if row is not None and row.broadcast_id is None:
            await atomic(self._begin, row, fact.broadcast_id)

    async def event_at(self, channel_id: int, at: datetime) -> ScheduledEvent | None:
        """Return the event that a broadcast belongs to which began then."""
        row = await self._at(channel_id, at)
        return None if row is None else event_of(row)

    async def _at(self, channel_id: int, at: datetime) -> ScheduledEventRow | None:
        if not self._context.enabled(channel_id):
            return None
        rows = await ScheduledEventRow.filter(
            channel_id=channel_id, status=Status.SCHEDULED.value, starts_at__lte=at + EARLY, ends_at__gt=at
        ).limit(MOST)
        near = [row for row in rows if lifecycle.belongs(row.starts_at, row.ends_at, at)]
        return min(near, key=lambda row: abs(row.starts_at - at), default=None)

    async def _begin(self, row: ScheduledEventRow, broadcast_id: int) -> None:
        if await ScheduledEventRow.filter(id=row.id, broadcast_id=None).update(broadcast_id=broadcast_id):
            await bump_version(CACHE_KEY)
            await self._take(row, Step.START, self._context.now())

    async def _tend(self, row: ScheduledEventRow, now: datetime) -> None:
        step = lifecycle.step(_times(row), now)
        if step is None:
            return
        reminder = None
        if step is Step.WARN:
            try:
                # outside the transaction, because it may send requests to other servers
                reminder = await self._announcer.remind(event_of(row))
            except Refusal as refusal:
                log.warning("the reminder of the scheduled event %s is not posted: %s", row.id, refusal)

        async def take() -> None:
            if await self._take(row, step, now) and reminder is not None:
                await reminder()

        await atomic(take)

    async def _take(self, row: ScheduledEventRow, step: Step, now: datetime) -> bool:
        """Take a step, in a transaction. Returns False if it was taken already, or the event was changed meanwhile."""
        unannounced = ScheduledEventRow.filter(id=row.id, version=row.version, **{_COLUMN[step]: None})
        if not await unannounced.update(**{_COLUMN[step]: now}):
            return False
        if step in _FACT:
            await self._context.facts.emit(
                _FACT[step](
                    row.channel_id,
                    row.id,
                    row.series_id or "",
                    row.name,
                    row.description,
                    row.starts_at,
                    row.minutes,
                    row.timezone,
                    now,
                )
            )
        return True


async def waiting() -> bool:
    """Return whether any event is still to come or to end, which needs a running worker."""
    return await ScheduledEventRow.filter(status=Status.SCHEDULED.value, ended_at=None).exists()


def _times(row: ScheduledEventRow) -> EventTimes:
    return EventTimes(row.starts_at, row.ends_at, row.warned_at, row.started_at, row.ended_at)
