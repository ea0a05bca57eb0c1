"""The service of notices with a database and federation. Broadcasts are rows only: there is no video."""

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
from fedistream.notices.service import EventAt, Notices, NoticesContext
from fedistream.notices.values import Notice
from fedistream.settings.service import Settings
from tests.kit.federated import Federated, federated

FAN = Mention("https://b.example/users/bob", "bob@b.example", "https://b.example/users/bob/inbox")


class InterruptedPosts:
    """Federation's posts. The first draft that is looked up is interrupted by the call `interrupt`."""

    def __init__(self, posts: Posts, interrupt: Callable[[], Awaitable[object]]) -> None:
        self._posts, self._interrupt = posts, [interrupt]

    async def look_up(self, draft: Draft) -> Draft:
        while self._interrupt:
            await self._interrupt.pop()()
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


async def ignore_run_request(at: float) -> None:
    """The tests run the service themselves."""


def make(settings: Settings, federation: FederationFeature, now: Callable[[], datetime]) -> Notices:
    return Notices(context(settings, federation, now))


async def no_event(channel_id: int, at: datetime) -> None:
    """Nothing is scheduled."""


def context(settings: Settings, federation: FederationFeature, now: Callable[[], datetime]) -> NoticesContext:
    rows = BroadcastRepository()
    return NoticesContext(settings, federation.addresses, rows, federation.posts, now, ignore_run_request, no_event)


@dataclass
class NoticesKit:
    """`run_requests` are the times for which the service asked to be run again."""

    node: Federated
    notices: Notices
    log: BroadcastRepository = field(default_factory=BroadcastRepository)
    run_requests: list[float] = field(default_factory=list)

    @property
    def channel_id(self) -> int:
        return self.node.home.id

    def now(self) -> datetime:
        return self.node.clock.now()

    async def start(self, title: str = "Evening locks") -> int:
        """Begin a broadcast, and plan its notice. Return its id."""
        await self.node.settings.change("channel.title", title)
        broadcast_id = await self.log.start(self.channel_id, title, self.now(), {})
        await self.notices.plan(BroadcastStarted(self.channel_id, broadcast_id, title, self.now()))
        return broadcast_id

    async def end(self, broadcast_id: int) -> None:
        await self.log.end(broadcast_id, self.now(), BroadcastEndReason.FINISHED, 0)
        await self.notices.close(BroadcastEnded(self.channel_id, broadcast_id, "finished", self.now()))

    async def later(self, seconds: float) -> None:
        """Advance the clock during the broadcast, and check the notices."""
        self.node.clock.ahead += seconds
        for entry in await self.log.unfinished(self.channel_id):
            await self.log.seen(entry.id, self.now())
        await self.notices.tend()

    async def live(self, title: str = "Evening locks") -> Notice:
        """Begin a broadcast, and return its notice once it is posted."""
        await self.start(title)
        await self.later(121)
        return await self.newest()

    async def newest(self) -> Notice:
        return (await self.notices.page(self.channel_id)).items[0]

    async def states(self) -> list[str]:
        """Return the states of the notices, the newest first, each with its reason if it has one."""
        found = (await self.notices.page(self.channel_id)).items
        return [": ".join(filter(None, (each.state.value, skipped(each)))) for each in found]

    async def sent(self) -> list[tuple[str, Json]]:
        """Return the types and objects of the activities about posts, the oldest first."""
        found = [activity for _, activity in await self.node.sent()]
        return [(each["type"], each["object"]) for each in found if each["type"] != "Accept"]

    async def kinds(self) -> list[str]:
        return [kind for kind, _ in await self.sent()]

    def another(self) -> Notices:
        """Return the service as another worker has it."""
        return make(self.node.settings, self.node.feature, self.now)

    def with_events(self, event_at: EventAt) -> Notices:
        """Return a service for broadcasts that belong to scheduled events."""
        made = context(self.node.settings, self.node.feature, self.now)
        return Notices(replace(made, event_at=event_at))

    def interrupted(self, interrupt: Callable[[], Awaitable[object]]) -> Notices:
        """Return a service whose look-up of mentions is interrupted by this call."""
        made = context(self.node.settings, self.node.feature, self.now)
        return Notices(replace(made, posts=InterruptedPosts(self.node.feature.posts, interrupt)))

    def run_in(self) -> timedelta:
        """Return the time until the last requested run."""
        return timedelta(seconds=self.run_requests[-1] - self.node.clock.unix())


@asynccontextmanager
async def notices_kit() -> AsyncIterator[NoticesKit]:
    """Yield notices for a channel with one follower."""
    async with federated() as node:
        await node.follow()
        made = NoticesKit(node, make(node.settings, node.feature, node.clock.now))

        async def run_by(at: float) -> None:
            made.run_requests.append(at)

        made.notices = Notices(replace(context(node.settings, node.feature, node.clock.now), run_by=run_by))
        yield made
