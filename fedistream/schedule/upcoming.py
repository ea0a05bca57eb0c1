"""The events that are on or come next, in memory: every request for the status and every line of chat looks at them."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from fedistream.core.ports import SettingsReader
from fedistream.schedule import lifecycle
from fedistream.schedule.models import ScheduledEventRow
from fedistream.schedule.values import AHEAD, ScheduledEvent, Status

CACHE_KEY = "schedule"
"""The version of the rows, raised with every change and once an hour, when events come within reach."""

MOST = 50  # events of a channel; the page shows fewer, and they are loaded again long before these are over


class Upcoming:
    """The next events of each channel. `load` reads them anew, after a change of the rows."""

    def __init__(self, settings: SettingsReader, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now
        self._events: Mapping[int, tuple[ScheduledEvent, ...]] = {}

    async def load(self) -> None:
        """Read the rows."""
        now = self._now()
        rows = (
            await ScheduledEventRow.filter(
                status=Status.SCHEDULED.value, ends_at__gt=now, starts_at__lt=now + AHEAD + timedelta(days=1)
            )
            .order_by("starts_at", "id")
            .limit(40 * MOST)
        )
        found: dict[int, list[ScheduledEvent]] = defaultdict(list)
        for row in rows:
            if len(found[row.channel_id]) < MOST:
                found[row.channel_id].append(event_of(row))
        self._events = {channel_id: tuple(events) for channel_id, events in found.items()}

    def next(self, channel_id: int) -> ScheduledEvent | None:
        """Return the event that is on, or else the next one; None while the schedule is disabled."""
        events = self.all(channel_id, 1)
        return events[0] if events else None

    def all(self, channel_id: int, most: int) -> tuple[ScheduledEvent, ...]:
        """Return the event that is on and the next ones; none while the schedule is disabled."""
        events = self._events.get(channel_id)
        if not events or not self._settings.value("schedule.enabled", channel_id):
            return ()
        now = self._now()
        left = (event for event in events if event.ends_at > now)
        return tuple(event for _, event in zip(range(most), left, strict=False))

    def at(self, channel_id: int, begun_at: datetime) -> ScheduledEvent | None:
        """Return the event that a broadcast belongs to which began then."""
        near = [
            event for event in self.all(channel_id, MOST) if lifecycle.belongs(event.starts_at, event.ends_at, begun_at)
        ]
        return min(near, key=lambda event: abs(event.starts_at - begun_at), default=None)

    def opens_chat(self, channel_id: int) -> bool:
        """Return whether the chat is open for an event: from `schedule.chat_open_minutes` before it until its end. With
        0 minutes no event opens the chat."""
        minutes = int(self._settings.value("schedule.chat_open_minutes", channel_id))
        event = self.next(channel_id) if minutes else None
        return event is not None and self._now() >= event.starts_at - timedelta(minutes=minutes)


def event_of(row: ScheduledEventRow) -> ScheduledEvent:
    return ScheduledEvent(
        row.id,
        row.channel_id,
        row.series_id or "",
        row.name,
        row.description,
        row.starts_at,
        row.minutes,
        row.timezone,
        Status(row.status),
        row.created_at,
        row.updated_at,
        row.broadcast_id,
    )
