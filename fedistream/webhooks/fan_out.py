"""Turns stored facts into deliveries: one row for each event and webhook.

They are sent from memory to webhooks for which nothing else waits; for others there is the job of their queue. A worker
that dies in between does the job again. The ids come from the job, so the same rows are not stored twice.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from fedistream.core.events import BadFact, Fact, from_json
from fedistream.db import atomic, statement
from fedistream.jobs.job import Done, Job, Outcome
from fedistream.webhooks.delivery import BUSY, Sender
from fedistream.webhooks.models import WebhookDeliveryRow
from fedistream.webhooks.payloads import Occasion, event_of, known_visitors, payload, visitor_of
from fedistream.webhooks.service import AHEAD_S, Webhooks, drain, facts_group, status_from_json
from fedistream.webhooks.values import EXPIRES, MAX_WAITING, Event, State, Webhook

log = logging.getLogger(__name__)

INSERT_ROWS = 200
MAX_JOBS = 10  # that are done with one
COUNT_S = 5.0  # how often waiting deliveries are counted
_BACKLOG = "SELECT DISTINCT webhook_id FROM webhook_delivery WHERE state = 'waiting'"
_WAITING = "SELECT webhook_id, count(*) AS n FROM webhook_delivery WHERE state = 'waiting' GROUP BY webhook_id"


class FanOut:
    """Handles the jobs that `Webhooks.store` puts. `dropped` counts deliveries that were not stored."""

    def __init__(self, webhooks: Webhooks, sender: Sender) -> None:
        self._webhooks, self._context, self._sender = webhooks, webhooks.context, sender
        self.dropped = 0
        self._counted_at = 0.0
        self._waiting: Counter[int] = Counter()

    async def __call__(self, job: Job) -> Outcome:
        rows, at_once = await atomic(self._store, job)
        await self._send(rows, at_once)
        return Done()

    async def _store(self, job: Job) -> tuple[list[WebhookDeliveryRow], dict[int, bool]]:
        """Store the deliveries for a job, and for those that wait behind it: one transaction costs little more for ten.

        Returns them, and the webhooks whose deliveries are sent from memory, and whether behind others.
        """
        channel_id = job.body["channel"]
        behind = await self._context.jobs.absorb(facts_group(channel_id), MAX_JOBS)
        await self._count()
        rows = [row for row in await self._rows((job, *behind), channel_id) if self._has_room(row.webhook_id)]
        # a worker that was killed in this job may have stored and sent some of them
        again = bool(rows) and await WebhookDeliveryRow.exists(once=rows[0].once)
        hooks = set() if again else {row.webhook_id for row in rows}
        waiting = {row["webhook_id"] for row in await statement.rows(_BACKLOG, {})}
        at_once = {hook: hook in waiting for hook in hooks if hook not in waiting or self._sender.takes_more(hook)}
        now = self._context.now()
        for row in rows:
            if row.webhook_id in at_once:
                row.busy_until, row.busy_by = now + BUSY, self._sender.owner
        if rows:
            await WebhookDeliveryRow.bulk_create(rows, batch_size=INSERT_ROWS, ignore_conflicts=True)
        await self._put_queues({row.webhook_id for row in rows} - at_once.keys())
        return rows, at_once

    async def _count(self) -> None:
        """Count the deliveries that wait, now and then."""
        now = self._context.now().timestamp()
        if now - self._counted_at >= COUNT_S:
            self._waiting = Counter({row["webhook_id"]: row["n"] for row in await statement.rows(_WAITING, {})})
            self._counted_at = now

    async def _send(self, rows: Sequence[WebhookDeliveryRow], at_once: Mapping[int, bool]) -> None:
        """Send deliveries from memory, behind those that are sent already."""
        late = set()
        for webhook_id, behind in at_once.items():
            hook, some = self._webhooks.get(webhook_id), [row for row in rows if row.webhook_id == webhook_id]
            # a chain that has ended meanwhile may have failed
            if hook is None or (behind and not self._sender.takes_more(webhook_id)):
                await self._sender.release(some)
                late.add(webhook_id)
            else:
                self._sender.send(hook, some)
        await self._put_queues(late)

    async def _put_queues(self, hooks: set[int]) -> None:
        """Put the jobs of these webhooks' queues."""
        due = self._context.now().timestamp() - AHEAD_S
        await self._context.jobs.put([drain(hook, due) for hook in sorted(hooks) if self._works(hook)])

    async def _rows(self, jobs: Sequence[Job], channel_id: int) -> list[WebhookDeliveryRow]:
        """Return the deliveries for these jobs, without what nobody subscribes to any more."""
        read = [line for job in jobs for line in facts_of(job)]
        visitors = await self._context.find_visitors(known_visitors([fact for _, fact, _ in read]))
        about, rows = self._context.about(channel_id), []
        for message_id, fact, status in read:
            event = event_of(fact)
            hooks = self._webhooks.subscribers(event) if event is not None else ()
            visitor = visitors.get(visitor_of(fact))
            if event is None or not hooks or (visitor_of(fact) and visitor is None):  # the visitor has been deleted
                continue
            try:
                now = Occasion(message_id.removeprefix("msg_")[:10], status_from_json(status), about, visitor)
                body = orjson.dumps(payload(fact, now)).decode()
            except Exception:
                # all later events of the channel would wait behind it
                log.exception("%s: the event %s is left out", message_id, event)
                continue
            rows += [row(hook, event, message_id, body, happened_at(fact)) for hook in hooks]
        return rows

    def _works(self, webhook_id: int) -> bool:
        """Return whether the queue needs a job. One that fails has a job that waits for the next attempt."""
        hook = self._webhooks.get(webhook_id)
        return hook is not None and hook.failing_since is None

    def _has_room(self, webhook_id: int) -> bool:
        if self._waiting[webhook_id] >= MAX_WAITING:
            if self.dropped % MAX_WAITING == 0:
                log.warning("webhook %d is too slow: %d events wait, and new ones are dropped", webhook_id, MAX_WAITING)
            self.dropped += 1
            return False
        self._waiting[webhook_id] += 1
        return True


def facts_of(job: Job) -> Iterator[tuple[str, Fact, Mapping[str, Any]]]:
    """Yield the facts of a job that this version can read, each with the id of its event and the status at it."""
    for place, line in enumerate(job.body["facts"]):
        try:
            fact = from_json(line["fact"])
        except BadFact as error:
            log.warning("job %d: an event of another version is left out: %s", job.id, error)
            continue
        yield made_id(job, place), fact, line["status"]


def made_id(job: Job, place: int) -> str:
    """Return the id of the event at this place in a job. It has no full stop, which would be unsafe to sign."""
    text = f"{job.id} {job.created_at} {place}"
    return f"msg_{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def happened_at(fact: Fact) -> datetime:
    """Return the time of a fact, which all facts have."""
    at: datetime = getattr(fact, "at")  # noqa: B009 the base class does not declare it
    return at


def row(hook: Webhook, event: Event, message_id: str, body: str, at: datetime) -> WebhookDeliveryRow:
    """Return the row of a delivery that waits in its webhook's queue."""
    return WebhookDeliveryRow(
        webhook_id=hook.id,
        event=event.value,
        once=f"{hook.id} {message_id}",
        message_id=message_id,
        body=body,
        state=State.WAITING.value,
        created_at=at,
        expires_at=at + EXPIRES[event],
    )
