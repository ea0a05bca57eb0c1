"""Sends deliveries: a worker takes the queue of one webhook at a time, and sends what waits in it in order.

Answers: 2xx is delivered; no answer, 408, 429 and 5xx are tried again; 410 disables the webhook; any other is refused,
and the next delivery follows. Redirects are not followed, because a POST that moves may lose its body.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from activitypub.network.deliver import retry_after
from activitypub.network.guard import Blocked
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.signatures.request import outgoing_request
from activitypub.urls import BadUrl
from fedistream.db import atomic
from fedistream.jobs.job import Done, Job, Outcome, Retry
from fedistream.webhooks.models import WebhookDeliveryRow, WebhookRow
from fedistream.webhooks.service import Webhooks, drain
from fedistream.webhooks.signing import headers
from fedistream.webhooks.values import GIVE_UP, MAX_ANSWER, MAX_ATTEMPTS, MAX_ERROR, Disabled, State, Webhook

log = logging.getLogger(__name__)

BATCH = 20  # deliveries that are read, and whose outcomes are stored, at once
STORE_S = 0.5  # outcomes are stored at least so often
TURN_S = 45.0  # then other jobs have a turn; a worker ends a job after 120 s
AGAIN_S = 2.0  # before the next attempt, when deliveries before it succeeded
GONE = 410
RETRIED = frozenset({408, 429})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt and its outcome. `again` says that another one may succeed, after `after_s` seconds if the receiver
    names a time."""

    delivery: WebhookDeliveryRow
    state: State
    sent_at: datetime
    duration_ms: int
    headers: dict[str, str]
    status: int | None = None
    answer: str = ""
    error: str = ""
    again: bool = False
    after_s: float | None = None


@dataclass(slots=True)
class _Run:
    """The work of one job so far. `unstored` are attempts whose outcomes are not written yet."""

    hook: Webhook
    began: float
    stored_at: float
    unstored: list[Attempt] = field(default_factory=list)
    succeeded: bool = False


class Sender:
    """Handles the jobs of the queues, and those of single deliveries that the admin asked for.

    `clock` returns monotonic seconds.
    """

    def __init__(self, webhooks: Webhooks, transport: Transport, clock: Callable[[], float] = time.monotonic) -> None:
        self._webhooks, self._transport, self._clock = webhooks, transport, clock
        self._context = webhooks.context

    async def __call__(self, job: Job) -> Outcome:
        hook = self._webhooks.get(job.body["webhook"])
        if "delivery" in job.body:
            return await self._single(hook, job.body["delivery"])
        if hook is None or not hook.enabled:
            return Done()
        run = _Run(hook, self._clock(), self._clock())
        try:
            return await self._drain(run)
        finally:
            # also when it is cancelled: what was sent must not be sent twice
            if run.unstored:
                await self._store(run)

    async def _drain(self, run: _Run) -> Outcome:
        """Send what waits, until nothing is left or an attempt fails."""
        while self._clock() - run.began < TURN_S:
            waiting = (
                await WebhookDeliveryRow.filter(webhook_id=run.hook.id, state=State.WAITING.value)
                .order_by("id")
                .limit(BATCH)
            )
            if not waiting:
                return Done()
            for delivery in waiting:
                attempt = await self._attempt(run.hook, delivery)
                run.unstored.append(attempt)
                if attempt.status == GONE:
                    await self._give_up(run, Disabled.GONE)
                    return Done()
                if attempt.again:
                    return await self._later(run, attempt)
                run.succeeded = run.succeeded or attempt.state is State.DELIVERED
                if self._clock() - run.stored_at >= STORE_S:
                    await self._store(run)
            await self._store(run)
        return await self._go_on(run.hook, 0.0)

    async def _later(self, run: _Run, attempt: Attempt) -> Outcome:
        """Note the failure, and return when the next attempt is made."""
        await self._store(run)
        now, since = self._context.now(), run.hook.failing_since
        if since is None:
            await self._webhooks.set_failing(run.hook.id, now)
        elif now - since > GIVE_UP:
            await self._give_up(run, Disabled.FAILING)
            return Done()
        why = attempt.error or f"status {attempt.status}"
        if run.succeeded:  # the pauses begin anew
            return await self._go_on(run.hook, attempt.after_s or AGAIN_S)
        return Retry(attempt.after_s, why)

    async def _go_on(self, hook: Webhook, after_s: float) -> Outcome:
        due = self._context.now().timestamp() + after_s
        await self._context.jobs.put([drain(hook.id, due)])
        return Done()

    async def _give_up(self, run: _Run, why: Disabled) -> None:
        await self._store(run)
        await self._webhooks.disable(run.hook.id, why)
        log.warning("webhook %d (%s) is disabled: %s", run.hook.id, run.hook.url, GIVEN_UP[why])

    async def _single(self, hook: Webhook | None, delivery_id: int) -> Outcome:
        """Send one delivery once, whatever waits in the queue, also to a webhook that is disabled."""
        delivery = await WebhookDeliveryRow.get_or_none(id=delivery_id, state=State.SENDING.value)
        if hook is None or delivery is None:
            return Done()
        attempt = await self._attempt(hook, delivery)
        run = _Run(hook, self._clock(), self._clock(), [attempt])
        if attempt.again:
            run.unstored = [final(attempt)]
        await self._store(run)
        return Done()

    async def _attempt(self, hook: Webhook, delivery: WebhookDeliveryRow) -> Attempt:
        """Send a delivery once. Never raises for what the receiver does."""
        at = self._context.now()
        if at >= delivery.expires_at and delivery.state == State.WAITING.value:
            return Attempt(delivery, State.EXPIRED, at, 0, {})
        body = delivery.body.encode()
        sent = {"content-type": "application/json"} | headers(
            hook.secret, delivery.message_id, int(at.timestamp()), body
        )
        began = self._clock()

        def made(state: State, **more: object) -> Attempt:
            return Attempt(delivery, state, at, round(1000 * (self._clock() - began)), sent, **more)  # type: ignore[arg-type]

        try:
            response = await self._transport.send(
                outgoing_request("POST", hook.url, sent.items(), body), max_body=MAX_ANSWER
            )
            answer = response.body
        except ResponseTooLarge as error:
            response, answer = error.response, error.beginning
        except (Blocked, BadUrl) as error:
            return made(State.REFUSED, error=str(error)[:MAX_ERROR])
        except Unreachable as error:
            return self._or_failed(made(State.WAITING, error=str(error)[:MAX_ERROR], again=True))
        return self._or_failed(self._answered(made, response, answer))

    def _answered(self, made: Callable[..., Attempt], response: Response, answer: bytes) -> Attempt:
        status = response.status
        told = {"status": status, "answer": answer.decode("utf-8", "replace").replace("\0", "\ufffd")}
        if 200 <= status < 300:
            return made(State.DELIVERED, **told)
        if status in RETRIED or status >= 500:
            after_s = retry_after(response.headers.get("retry-after", ""), self._context.now().timestamp())
            return made(State.WAITING, **told, again=True, after_s=after_s)
        return made(State.REFUSED, **told)

    def _or_failed(self, attempt: Attempt) -> Attempt:
        return final(attempt) if attempt.delivery.attempts + 1 >= MAX_ATTEMPTS else attempt

    async def _store(self, run: _Run) -> None:
        """Write the outcomes of attempts."""
        done, run.unstored = run.unstored, []
        run.stored_at = self._clock()
        if not done:
            return
        await atomic(self._write, run.hook.id, done)
        failing = run.hook.failing_since is not None
        if failing and any(attempt.state is State.DELIVERED for attempt in done):
            await self._webhooks.set_failing(run.hook.id, None)
            run.hook = self._webhooks.get(run.hook.id) or run.hook

    async def _write(self, webhook_id: int, done: Sequence[Attempt]) -> None:
        for attempt in done:
            expired = attempt.state is State.EXPIRED
            told = (
                {}
                if expired
                else {
                    "attempts": attempt.delivery.attempts + 1,
                    "sent_at": attempt.sent_at,
                    "duration_ms": attempt.duration_ms,
                    "status": attempt.status,
                    "answer": attempt.answer,
                    "error": attempt.error,
                    "headers": attempt.headers,
                }
            )
            await WebhookDeliveryRow.filter(id=attempt.delivery.id).update(state=attempt.state.value, **told)
        used = [attempt.sent_at for attempt in done if attempt.status is not None]
        if used:
            await WebhookRow.filter(id=webhook_id).update(last_used_at=max(used))


def final(attempt: Attempt) -> Attempt:
    """Return an attempt that failed, and after which no other is made."""
    return replace(attempt, state=State.FAILED, again=False)


GIVEN_UP = {
    Disabled.GONE: "its receiver says that it is gone (410)",
    Disabled.FAILING: f"its receiver has failed for {GIVE_UP.days} days",
}
