"""Sends deliveries, those of one webhook in their order, and handles the jobs of the queues.

New deliveries of a webhook for which nothing waits are sent from memory (a chain). Everything else is sent by the job
of the webhook's queue, which one worker takes at a time: what failed, and what a killed worker left.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from fedistream.core.supervisor import go
from fedistream.jobs.job import Done, Job, Outcome, Retry
from fedistream.webhooks.attempts import Attempt, Poster, Recorder, final
from fedistream.webhooks.models import WebhookDeliveryRow
from fedistream.webhooks.service import AHEAD_S, Webhooks, drain
from fedistream.webhooks.values import GIVE_UP, Disabled, State, Webhook

log = logging.getLogger(__name__)

BATCH = 20  # deliveries that are read at once
STORE_S = 0.25  # outcomes are stored at least so often
TURN_S = 45.0  # then other jobs have a turn; a worker ends a job after 120 s
AGAIN_S = 1.0  # before the second attempt
# a delivery in a chain is left alone by others for so long, unless its worker is known to be dead
BUSY = timedelta(seconds=60)
ATTEMPT = timedelta(seconds=20)  # more than the longest attempt
LOOK_S = 2.0  # how often the queue looks whether another worker's chain has ended
CLOSE_S = 1.0
MAX_CHAIN = 500  # deliveries of one webhook in memory
GONE = 410
GIVEN_UP = {
    Disabled.GONE: "its receiver says that it is gone (410)",
    Disabled.FAILING: f"its receiver has failed for {GIVE_UP.days} days",
}


@dataclass(slots=True)
class _Run:
    """The work of one job or of one chain so far. `unstored` are attempts whose outcomes are not stored yet."""

    hook: Webhook
    began: float
    stored_at: float
    unstored: list[Attempt] = field(default_factory=list)
    succeeded: bool = False


@dataclass(slots=True)
class _Chain:
    """Deliveries of one webhook in memory, in their order."""

    waiting: deque[WebhookDeliveryRow]
    task: "asyncio.Task[None] | None" = None
    full: bool = False


class Sender:
    """Sends deliveries. `owner` names this worker, and `is_dead` tells whether the worker with a name is known to be
    dead. `clock` returns monotonic seconds."""

    def __init__(
        self,
        webhooks: Webhooks,
        poster: Poster,
        owner: str,
        is_dead: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._webhooks, self._context = webhooks, webhooks.context
        self._poster, self._clock = poster, clock
        self.owner, self._is_dead = owner, is_dead
        self._recorder = Recorder()
        self._chains: dict[int, _Chain] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def takes_more(self, webhook_id: int) -> bool:
        """Return whether there is a chain of this webhook that takes more deliveries."""
        chain = self._chains.get(webhook_id)
        if chain is None:
            return False
        # a chain that was full takes none any more: some wait behind it in the queue
        chain.full = chain.full or len(chain.waiting) >= MAX_CHAIN
        return not chain.full

    def send(self, hook: Webhook, deliveries: Sequence[WebhookDeliveryRow]) -> None:
        """Send new deliveries, which are stored as busy by this worker, behind those of the webhook's chain."""
        chain = self._chains.get(hook.id)
        if chain is not None:
            chain.waiting.extend(deliveries)
            return
        chain = self._chains[hook.id] = _Chain(deque(deliveries))
        chain.task = go(f"webhook {hook.id}", self._follow(hook, chain))
        self._tasks.add(chain.task)
        chain.task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until all chains have ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self, within_s: float = CLOSE_S) -> None:
        """Finish the attempts that run, and leave the rest to the queues."""
        self._closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.settle()

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
            await self._store(run)  # also when it is cancelled: what was sent must not be sent twice

    async def release(self, deliveries: Sequence[WebhookDeliveryRow]) -> None:
        """Leave deliveries to the webhook's queue."""
        left = [row.once for row in deliveries]
        await WebhookDeliveryRow.filter(once__in=left, state=State.WAITING.value).update(busy_until=None)

    async def _follow(self, hook: Webhook, chain: _Chain) -> None:
        """Send a chain, until nothing is left or an attempt fails."""
        run = _Run(hook, self._clock(), self._clock())
        try:
            failed = None
            while chain.waiting and not chain.full:
                failed = await self._send_chain(run, chain)
                # until the outcomes are stored, the queue must not send the same ones
                await self._store(run)
        finally:
            # nothing was awaited since the chain was looked at, so nothing can have been added
            del self._chains[hook.id]
        try:
            if chain.waiting:
                await self.release(chain.waiting)
            if failed is not None:
                if await self._still_tried(run, failed):
                    await self._put_queue(run.hook, failed.after_s or AGAIN_S)
            elif chain.full:
                await self._put_queue(run.hook, 0.0)
        except Exception:
            log.exception("the deliveries of webhook %d are sent later", hook.id)

    async def _send_chain(self, run: _Run, chain: _Chain) -> Attempt | None:
        """Send what is in a chain. Returns the attempt that failed, or None. With either, and when the receiver is so
        slow that others may take its deliveries, the chain takes no more."""
        while chain.waiting:
            delivery = chain.waiting[0]
            if self._closing or delivery.busy_until is None or delivery.busy_until - self._context.now() < ATTEMPT:
                chain.full = True
                return None
            attempt = await self._poster.post(run.hook, delivery)
            chain.waiting.popleft()
            run.unstored.append(attempt)
            if attempt.status == GONE or attempt.again:
                chain.full = True
                return attempt
            if self._clock() - run.stored_at >= STORE_S:
                await self._store(run)
        return None

    async def _drain(self, run: _Run) -> Outcome:
        """Send what waits, until nothing is left or an attempt fails."""
        while self._clock() - run.began < TURN_S:
            rows = WebhookDeliveryRow.filter(webhook_id=run.hook.id, state=State.WAITING.value)
            waiting = await rows.order_by("id").limit(BATCH)
            if not waiting:
                return Done()
            if any(self._is_busy(row) for row in waiting):
                chain = self._chains.get(run.hook.id)
                if chain is None or chain.task is None:
                    await self._put_queue(run.hook, LOOK_S)
                    return Done()
                await asyncio.wait([chain.task])
                continue
            failed = await self._send(run, waiting)
            await self._store(run)
            if failed is not None:
                return await self._later(run, failed)
        await self._put_queue(run.hook, 0.0)
        return Done()

    async def _send(self, run: _Run, deliveries: Sequence[WebhookDeliveryRow]) -> Attempt | None:
        """Send deliveries in their order. Returns the attempt that failed, behind which the others wait, or None."""
        for delivery in deliveries:
            attempt = await self._poster.post(run.hook, delivery)
            run.unstored.append(attempt)
            if attempt.status == GONE or attempt.again:
                return attempt
            run.succeeded = run.succeeded or attempt.state is State.DELIVERED
            if self._clock() - run.stored_at >= STORE_S:
                await self._store(run)
        return None

    def _is_busy(self, row: WebhookDeliveryRow) -> bool:
        """Return whether a worker has the delivery in its memory."""
        if row.busy_until is None or row.busy_until <= self._context.now():
            return False
        return row.webhook_id in self._chains if row.busy_by == self.owner else not self._is_dead(row.busy_by)

    async def _later(self, run: _Run, failed: Attempt) -> Outcome:
        """Return when the next attempt is made after one that failed."""
        if not await self._still_tried(run, failed):
            return Done()
        if run.succeeded:  # the pauses begin anew
            await self._put_queue(run.hook, failed.after_s or AGAIN_S)
            return Done()
        return Retry(failed.after_s, failed.why)

    async def _still_tried(self, run: _Run, failed: Attempt) -> bool:
        """Note the failure. Returns whether the webhook is still enabled."""
        now, since = self._context.now(), run.hook.failing_since
        why = Disabled.NO
        if failed.status == GONE:
            why = Disabled.GONE
        elif since is None:
            await self._webhooks.set_failing(run.hook.id, now)
        elif now - since > GIVE_UP:
            why = Disabled.FAILING
        if why is not Disabled.NO:
            await self._webhooks.disable(run.hook.id, why)
            log.warning("webhook %d (%s) is disabled: %s", run.hook.id, run.hook.url, GIVEN_UP[why])
        return why is Disabled.NO

    async def _put_queue(self, hook: Webhook, after_s: float) -> None:
        """Put the job of the webhook's queue."""
        now = self._context.now().timestamp()
        await self._context.jobs.put([drain(hook.id, now + after_s if after_s > 0 else now - AHEAD_S)])

    async def _single(self, hook: Webhook | None, delivery_id: int) -> Outcome:
        """Send one delivery once, whatever waits in the queue, also to a webhook that is disabled."""
        delivery = await WebhookDeliveryRow.get_or_none(id=delivery_id, state=State.SENDING.value)
        if hook is not None and delivery is not None:
            attempt = await self._poster.post(hook, delivery)
            await self._recorder.store([final(attempt) if attempt.again else attempt])
        return Done()

    async def _store(self, run: _Run) -> None:
        """Store the outcomes of attempts, and note when a receiver that failed works again."""
        done, run.unstored = run.unstored, []
        run.stored_at = self._clock()
        await self._recorder.store(done)
        works = any(attempt.state is State.DELIVERED for attempt in done)
        if works and run.hook.failing_since is not None:
            await self._webhooks.set_failing(run.hook.id, None)
            run.hook = self._webhooks.get(run.hook.id) or run.hook
