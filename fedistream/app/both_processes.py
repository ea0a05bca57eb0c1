"""The services that the front process and a worker process build alike."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from secrets import choice

from fedistream.app.platform import Platform
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.values import BroadcastRecord
from fedistream.channels.service import Channels
from fedistream.federation.directory.announcing import RunningNow
from fedistream.federation.feature import FederationFeature
from fedistream.notices.service import Notices, NoticesContext
from fedistream.notifications.service import Notifications, NotificationsContext
from fedistream.notifications.subscriptions import PushSubscriptions
from fedistream.schedule.announcing import Announcements
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.tending import Tending
from fedistream.settings.service import Settings

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
LONGEST_GRACE = timedelta(seconds=660)  # a broadcast whose encoder is away stays for at most 600 s

RunBy = Callable[[float], Awaitable[None]]
"""Schedules the check of the notices at that time (Unix seconds) or sooner."""


def make_notices(
    settings: Settings, federation: FederationFeature, now: Callable[[], datetime], run_by: RunBy, tending: Tending
) -> Notices:
    """Build the notices as both processes have them."""
    return Notices(
        NoticesContext(
            settings, federation.addresses, BroadcastRepository(), federation.posts, now, run_by, tending.event_at
        )
    )


def make_notifications(settings: Settings, channels: Channels, base: Platform, run_by: RunBy) -> Notifications:
    """Build the notifications as both processes have them."""
    now = base.clocks.now
    browsers = PushSubscriptions(settings, base.guard, now, base.clocks.monotonic)
    return Notifications(
        NotificationsContext(settings, channels, BroadcastRepository(), base.outbox, browsers, now, run_by)
    )


def make_tending(
    context: ScheduleContext, federation: FederationFeature, channel_ids: Callable[[], tuple[int, ...]]
) -> Tending:
    """Build what takes the steps of events, as both processes have it."""
    return Tending(context, Announcements(context, federation.addresses, federation.posts, channel_ids), channel_ids)


def event_id() -> str:
    """Return a new id for an event or a series, as part of an address."""
    return "".join(choice(LETTERS) for _ in range(12))


def running_at(now: Callable[[], datetime]) -> RunningNow:
    """Return a function that reads the live broadcasts from the rows, in any process."""

    async def running() -> tuple[BroadcastRecord, ...]:
        return await BroadcastRepository().running(now() - LONGEST_GRACE)

    return running
