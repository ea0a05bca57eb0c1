"""Live announcements to directories: they get a status when a channel goes live and when it ends.

The status is sent and repeated by a worker. The recipients are the followers that are marked as directories.
"""

from collections.abc import Awaitable, Callable, Sequence

from activitypub import directory
from activitypub.directory import StreamStatus
from fedistream.broadcasts.values import BroadcastRecord
from fedistream.core.events import BroadcastEnded, BroadcastStarted, EncoderReturned, Fact, TitleChanged
from fedistream.core.markdown import render_page
from fedistream.core.ports import Channel, SettingsReader
from fedistream.db import atomic
from fedistream.federation.delivery import Delivery
from fedistream.federation.models import FollowerRow
from fedistream.federation.remote_html import words
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import State

PERIOD_S = 240.0  # how often the live status is repeated: without it a directory soon lists us as offline
EXPIRES_S = 2 * PERIOD_S  # a late "live" is a nuisance
ABOUT = "featured"  # the jobs' group, which keeps a directory's deliveries in order


RunningNow = Callable[[], Awaitable[Sequence[BroadcastRecord]]]
"""Returns the broadcasts that are live."""


async def nothing_running() -> Sequence[BroadcastRecord]:
    return ()


class DirectoryAnnouncements:
    """The announcements to directories. `running` returns the live broadcasts, also in a worker. `clock` is in Unix
    seconds."""

    def __init__(
        self,
        addresses: ActorUrls,
        settings: SettingsReader,
        delivery: Delivery,
        running: RunningNow,
        clock: Callable[[], float],
    ) -> None:
        self._addresses, self._settings, self._delivery = addresses, settings, delivery
        self._running, self._clock = running, clock

    def applies_to(self, fact: Fact) -> bool:
        """Return whether there may be a directory: without one, no worker is needed."""
        return self._addresses.on

    async def begin(self, fact: BroadcastStarted | EncoderReturned | TitleChanged) -> None:
        """Announce a channel that goes live or changes its title; a job. A late retry checks whether it is still
        live."""
        await self._renew(fact.channel_id)

    async def renew(self) -> None:
        """Repeat the status of live channels; a scheduled task."""
        await self._renew(None)

    async def welcome(self, channel: Channel, actor: str) -> None:
        """Send the live status to a newly approved directory, so that it need not wait for `renew`. Runs in the
        caller's transaction."""
        await self._offer(channel, actor__url=actor)

    async def end(self, fact: BroadcastEnded) -> None:
        """Announce that a channel is offline, unless it is live again; a job."""
        channel = self._channel(fact.channel_id)
        if channel is None or any(each.channel_id == channel.id for each in await self._running()):
            return
        await atomic(self._leave, channel, fact.broadcast_id)

    def news(self, channel: Channel, *, live: bool) -> StreamStatus:
        """Return the status of a channel. Raises Off."""
        site = self._addresses.site()
        summary = words(
            render_page(str(self._settings.value("channel.summary", channel.id))), directory.MAX_DESCRIPTION
        )
        return StreamStatus(
            live=live,
            title=str(self._settings.value("channel.title", channel.id)),
            description=summary,
            name=str(self._settings.value("channel.name", channel.id)),
            logo=site.logo(channel.slug, str(self._settings.value("channel.logo", channel.id))),
            thumbnail=site.still(channel.slug),
            tags=tuple(self._settings.value("channel.tags", channel.id)),
        )

    async def _renew(self, channel_id: int | None) -> None:
        for running in await self._running():
            channel = self._channel(running.channel_id)
            if channel is not None and channel_id in (None, channel.id):
                await atomic(self._offer, channel)

    async def _offer(self, channel: Channel, **which: str) -> None:
        running = [each for each in await self._running() if each.channel_id == channel.id]
        if not running:
            return
        now, actor, base = self._clock(), self._addresses.actor(channel), self._addresses.site().base
        for row in await _directories(channel, **which):
            identifier = f"{actor}#offer/{running[0].id}/{row.id}/{int(now * 1000)}"
            document = directory.write_offer(identifier, actor, base, self.news(channel, live=True), [row.actor.url])
            await self._delivery.send(channel, document, [row.actor.inbox], ABOUT, now + EXPIRES_S)

    async def _leave(self, channel: Channel, broadcast_id: int) -> None:
        actor, base = self._addresses.actor(channel), self._addresses.site().base
        for row in await _directories(channel):
            identifier = f"{actor}#leave/{broadcast_id}/{row.id}"
            document = directory.write_leave(identifier, actor, base, [row.actor.url])
            await self._delivery.send(channel, document, [row.actor.inbox], ABOUT)

    def _channel(self, channel_id: int) -> Channel | None:
        return self._addresses.by_id(channel_id) if self._addresses.on else None


async def _directories(channel: Channel, **which: str) -> list[FollowerRow]:
    found = FollowerRow.filter(channel_id=channel.id, state=State.ACCEPTED.value, directory=True, **which)
    return list(await found.order_by("id").select_related("actor"))
