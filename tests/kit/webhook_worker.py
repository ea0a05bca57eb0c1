"""A worker for webhooks on a database, with a clock that the test moves. It sends real requests to real receivers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from os import urandom

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient, HttpLimits
from fedistream.chat.values import Visitor
from fedistream.core.events import ChatMessageSent, Fact
from fedistream.jobs.backoff import resolve
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox, Settled, Wanted
from fedistream.jobs.worker import Handler
from fedistream.webhooks.attempts import Poster
from fedistream.webhooks.delivery import Sender
from fedistream.webhooks.fan_out import FanOut
from fedistream.webhooks.log import DeliveryLog
from fedistream.webhooks.models import WebhookDeliveryRow
from fedistream.webhooks.service import DRAIN, FACTS, Webhooks, WebhooksContext
from fedistream.webhooks.values import MAX_ANSWER, About, StreamStatus

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
STATUS = StreamStatus(True, NOON, None, "Evening locks", 3, 9, 4, "0.1")
LIMITS = HttpLimits(total_s=30, connect_s=30, body=MAX_ANSWER, per_host=64)  # for a machine that does other things


class Clock:
    """The time of day, which stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class WebhookWorker:
    """One worker and its webhooks."""

    clock: Clock
    http_client: HttpClient
    owner: str = "ours"
    dead: set[str] = field(default_factory=set)
    status: StreamStatus = STATUS
    visitors: dict[str, Visitor] = field(default_factory=lambda: {"ann": Visitor("ann", "Ann", 3, NOON)})
    outbox: Outbox = field(init=False)
    webhooks: Webhooks = field(init=False)
    sender: Sender = field(init=False)
    fan_out: FanOut = field(init=False)
    log: DeliveryLog = field(init=False)
    said: int = 0

    def __post_init__(self) -> None:
        self.outbox = Outbox(lambda: self.clock.now.timestamp())
        context = WebhooksContext(
            self.outbox,
            Guard(frozenset({"127.0.0.1"}), any_port=True),
            self.clock,
            urandom,
            self._status,
            lambda channel_id: About("Node", "About it", "https://node.example"),
            self._find,
        )
        self.webhooks = Webhooks(context)
        self.sender = Sender(self.webhooks, Poster(self.http_client, self.clock), self.owner, self.dead.__contains__)
        self.fan_out = FanOut(self.webhooks, self.sender)
        self.log = DeliveryLog(self.webhooks)

    async def _status(self, channel_id: int) -> StreamStatus:
        return self.status

    async def _find(self, ids: set[str]) -> dict[str, Visitor]:
        return {each: self.visitors[each] for each in ids if each in self.visitors}

    def line(self, text: str) -> ChatMessageSent:
        self.said += 1
        return ChatMessageSent(1, f"m{self.said}", "chat", "web", "ann", 2, text, f"<p>{text}</p>", self.clock.now)

    async def tell(self, *facts: Fact) -> None:
        """Emit facts as the bus does."""
        if some := [fact for fact in facts if self.webhooks.wants(fact)]:
            await self.webhooks.store(some)

    async def say(self, *texts: str) -> None:
        await self.tell(*(self.line(text) for text in texts))

    async def step(self) -> int:
        """Do the jobs that are due. Returns how many there were."""
        await self.webhooks.load()
        jobs = await self.outbox.lease(self.owner, Wanted(50, (FACTS, DRAIN)))
        handlers: dict[str, Handler] = {FACTS: self.fan_out, DRAIN: self.sender}
        for job in jobs:
            outcome = resolve(job, await handlers[job.kind](job), self.clock.now.timestamp(), lambda: 0.5)
            await self.outbox.settle(self.owner, [Settled(job, outcome)])
        await self.sender.settle()
        return len(jobs)

    async def work(self) -> None:
        """Do all jobs that are due, and what they lead to."""
        while await self.step():
            pass

    async def wait(self) -> float:
        """Move the clock to the next attempt and make it. Return the seconds of the wait."""
        due = await self.outbox.next_due()
        assert due is not None, "nothing waits"
        seconds = max(0.0, due - self.clock.now.timestamp())
        self.clock.advance(seconds)
        await self.work()
        return seconds

    async def states(self, webhook_id: int | None = None) -> list[str]:
        """The states of the deliveries, the oldest first."""
        rows = WebhookDeliveryRow.all() if webhook_id is None else WebhookDeliveryRow.filter(webhook_id=webhook_id)
        return [row.state for row in await rows.order_by("id")]

    async def jobs(self) -> list[str]:
        """The states of all jobs, the oldest first."""
        return [row.state for row in await OutboxRow.all().order_by("id")]


@asynccontextmanager
async def webhook_worker(limits: HttpLimits = LIMITS, **more: object) -> AsyncIterator[WebhookWorker]:
    """A worker on the open database."""
    guard = Guard(frozenset({"127.0.0.1"}), any_port=True)
    async with HttpClient(guard, "Fedistream/test", limits=limits) as http_client:
        yield WebhookWorker(Clock(), http_client, **more)  # type: ignore[arg-type]
