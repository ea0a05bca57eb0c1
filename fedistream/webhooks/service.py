"""The webhooks of the node: made, changed and deleted by the admin; and the facts that are stored for them.

Each process has a copy of them in memory, so that nothing is stored while nobody subscribes to an event. The copy is
refreshed by its version (`CACHE_KEY`).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import orjson

from activitypub.network.guard import Blocked, Guard, is_public
from fedistream.chat.values import Visitor
from fedistream.core.errors import Invalid, NotFound, ValueProblem
from fedistream.core.events import BroadcastEnded, BroadcastStarted, Fact, TitleChanged, VisitorJoined, VisitorParted
from fedistream.core.events import to_json as fact_to_json
from fedistream.db import after_commit, atomic
from fedistream.db.versions import bump_version
from fedistream.jobs.job import Job, JobQueue, NewJob
from fedistream.webhooks.models import WebhookDeliveryRow, WebhookRow
from fedistream.webhooks.payloads import event_of
from fedistream.webhooks.signing import check_secret
from fedistream.webhooks.values import (
    ACCEPTED,
    MAX_EVENTS,
    MAX_URL,
    MAX_WEBHOOKS,
    About,
    Disabled,
    Event,
    StreamStatus,
    Webhook,
    WebhookProblem,
)

log = logging.getLogger(__name__)

CACHE_KEY = "webhooks"
FACTS, DRAIN = "webhook_facts", "webhook"  # kinds of jobs; they never change
MAX_NOTED, PAUSE_S = 5_000, 1.0
MAX_FACTS, MAX_BYTES = 200, 256 * 1024  # in one job; more than half a megabyte of one fact cannot be
AHEAD_S = 3600.0  # jobs of webhooks go before those that became due within this time: people wait for a bot's answer


class WebhookJobs(JobQueue, Protocol):
    """The outbox as webhooks need it."""

    async def again(self, which: str, values: Mapping[str, Any]) -> int:
        """Restart waiting or dead jobs that the condition `which` selects."""

    async def absorb(self, group: str, limit: int) -> tuple[Job, ...]:
        """Take due jobs of a group as done, in the transaction in which they are done."""


FindVisitors = Callable[[set[str]], Awaitable[Mapping[str, Visitor]]]
StatusOf = Callable[[int], Awaitable[StreamStatus]]
"""Returns the present status of a channel."""


@dataclass(frozen=True, slots=True)
class WebhooksContext:
    """The services that webhooks need. `guard` decides which addresses are connected to."""

    jobs: WebhookJobs
    guard: Guard
    now: Callable[[], datetime]
    chance: Callable[[int], bytes]
    status: StatusOf
    about: Callable[[int], About]
    find_visitors: FindVisitors


class Webhooks:
    """The webhooks. `load` them before use."""

    def __init__(self, context: WebhooksContext) -> None:
        self.context = context
        self._now, self._guard, self._jobs = context.now, context.guard, context.jobs
        self._known: dict[int, Webhook] = {}
        self._subscribed: frozenset[Event] = frozenset()
        self._noted: deque[Fact] = deque()
        self._news = asyncio.Event()

    async def load(self) -> None:
        """Read the rows into memory."""
        self._keep({row.id: value(row) for row in await WebhookRow.all().order_by("id")})

    async def run(self) -> None:
        """Store what was noted, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._noted:
                await self._store_noted()

    async def _store_noted(self) -> None:
        batch = [self._noted[at] for at in range(min(MAX_FACTS, len(self._noted)))]
        try:
            await self.store(batch)
        except Exception as error:
            log.warning("%d joins and parts wait %g s to be stored: %r", len(self._noted), PAUSE_S, error)
            await asyncio.sleep(PAUSE_S)
            return
        for _ in batch:
            self._noted.popleft()

    def all(self) -> tuple[Webhook, ...]:
        """Return all webhooks, the oldest first, from memory."""
        return tuple(self._known.values())

    def get(self, webhook_id: int) -> Webhook | None:
        """Return a webhook from memory, or None."""
        return self._known.get(webhook_id)

    def subscribers(self, event: Event) -> tuple[Webhook, ...]:
        """Return the enabled webhooks that get an event."""
        return tuple(hook for hook in self._known.values() if hook.enabled and event in hook.subscribed)

    def wants(self, fact: Fact) -> bool:
        """Return whether any webhook gets an event for this fact."""
        return bool(self._subscribed) and event_of(fact) in self._subscribed

    async def listed(self) -> tuple[Webhook, ...]:
        """Return all webhooks from the database, the oldest first: other processes note their use."""
        return tuple(value(row) for row in await WebhookRow.all().order_by("id"))

    async def stored(self, webhook_id: int) -> Webhook:
        """Return a webhook from the database. Raises NotFound."""
        return value(await self._row(webhook_id))

    async def create(self, url: str, events: Sequence[object], secret: str = "") -> Webhook:
        """Store a webhook. Raises Invalid."""
        row = WebhookRow(
            url=self._checked_url(url),
            events=checked_events(events),
            secret=check_secret(secret),
            created_at=self._now(),
        )
        if await WebhookRow.all().count() >= MAX_WEBHOOKS:
            raise Invalid("webhooks", ValueProblem.MANY, most=MAX_WEBHOOKS)
        return await self._change(row.save, row)

    async def edit(
        self,
        webhook_id: int,
        *,
        url: str | None = None,
        events: Sequence[object] | None = None,
        secret: str | None = None,
    ) -> Webhook:
        """Change what is given. An empty secret ends the signatures. Raises NotFound and Invalid."""
        row = await self._row(webhook_id)
        if url is not None:
            row.url = self._checked_url(url)
        if events is not None:
            row.events = checked_events(events)
        if secret is not None:
            row.secret = check_secret(secret)
        return await self._change(row.save, row)

    async def enable(self, webhook_id: int) -> Webhook:
        """Enable a webhook; what waits for it and has not expired is sent. Raises NotFound."""
        row = await self._row(webhook_id)
        row.disabled, row.failing_since = Disabled.NO.value, None

        async def save() -> None:
            await row.save()
            # the job of its queue may wait for hours
            await self._jobs.again("group_key = :group_key", {"group_key": group(webhook_id)})
            await self._jobs.put([drain(webhook_id)])

        return await self._change(save, row)

    async def disable(self, webhook_id: int, why: Disabled = Disabled.ADMIN) -> Webhook:
        """Send nothing to a webhook any more. Raises NotFound."""
        row = await self._row(webhook_id)
        row.disabled = why.value
        return await self._change(row.save, row)

    async def set_failing(self, webhook_id: int, since: datetime | None) -> None:
        """Note since when a webhook's receiver fails, or None when it works again. Nothing happens for one that is
        deleted."""
        row = await WebhookRow.get_or_none(id=webhook_id)
        if row is not None:
            row.failing_since = since
            await self._change(row.save, row)

    async def delete(self, webhook_id: int) -> None:
        """Delete a webhook and its deliveries. Raises NotFound."""
        row = await self._row(webhook_id)

        async def remove() -> None:
            await WebhookDeliveryRow.filter(webhook_id=webhook_id).delete()
            await row.delete()
            await bump_version(CACHE_KEY)

        await atomic(remove)
        self._keep({number: hook for number, hook in self._known.items() if number != webhook_id})

    async def store(self, facts: Sequence[Fact]) -> None:
        """Store facts for the fan-out, in their transaction: one job for each channel and MAX_FACTS facts."""
        channels: dict[int, list[Fact]] = {}
        for fact in facts:
            channels.setdefault(getattr(fact, "channel_id", 0), []).append(fact)
        jobs: list[NewJob] = []
        due = self._now().timestamp() - AHEAD_S
        for channel_id, some in channels.items():
            status = await self.context.status(channel_id)
            lines = [line(fact, at_fact(status, fact)) for fact in some]
            bodies = ({"channel": channel_id, "facts": part} for part in parts(lines))
            jobs += [NewJob(FACTS, body, group=facts_group(channel_id), due=due) for body in bodies]
        await self._jobs.put(jobs)

    def note_presence(self, fact: VisitorJoined | VisitorParted) -> None:
        """Have a fact without a transaction stored soon by `run`, with others: thousands may join in a second.

        With MAX_NOTED that wait, further ones are dropped.
        """
        if len(self._noted) < MAX_NOTED:
            self._noted.append(fact)
            self._news.set()

    async def _row(self, webhook_id: int) -> WebhookRow:
        """Return the row. Raises NotFound."""
        row = await WebhookRow.get_or_none(id=webhook_id) if 0 < webhook_id < 2**63 else None
        if row is None:
            raise NotFound(WebhookProblem.NO_WEBHOOK)
        return row

    async def _change(self, save: Callable[[], Awaitable[object]], row: WebhookRow) -> Webhook:
        async def carry_out() -> None:
            await save()
            await bump_version(CACHE_KEY)

        await atomic(carry_out)
        changed = value(row)
        after_commit(lambda: self._keep({**self._known, changed.id: changed}))
        return changed

    def _keep(self, known: dict[int, Webhook]) -> None:
        self._known = known
        self._subscribed = frozenset(event for hook in known.values() if hook.enabled for event in hook.subscribed)

    def _checked_url(self, url: str) -> str:
        """Return the URL. Raises Invalid."""
        if len(url) > MAX_URL:
            raise Invalid("url", WebhookProblem.TEXT_LENGTH, most=MAX_URL)
        try:
            parsed = self._guard.check(url)
        except Blocked as error:
            raise Invalid("url", WebhookProblem.URL_NOT_ACCEPTED, detail=str(error)) from error
        host = parsed.host.strip("[]")
        private = host == "localhost" or ((host.replace(".", "").isdigit() or ":" in host) and not is_public(host))
        if private and not self._guard.allows(parsed):
            raise Invalid(
                "url",
                WebhookProblem.PRIVATE_URL,
                host=f"{parsed.host}:{parsed.port}",
            )
        return url


def checked_events(events: Sequence[object]) -> list[str]:
    """Return the names without doubles. Raises Invalid."""
    if not 0 < len(events) <= MAX_EVENTS or not all(isinstance(name, str) and name in ACCEPTED for name in events):
        raise Invalid("events", WebhookProblem.EVENTS, choices=", ".join(sorted(ACCEPTED)))
    return list(dict.fromkeys(str(name) for name in events))


def facts_group(channel_id: int) -> str:
    """Return the group in the outbox of the facts of a channel."""
    return f"webhooks {channel_id}"


def line(fact: Fact, status: StreamStatus) -> dict[str, object]:
    """Return a fact and the status at it as plain JSON values."""
    return {"fact": fact_to_json(fact), "status": status_to_json(status)}


def parts(lines: Sequence[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """Yield the lines in parts of at most MAX_FACTS, and of MAX_BYTES and one line."""
    part: list[dict[str, object]] = []
    size = 0
    for line in lines:
        part.append(line)
        size += len(orjson.dumps(line))
        if len(part) == MAX_FACTS or size >= MAX_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def group(webhook_id: int) -> str:
    """Return the group of a webhook's queue in the outbox."""
    return f"webhook {webhook_id}"


def drain(webhook_id: int, due: float = 0.0) -> NewJob:
    """Return the job that sends what waits for a webhook."""
    return NewJob(DRAIN, {"webhook": webhook_id}, group=group(webhook_id), due=due)


def at_fact(status: StreamStatus, fact: Fact) -> StreamStatus:
    """Return the status as the fact has made it: memory may be ahead of it or behind."""
    if isinstance(fact, BroadcastStarted):
        connected_at = status.connected_at or fact.at
        return replace(status, online=True, connected_at=connected_at, disconnected_at=None, session_peak=0)
    if isinstance(fact, BroadcastEnded):
        return replace(status, online=False, connected_at=None, disconnected_at=fact.at, viewers=0)
    if isinstance(fact, TitleChanged):
        return replace(status, title=fact.title)
    return status


def status_to_json(status: StreamStatus) -> dict[str, object]:
    """Return the status as plain JSON values."""
    return {name: each.isoformat() if isinstance(each, datetime) else each for name, each in asdict(status).items()}


def status_from_json(row: Mapping[str, Any]) -> StreamStatus:
    """Return the status that `status_to_json` wrote."""
    times = {
        name: None if row[name] is None else datetime.fromisoformat(row[name])
        for name in ("connected_at", "disconnected_at")
    }
    return StreamStatus(**{**row, **times})


def value(row: WebhookRow) -> Webhook:
    """Return the value of a row."""
    return Webhook(
        id=row.id,
        url=row.url,
        events=tuple(row.events),
        secret=row.secret,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        disabled=Disabled(row.disabled),
        failing_since=row.failing_since,
    )
