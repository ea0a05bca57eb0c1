"""Announcements of the schedule to followers: an Event for each broadcast, its changes, and a reminder."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from tortoise.expressions import F, Q

from fedistream.appearance.values import MEDIA_TYPES
from fedistream.core.errors import Gone, NotFound, Refusal
from fedistream.core.ports import Channel
from fedistream.db import atomic
from fedistream.federation.posts.values import Draft, EventDraft, Picture, Post
from fedistream.federation.values import Site
from fedistream.schedule import wording
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.models import ScheduledEventRow
from fedistream.schedule.upcoming import event_of
from fedistream.schedule.values import ANNOUNCED_AHEAD, ScheduledEvent, Status

log = logging.getLogger(__name__)

MOST = 100  # events in one call
DEFAULT_LOGO = "image/png"


class Addresses(Protocol):
    """The public addresses of the node and its channels. `site` raises Off while federation is off."""

    @property
    def on(self) -> bool: ...
    def site(self) -> Site: ...
    def by_id(self, channel_id: int) -> Channel | None: ...


class Publisher(Protocol):
    """Makes and delivers posts."""

    async def look_up(self, draft: Draft) -> Draft: ...
    async def publish(self, channel: Channel, draft: Draft, *, expires_at: float | None) -> Post: ...
    async def publish_event(self, channel: Channel, event_id: str, draft: EventDraft, expires_at: float) -> Post: ...
    async def edit_event(self, event_id: str, draft: EventDraft) -> Post: ...
    async def delete(self, post_id: str) -> None: ...


class Announcements:
    """Announces the events of all channels to followers.

    The rows store the version that was announced last. While federation is off nothing is sent; the announcements are
    made up for when it is on again.
    """

    def __init__(
        self,
        context: ScheduleContext,
        addresses: Addresses,
        posts: Publisher,
        channel_ids: Callable[[], tuple[int, ...]],
    ) -> None:
        self._context, self._addresses, self._posts, self._channel_ids = context, addresses, posts, channel_ids

    async def remind(self, event: ScheduledEvent) -> Callable[[], Awaitable[None]] | None:
        """Return what posts the reminder in a transaction, or None when there is none to post. Raises Invalid."""
        channel = self._addresses.by_id(event.channel_id)
        if not self._addresses.on or channel is None:
            return None
        value, site = self._context.settings.value, self._addresses.site()
        message = str(value("schedule.reminder_message", channel.id))
        text = wording.reminder(message, event.name, site.scheduled(event.id))
        if not text:
            return None
        told = await ScheduledEventRow.filter(id=event.id, posted_version__not_isnull=True).exists()
        draft = await self._posts.look_up(
            Draft(
                text,
                in_reply_to=site.event(event.id) if told else None,
                hashtags=tuple(value("channel.tags", channel.id)),
                language=str(value("notice.language", channel.id)),
                page=site.scheduled(event.id),
            )
        )

        async def post() -> None:
            await self._posts.publish(channel, draft, expires_at=event.starts_at.timestamp())

        return post

    async def announce(self) -> None:
        """Tell followers of the events and changes that they do not know."""
        channels = [each for each in self._channel_ids() if self._context.enabled(each)]
        if not self._addresses.on or not channels:
            return
        now = self._context.now()
        rows = ScheduledEventRow.filter(channel_id__in=channels)
        new = rows.filter(posted_version=None, status=Status.SCHEDULED.value, starts_at__gt=now)
        near = new.filter(Q(series_id=None) | Q(starts_at__lte=now + ANNOUNCED_AHEAD))
        changed = rows.filter(posted_version__lt=F("version"))
        for query in (changed, near):
            for row in await query.order_by("starts_at", "id").limit(MOST):
                await self._tell(row, now)

    async def _tell(self, row: ScheduledEventRow, now: datetime) -> None:
        try:
            await atomic(self._tell_once, row)
        except Refusal as refusal:
            # it can never be announced, so it counts as announced
            gone = isinstance(refusal, NotFound | Gone)
            log.log(logging.DEBUG if gone else logging.WARNING, "the event %s is not announced: %s", row.id, refusal)
            await self._mark(row)
        except Exception:
            log.exception("the event %s could not be announced and is tried again", row.id)

    async def _tell_once(self, row: ScheduledEventRow) -> None:
        channel = self._addresses.by_id(row.channel_id)
        if channel is None or not await self._mark(row):
            return
        if row.status == Status.REMOVED:
            await self._posts.delete(row.id)
        elif row.posted_version is None:
            await self._posts.publish_event(channel, row.id, self._draft(row, channel), row.ends_at.timestamp())
        else:
            await self._posts.edit_event(row.id, self._draft(row, channel))

    async def _mark(self, row: ScheduledEventRow) -> bool:
        """Note that followers know this version. Returns False if another process did so."""
        same = ScheduledEventRow.filter(id=row.id, version=row.version, posted_version=row.posted_version)
        return bool(await same.update(posted_version=row.version))

    def _draft(self, row: ScheduledEventRow, channel: Channel) -> EventDraft:
        event, site, value = event_of(row), self._addresses.site(), self._context.settings.value
        file = str(value("channel.logo", channel.id))
        kind = MEDIA_TYPES.get(file.rpartition(".")[2], DEFAULT_LOGO)
        return EventDraft(
            event.name,
            event.description,
            event.starts_at,
            event.ends_at,
            event.timezone,
            event.cancelled,
            site.scheduled(event.id),
            str(value("channel.name", channel.id)),
            Picture(site.logo(channel.slug, file), kind),
            tuple(value("channel.tags", channel.id)),
        )
