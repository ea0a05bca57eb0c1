"""One attempt of a delivery: the request, the meaning of its answer, and the outcomes of attempts as they are stored.

2xx is delivered; no answer, 408, 429 and 5xx are tried again; any other answer is refused. Redirects are not followed,
because a POST that moves may lose its body.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from activitypub.network.deliver import retry_after
from activitypub.network.guard import Blocked
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.signatures.request import outgoing_request
from activitypub.urls import BadUrl
from fedistream.core.supervisor import go
from fedistream.db import atomic, statement
from fedistream.webhooks.models import WebhookDeliveryRow
from fedistream.webhooks.signing import headers
from fedistream.webhooks.values import MAX_ANSWER, MAX_ATTEMPTS, MAX_ERROR, State, Webhook

GATHER_S = 0.01  # outcomes of this time are stored in one transaction, as the web process writes too
RETRIED = frozenset({408, 429})
_OUTCOME = """
UPDATE webhook_delivery SET state = :state, busy_until = NULL, attempts = :attempts, sent_at = :sent_at,
    duration_ms = :duration_ms, status = :status, answer = :answer, error = :error, headers = :headers
WHERE"""
_USED = "UPDATE webhook SET last_used_at = :at WHERE id = :id"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt and its outcome. `again` says that another one may succeed, after `after_s` seconds if the receiver
    names a time."""

    delivery: WebhookDeliveryRow
    state: State
    sent_at: datetime
    duration_ms: int
    headers: Mapping[str, str]
    status: int | None = None
    answer: str = ""
    error: str = ""
    again: bool = False
    after_s: float | None = None

    @property
    def why(self) -> str:
        """The failure in a few words."""
        return self.error or f"status {self.status}"


def final(attempt: Attempt) -> Attempt:
    """Return an attempt that failed, and after which no other is made."""
    return replace(attempt, state=State.FAILED, again=False)


class Poster:
    """Sends deliveries. `now` is the time of day, `clock` returns monotonic seconds."""

    def __init__(
        self, transport: Transport, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport, self._now, self._clock = transport, now, clock

    async def post(self, hook: Webhook, delivery: WebhookDeliveryRow) -> Attempt:
        """Send a delivery once, unless it has expired. Never raises for what the receiver does."""
        at = self._now()
        if at >= delivery.expires_at and delivery.state == State.WAITING.value:
            return Attempt(delivery, State.EXPIRED, at, 0, {})
        body = delivery.body.encode()
        signed = headers(hook.secret, delivery.message_id, int(at.timestamp()), body)
        sent = {"content-type": "application/json"} | signed
        began, outcome = self._clock(), await self._outcome(hook, sent, body)
        attempt = Attempt(delivery, outcome.pop("state"), at, round(1000 * (self._clock() - began)), sent, **outcome)
        return final(attempt) if attempt.again and delivery.attempts + 1 >= MAX_ATTEMPTS else attempt

    async def _outcome(self, hook: Webhook, sent: Mapping[str, str], body: bytes) -> dict[str, Any]:
        try:
            request = outgoing_request("POST", hook.url, sent.items(), body)
            response = await self._transport.send(request, max_body=MAX_ANSWER)
            return self._answered(response, response.body)
        except ResponseTooLarge as error:
            return self._answered(error.response, error.beginning)
        except (Blocked, BadUrl) as error:
            return {"state": State.REFUSED, "error": str(error)[:MAX_ERROR]}
        except Unreachable as error:
            return {"state": State.WAITING, "error": str(error)[:MAX_ERROR], "again": True}

    def _answered(self, response: Response, answer: bytes) -> dict[str, Any]:
        status = response.status
        # PostgreSQL stores no NUL
        told = {"status": status, "answer": answer.decode("utf-8", "replace").replace("\0", "\ufffd")}
        if 200 <= status < 300:
            return {"state": State.DELIVERED, **told}
        if status in RETRIED or status >= 500:
            after_s = retry_after(response.headers.get("retry-after", ""), self._now().timestamp())
            return {"state": State.WAITING, **told, "again": True, "after_s": after_s}
        return {"state": State.REFUSED, **told}


class Recorder:
    """Stores the outcomes of attempts, those of GATHER_S in one transaction."""

    def __init__(self) -> None:
        self._waiting: list[Attempt] = []
        self._writing: asyncio.Task[None] | None = None

    async def store(self, attempts: Sequence[Attempt]) -> None:
        """Store outcomes, and wait until they are stored. Raises DatabaseProblem; then the deliveries still wait."""
        if not attempts:
            return
        self._waiting += attempts
        if self._writing is None:
            self._writing = go("webhook outcomes", self._write_down())
        await asyncio.shield(self._writing)

    async def _write_down(self) -> None:
        await asyncio.sleep(GATHER_S)
        self._writing, batch, self._waiting = None, self._waiting, []
        await atomic(self._write, batch)

    async def _write(self, batch: Sequence[Attempt]) -> None:
        sent = [attempt for attempt in batch if attempt.state is not State.EXPIRED]
        # a row that was just stored with others has no id yet
        await statement.change_each(f"{_OUTCOME} id = :id", [columns(each) for each in sent if each.delivery.id])
        await statement.change_each(
            f"{_OUTCOME} once = :once", [columns(each) for each in sent if not each.delivery.id]
        )
        for attempt in batch:
            if attempt.state is State.EXPIRED:
                which = {"id": attempt.delivery.id} if attempt.delivery.id else {"once": attempt.delivery.once}
                await WebhookDeliveryRow.filter(**which).update(state=State.EXPIRED.value, busy_until=None)
        used = {each.delivery.webhook_id: each.sent_at for each in sent if each.status is not None}
        await statement.change_each(_USED, [{"id": webhook_id, "at": at} for webhook_id, at in sorted(used.items())])


def columns(attempt: Attempt) -> dict[str, object]:
    """Return the columns of a delivery that an attempt changes, and the one that names it."""
    row = attempt.delivery
    return {
        **({"id": row.id} if row.id else {"once": row.once}),
        "state": attempt.state.value,
        "attempts": row.attempts + 1,
        "sent_at": attempt.sent_at,
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "answer": attempt.answer,
        "error": attempt.error,
        "headers": orjson.dumps(attempt.headers).decode(),
    }
