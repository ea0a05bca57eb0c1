"""Notices on a database, with federation beside them, and broadcasts that are rows of the book alone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from activitypub.strictjson import Json
from fedistream.api.wording import skipped
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.values import BroadcastEndReason
from fedistream.core.events import BroadcastEnded, BroadcastStarted
from fedistream.core.ports import Channel
from fedistream.federation.feature import FederationFeature
from fedistream.federation.posts.service import Posts
from fedistream.federation.posts.values import Draft, Mention, Post
from fedistream.notices.service import Notices, NoticesContext
from fedistream.notices.values import Notice
from fedistream.settings.service import Settings
from tests.kit.federated import Federated, federated

FAN = Mention("https://b.example/users/bob", "bob@b.example", "https://b.example/users/bob/inbox")


class Meddled:
    """Federation's posts, but that something else happens while one is being written, once."""

    def __init__(self, posts: Posts, meddle: Callable[[], Awaitable[object]]) -> None:
        self._posts, self._meddle = posts, [meddle]

    async def look_up(self, draft: Draft) -> Draft:
        while self._meddle:
            await self._meddle.pop()()
        return await self._posts.look_up(draft)

    async def publish(self, channel: Channel, draft: Draft, *, expires_at: float | None) -> Post:
        return await self._posts.publish(channel, draft, expires_at=expires_at)

    async def edit(self, post_id: str, draft: Draft) -> Post:
        return await self._posts.edit(post_id, draft)

    async def delete(self, post_id: str) -> None:
        await self._posts.delete(post_id)

    async def pin(self, post_id: str, *, pinned: bool) -> None:
        await self._posts.pin(post_id, pinned=pinned)

    def html(self, channel: Channel, draft: Draft) -> str:
        return self._posts.html(channel, draft)


async def no_hurry(at: float) -> None:
    """The tests call it themselves."""


def make(settings: Settings, federation: FederationFeature, now: Callable[[], datetime]) -> Notices:
    return Notices(context(settings, federation, now))


def context(settings: Settings, federation: FederationFeature, now: Callable[[], datetime]) -> NoticesContext:
    rows = BroadcastRepository()
    return NoticesContext(settings, federation.addresses, rows, federation.posts, now, no_hurry)


@dataclass
class Noticed:
    """`hurried` are the times at which it was to be looked again."""

    near: Federated
    notices: Notices
    log: BroadcastRepository = field(default_factory=BroadcastRepository)
    hurried: list[float] = field(default_factory=list)

    @property
    def channel_id(self) -> int:
        return self.near.home.id

    def now(self) -> datetime:
        return self.near.clock.now()

    async def start(self, title: str = "Evening locks") -> int:
        """A broadcast begins, and is planned a notice for."""
        await self.near.settings.change("channel.title", title)
        broadcast_id = await self.log.start(self.channel_id, title, self.now(), {})
        await self.notices.plan(BroadcastStarted(self.channel_id, broadcast_id, title, self.now()))
        return broadcast_id

    async def end(self, broadcast_id: int) -> None:
        await self.log.end(broadcast_id, self.now(), BroadcastEndReason.FINISHED, 0)
        await self.notices.close(BroadcastEnded(self.channel_id, broadcast_id, "finished", self.now()))

    async def later(self, seconds: float) -> None:
        """Advance the clock during the broadcast, and check the notices."""
        self.near.clock.ahead += seconds
        for entry in await self.log.unfinished(self.channel_id):
            await self.log.seen(entry.id, self.now())
        await self.notices.tend()

    async def live(self, title: str = "Evening locks") -> Notice:
        """A broadcast whose notice is out."""
        await self.start(title)
        await self.later(121)
        return await self.newest()

    async def newest(self) -> Notice:
        return (await self.notices.page(self.channel_id)).items[0]

    async def states(self) -> list[str]:
        """The newest first; with the reason where there is one."""
        found = (await self.notices.page(self.channel_id)).items
        return [": ".join(filter(None, (each.state.value, skipped(each)))) for each in found]

    async def sent(self) -> list[tuple[str, Json]]:
        """Kinds and objects of the activities about posts, the oldest first."""
        found = [activity for _, activity in await self.near.sent()]
        return [(each["type"], each["object"]) for each in found if each["type"] != "Accept"]

    async def kinds(self) -> list[str]:
        return [kind for kind, _ in await self.sent()]

    def another(self) -> Notices:
        """The service of another worker."""
        return make(self.near.settings, self.near.feature, self.now)

    def meddled(self, meddle: Callable[[], Awaitable[object]]) -> Notices:
        """One that is slow, so that this happens while it asks who is mentioned."""
        made = context(self.near.settings, self.near.feature, self.now)
        return Notices(replace(made, posts=Meddled(self.near.feature.posts, meddle)))

    def run_in(self) -> timedelta:
        """Return the time until the last requested run."""
        return timedelta(seconds=self.hurried[-1] - self.near.clock.unix())


@asynccontextmanager
async def noticed() -> AsyncIterator[Noticed]:
    """Yield notices for a channel with one follower."""
    async with federated() as near:
        await near.follow()
        made = Noticed(near, make(near.settings, near.feature, near.clock.now))

        async def run_by(at: float) -> None:
            made.hurried.append(at)

        made.notices = Notices(replace(context(near.settings, near.feature, near.clock.now), run_by=run_by))
        yield made
