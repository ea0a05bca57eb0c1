"""We as a featured stream: the directories that follow us hear when a channel is live, and when it is not any more.

Begun, ended and repeated in a worker; to whom is in the table of followers, where directories are marked.
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

PERIOD_S = 240.0  # how often what is live is said again: who hears nothing for long takes us for offline
EXPIRES_S = 2 * PERIOD_S  # an old "I am live" is a nuisance
ABOUT = "featured"  # of the jobs: all that a directory hears stays in order


RunningNow = Callable[[], Awaitable[Sequence[BroadcastRecord]]]
"""Returns the broadcasts that are live."""


async def nothing_running() -> Sequence[BroadcastRecord]:
    return ()


class DirectoryAnnouncements:
    """`running` tells what is live, also in a worker. `clock` is in Unix seconds."""

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
        """Whether there can be anybody to tell: who is told nothing needs no worker."""
        return self._addresses.on

    async def begin(self, fact: BroadcastStarted | EncoderReturned | TitleChanged) -> None:
        """A channel is live, or what it shows is called otherwise; a job. Tried again late, it may be over by then."""
        await self._renew(fact.channel_id)

    async def renew(self) -> None:
        """Say again what is live; by the clock."""
        await self._renew(None)

    async def welcome(self, channel: Channel, actor: str) -> None:
        """A directory was let in: if we are live, it need not wait for the clock. In the caller's transaction."""
        await self._offer(channel, actor__url=actor)

    async def end(self, fact: BroadcastEnded) -> None:
        """A channel is not live any more, unless it is already again; a job."""
        channel = self._channel(fact.channel_id)
        if channel is None or any(each.channel_id == channel.id for each in await self._running()):
            return
        await atomic(self._leave, channel, fact.broadcast_id)

    def news(self, channel: Channel, *, live: bool) -> StreamStatus:
        """What we say of ourselves. Raises Off."""
        site = self._addresses.site()
        summary = words(render_page(str(self._settings.value("serversummary", channel.id))), directory.MAX_DESCRIPTION)
        return StreamStatus(
            live=live,
            title=str(self._settings.value("streamtitle", channel.id)),
            description=summary,
            name=str(self._settings.value("name", channel.id)),
            logo=f"{site.base}/logo",
            thumbnail=site.still(channel.slug),
            tags=tuple(self._settings.value("tags", channel.id)),
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
