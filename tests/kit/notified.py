"""Notifications on a database with a clock that the test turns: broadcasts are rows, and requests are real."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient, HttpLimits
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.values import BroadcastEndReason
from fedistream.channels.models import ChannelRow
from fedistream.channels.values import HOME as HOME_SLUG
from fedistream.channels.values import Channel
from fedistream.core.events import BroadcastEnded, BroadcastStarted
from fedistream.jobs.backoff import resolve, with_longest_delay
from fedistream.jobs.job import Outcome
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox, Settled, Wanted
from fedistream.jobs.worker import Handler
from fedistream.notifications.discord_sender import DISCORD, DiscordSender
from fedistream.notifications.models import NotificationRow
from fedistream.notifications.push_sender import PUSH, PUSH_ALL, FanOut, PushSender
from fedistream.notifications.service import Notifications, NotificationsContext
from fedistream.notifications.subscriptions import PushSubscriptions
from tests.kit.push_service import Browser, PushService

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOME = Channel(1, HOME_SLUG, NOON)
ORIGIN = "https://node.example"


class Channels:
    """One channel."""

    def home(self) -> Channel:
        return HOME

    def by_slug(self, slug: str) -> Channel | None:
        return HOME if slug == HOME.slug else None

    def all(self) -> tuple[Channel, ...]:
        return (HOME,)


class Given:
    """Settings that a test turns."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {
            "node.public_url": ORIGIN,
            "channel.name": "Node",
            "channel.title": "Evening locks",
            "channel.summary": "About locks",
            "notice.delay_s": 120,
            "notice.cooldown_s": 600,
            "notice.at_end": "update",
            "notice.ended_message": "The stream has ended.",
            "schedule.reminder_message": "Soon!",
            "notifications.browser": {"enabled": True, "goLiveMessage": "I am live!"},
            "notifications.discord": {"enabled": False, "webhook": "", "goLiveMessage": "Live now"},
        }

    def value(self, name: str, channel_id: int | None = None) -> object:
        return self.values[name]


@dataclass
class Notified:
    """One worker with notifications."""

    guard: Guard
    http_client: HttpClient
    now: datetime = NOON
    settings: Given = field(default_factory=Given)
    log: BroadcastRepository = field(default_factory=BroadcastRepository)
    hurried: list[float] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox = Outbox(lambda: self.now.timestamp())
        self.subscriptions = PushSubscriptions(
            self.settings, self.guard, lambda: self.now, lambda: self.now.timestamp()
        )
        self.notifications = self.another()
        sender = PushSender(self.http_client, self.settings, lambda: self.now)
        self.handlers: Mapping[str, Handler] = {
            PUSH_ALL: FanOut(self.outbox, sender, lambda: self.now),
            PUSH: sender,
            DISCORD: DiscordSender(
                self.http_client,
                self.settings,
                self.notifications,
                self.log.find,
                lambda: self.now,
                with_longest_delay(lambda: self.now),
            ),
        }

    def another(self) -> Notifications:
        """The service of another worker."""

        async def run_by(at: float) -> None:
            self.hurried.append(at)

        return Notifications(
            NotificationsContext(
                self.settings, Channels(), self.log, self.outbox, self.subscriptions, lambda: self.now, run_by
            )
        )

    async def subscribe(self, service: PushService, browser: Browser | None = None, visitor: str = "ann") -> Browser:
        browser = browser or Browser()
        await self.subscriptions.register(HOME.id, service.subscription(browser), visitor, "192.0.2.1")
        return browser

    async def start(self) -> int:
        """A broadcast begins, and its notifications are planned."""
        broadcast_id = await self.log.start(HOME.id, "Evening locks", self.now, {})
        await self.notifications.plan(BroadcastStarted(HOME.id, broadcast_id, "Evening locks", self.now))
        return broadcast_id

    async def end(self, broadcast_id: int) -> None:
        await self.log.end(broadcast_id, self.now, BroadcastEndReason.FINISHED, 0)
        await self.notifications.close(BroadcastEnded(HOME.id, broadcast_id, "finished", self.now))

    async def later(self, seconds: float) -> None:
        """Advance the clock while broadcasts run, and take the steps that are due."""
        self.now += timedelta(seconds=seconds)
        for entry in await self.log.unfinished(HOME.id):
            await self.log.seen(entry.id, self.now)
        await self.notifications.tend()
        await self.work()

    async def live(self) -> int:
        """A broadcast about which was notified."""
        broadcast_id = await self.start()
        await self.later(121)
        return broadcast_id

    async def work(self) -> None:
        """Do all jobs that are due, and what they lead to."""
        while jobs := await self.outbox.lease("ours", Wanted(50, tuple(self.handlers), 50)):
            for job in jobs:
                outcome = resolve(job, await self.handlers[job.kind](job), self.now.timestamp(), lambda: 0.5)
                self.outcomes.append(outcome)
                await self.outbox.settle("ours", [Settled(job, outcome)])

    async def wait(self) -> float:
        """Go on to the next attempt, and make it. Returns the seconds until then."""
        due = await self.outbox.next_due()
        assert due is not None, "nothing waits"
        seconds = max(0.0, due - self.now.timestamp())
        self.now += timedelta(seconds=seconds)
        await self.work()
        return seconds

    async def states(self) -> list[str]:
        """Ways and states, the oldest first; with the reason where there is one."""
        rows = await NotificationRow.all().order_by("id")
        return [": ".join(filter(None, (f"{row.way} {row.state}", row.why))) for row in rows]

    async def jobs(self) -> list[str]:
        return [f"{row.kind} {row.state}" for row in await OutboxRow.all().order_by("id")]


@asynccontextmanager
async def notified(*allowed: str) -> AsyncIterator[Notified]:
    """Yield notifications on the open database. `allowed` are hosts with private addresses."""
    guard = Guard(frozenset(allowed))
    await ChannelRow.create(id=HOME.id, slug=HOME.slug, created_at=NOON)
    async with HttpClient(guard, "Fedistream/test", limits=HttpLimits(total_s=2.0)) as http_client:
        yield Notified(guard, http_client)
