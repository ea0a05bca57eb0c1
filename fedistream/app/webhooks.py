"""The webhooks as both processes build them, and what they are told of the stream."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from activitypub.network.http_client import HttpClient, HttpLimits
from fedistream import __version__
from fedistream.app.both_processes import LONGEST_GRACE
from fedistream.app.platform import Platform
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.values import LiveStatus
from fedistream.chat.visitors import Visitors
from fedistream.core.api_version import API_VERSION
from fedistream.schedule.upcoming import Upcoming
from fedistream.settings.service import Settings
from fedistream.viewers.service import Viewers
from fedistream.webhooks.log import DeliveryLog
from fedistream.webhooks.service import StatusOf, Webhooks, WebhooksContext
from fedistream.webhooks.values import MAX_ANSWER, About, StreamStatus

USER_AGENT = f"Fedistream/{__version__} (webhooks)"
# many webhooks may share one host, and one that does not answer must not delay the others
LIMITS = HttpLimits(total_s=15.0, connect_s=5.0, body=MAX_ANSWER, connections=128, per_host=64)


@dataclass(frozen=True, slots=True)
class WebhooksFeature:
    """The webhooks and the log of their deliveries."""

    webhooks: Webhooks
    log: DeliveryLog


async def build_webhooks(
    settings: Settings, platform: Platform, visitors: Visitors, status: StatusOf
) -> WebhooksFeature:
    """Build the webhooks on an open database."""

    def about(channel_id: int) -> About:
        value = settings.value
        return About(
            str(value("channel.name", channel_id)),
            str(value("channel.summary", channel_id)),
            str(value("node.public_url")),
        )

    clocks = platform.clocks
    context = WebhooksContext(
        platform.outbox,
        replace(platform.guard, any_port=True),
        clocks.now,
        clocks.chance,
        status,
        about,
        visitors.by_ids,
    )
    webhooks = Webhooks(context)
    await webhooks.load()
    return WebhooksFeature(webhooks, DeliveryLog(webhooks))


def make_client(platform: Platform) -> HttpClient:
    """Make the HTTP client of the webhooks, which has to be closed."""
    return HttpClient(replace(platform.guard, any_port=True), USER_AGENT, limits=LIMITS)


def live_status(
    settings: Settings, live: Callable[[int], LiveStatus], viewers: Viewers, upcoming: Upcoming
) -> StatusOf:
    """Return a function that tells the status from the memory of the front process."""

    async def status(channel_id: int) -> StreamStatus:
        now, peak = live(channel_id), viewers.peak(channel_id)
        return StreamStatus(
            online=now.running,
            connected_at=now.started_at,
            disconnected_at=None if now.running else now.last_ended_at,
            title=str(settings.value("channel.title", channel_id)),
            viewers=viewers.count(channel_id) if now.running else 0,
            overall_peak=peak.overall,
            session_peak=peak.session,
            version=API_VERSION,
            event=upcoming.at(channel_id, now.started_at) if now.running and now.started_at else None,
        )

    return status


def stored_status(settings: Settings, now: Callable[[], datetime]) -> StatusOf:
    """Return a function that tells the status from the rows, for a worker. It does not know the present viewers."""
    rows = BroadcastRepository()

    async def status(channel_id: int) -> StreamStatus:
        last = await rows.last(channel_id)
        online = last is not None and last.ended_at is None and last.seen_at >= now() - LONGEST_GRACE
        return StreamStatus(
            online=online,
            connected_at=last.started_at if last is not None and online else None,
            disconnected_at=last.ended_at if last is not None and not online else None,
            title=str(settings.value("channel.title", channel_id)),
            viewers=0,
            overall_peak=await rows.overall_peak(channel_id),
            session_peak=last.peak_viewers if last is not None else 0,
            version=API_VERSION,
        )

    return status
