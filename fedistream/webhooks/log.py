"""The log of deliveries for the admin: searched, read, sent again, and pruned. The test event is sent from here too."""

from dataclasses import dataclass

import orjson
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.db import atomic, statement
from fedistream.jobs.job import NewJob
from fedistream.webhooks.models import WebhookDeliveryRow
from fedistream.webhooks.payloads import Occasion, test_payload
from fedistream.webhooks.service import AHEAD_S, DRAIN, Webhooks, drain
from fedistream.webhooks.values import (
    EXPIRES,
    FINISHED,
    KEPT,
    KEPT_ROWS,
    MAX_PAGE,
    Delivery,
    Event,
    Page,
    State,
    Webhook,
    WebhookProblem,
)

PRUNE = "webhooks.prune"  # the name of the scheduled task
MAX_TEXT = 200  # characters of a search
PRUNED_AT_ONCE = 1_000  # rows in one statement: every other writer waits for it


@dataclass(frozen=True, slots=True)
class Search:
    """A query for deliveries. `text` is searched for in bodies and errors, and compared with message ids."""

    webhook_id: int | None = None
    state: str = ""
    event: str = ""
    text: str = ""
    offset: int = 0
    limit: int = 50


class DeliveryLog:
    """The stored deliveries."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks, self._context = webhooks, webhooks.context

    async def find(self, search: Search) -> Page:
        """Return one page of the deliveries that match, the newest first. Raises Invalid."""
        if not 0 <= search.offset < 2**31 or not 1 <= search.limit <= MAX_PAGE:
            raise Invalid("limit", WebhookProblem.LOG_PAGE, most=MAX_PAGE)
        if len(search.text) > MAX_TEXT:
            raise Invalid("search", WebhookProblem.TEXT_LENGTH, most=MAX_TEXT)
        rows: QuerySet[WebhookDeliveryRow] = WebhookDeliveryRow.all()
        if search.webhook_id is not None:
            rows = rows.filter(webhook_id=search.webhook_id)
        if search.state:
            if search.state not in set(State):
                raise Invalid("state", ValueProblem.CHOICE, choices=", ".join(State))
            rows = rows.filter(state=search.state)
        if search.event:
            if search.event not in set(Event):
                raise Invalid("event", ValueProblem.CHOICE, choices=", ".join(Event))
            rows = rows.filter(event=search.event)
        if search.text:
            text = Q(body__icontains=search.text) | Q(error__icontains=search.text) | Q(message_id=search.text)
            rows = rows.filter(text)
        page = await rows.order_by("-id").offset(search.offset).limit(search.limit)
        return Page(await rows.count(), tuple(value(row) for row in page))

    async def get(self, delivery_id: int) -> Delivery:
        """Return one delivery. Raises NotFound."""
        return value(await self._row(delivery_id))

    async def resend(self, delivery_id: int) -> Delivery:
        """Send a delivery once more, as a new one with the same message id. Raises NotFound, and Conflict when it waits
        anyway."""
        found = await self._row(delivery_id)
        if found.state in (State.WAITING.value, State.SENDING.value):
            raise Conflict(WebhookProblem.DELIVERY_WAITS)
        hook = self._hook(found.webhook_id)
        return await self._send(hook, Event(found.event), found.message_id, found.body)

    async def test(self, webhook_id: int, channel_id: int) -> Delivery:
        """Send the test event to a webhook. Raises NotFound."""
        hook = self._hook(webhook_id)
        number = self._context.chance(12).hex()
        status = await self._context.status(channel_id)
        occasion = Occasion(number[:10], status, self._context.about(channel_id))
        body = orjson.dumps(test_payload(self._context.now(), occasion)).decode()
        return await self._send(hook, Event.TEST, f"msg_{number}", body)

    async def resume(self) -> None:
        """Put the jobs of queues in which deliveries wait: one may have been lost between two workers."""
        found = await statement.rows("SELECT DISTINCT webhook_id FROM webhook_delivery WHERE state = 'waiting'", {})
        busy = await statement.rows(
            "SELECT DISTINCT group_key FROM outbox WHERE kind = :kind AND state IN ('ready', 'leased')", {"kind": DRAIN}
        )
        groups = {row["group_key"] for row in busy}
        hooks = (self._webhooks.get(row["webhook_id"]) for row in found)
        jobs = [drain(hook.id) for hook in hooks if hook is not None and hook.enabled]
        await self._context.jobs.put([job for job in jobs if job.group not in groups])

    async def prune(self) -> None:
        """Expire what waited too long, and delete deliveries that are too old or too many."""
        now = self._context.now()
        await WebhookDeliveryRow.filter(state=State.WAITING.value, expires_at__lte=now).update(
            state=State.EXPIRED.value
        )
        await self._delete(created_at__lt=now - KEPT, state__in=list(FINISHED))
        for hook in self._webhooks.all():
            rows = WebhookDeliveryRow.filter(webhook_id=hook.id, state__in=list(FINISHED))
            last = await rows.order_by("-id").offset(KEPT_ROWS).first()
            if last is not None:
                await self._delete(webhook_id=hook.id, state__in=list(FINISHED), id__lte=last.id)
        await self.resume()

    async def _delete(self, **which: object) -> None:
        while True:
            found = await WebhookDeliveryRow.filter(**which).limit(PRUNED_AT_ONCE).values_list("id", flat=True)
            if not found:
                return
            await WebhookDeliveryRow.filter(id__in=list(found)).delete()

    async def _row(self, delivery_id: int) -> WebhookDeliveryRow:
        """Return the row. Raises NotFound."""
        row = await WebhookDeliveryRow.get_or_none(id=delivery_id) if 0 < delivery_id < 2**63 else None
        if row is None:
            raise NotFound(WebhookProblem.NO_DELIVERY)
        return row

    def _hook(self, webhook_id: int) -> Webhook:
        """Return the webhook. Raises NotFound."""
        hook = self._webhooks.get(webhook_id)
        if hook is None:
            raise NotFound(WebhookProblem.NO_WEBHOOK)
        return hook

    async def _send(self, hook: Webhook, event: Event, message_id: str, body: str) -> Delivery:
        now = self._context.now()
        row = WebhookDeliveryRow(
            webhook_id=hook.id,
            event=event.value,
            message_id=message_id,
            body=body,
            state=State.SENDING.value,
            created_at=now,
            expires_at=now + EXPIRES[event],
        )

        async def store() -> None:
            await row.save()
            # outside the webhook's group: it may be paused
            body = {"webhook": hook.id, "delivery": row.id}
            await self._context.jobs.put([NewJob(DRAIN, body, due=now.timestamp() - AHEAD_S)])

        await atomic(store)
        return value(row)


def value(row: WebhookDeliveryRow) -> Delivery:
    """Return the value of a row."""
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event=Event(row.event),
        message_id=row.message_id,
        body=row.body,
        state=State(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        expires_at=row.expires_at,
        sent_at=row.sent_at,
        duration_ms=row.duration_ms,
        status=row.status,
        answer=row.answer,
        error=row.error,
        headers=row.headers,
    )
