"""Delivers push messages (RFC 8030): to all browsers of a channel in steps, and to one browser by one request.

A job for each browser would fill the outbox: with thousands for one push service in front, jobs to other servers wait.
So a step sends to some browsers itself, and only those that have to be tried again get jobs.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import orjson

from activitypub.network.deliver import retry_after
from activitypub.network.guard import Blocked
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.signatures.request import outgoing_request
from activitypub.urls import BadUrl
from fedistream.core.ports import SettingsReader
from fedistream.jobs.job import Done, Job, JobQueue, NewJob, Outcome, Retry
from fedistream.notifications.encryption import CODING, Signer, encrypt
from fedistream.notifications.models import PushSubscriptionRow
from fedistream.notifications.subscription_json import decode
from fedistream.notifications.values import MAX_REFUSALS, Message, Subscription
from fedistream.notifications.vapid import vapid_key

log = logging.getLogger(__name__)

PUSH_ALL, PUSH = "push_all", "push"  # kinds of jobs; they never change
BATCH = 50  # browsers in one step; a worker that is killed repeats the step
AT_ONCE = 16  # requests of a step; a step lasts 20 s at most, of the 120 s that a job may take
TRY_S = 5.0  # for one request of a step; a service that is slower is tried again by a job of its own
FIRST_RETRY_S = 1.0
MAX_ANSWER = 2048  # bytes
ICON = "/logo/external"
GONE = frozenset({404, 410})  # RFC 8030, section 7.3; some services answer 410
RETRIED = frozenset({408, 425, 429})


def push_all(channel_id: int, message: Message, cause: str, expires_at: float) -> NewJob:
    """Return the job of sending a message to all browsers of a channel, once for this cause."""
    body = {"channel": channel_id, "message": asdict(message), "cause": cause, "after": 0}
    return NewJob(PUSH_ALL, body, once=f"{PUSH_ALL} {cause} 0", expires_at=expires_at)


def push(subscription_id: int, endpoint: str, message: Mapping[str, str], cause: str, expires_at: float) -> NewJob:
    """Return the job of sending a message to one browser, once for this cause."""
    body = {"subscription": subscription_id, "message": message}
    return NewJob(PUSH, body, endpoint, once=f"{PUSH} {cause} {subscription_id}", expires_at=expires_at)


class PushSender:
    """Handles the job of a message to one browser. `now` is the time of day."""

    def __init__(self, transport: Transport, settings: SettingsReader, now: Callable[[], datetime]) -> None:
        self._transport, self._settings, self._now = transport, settings, now
        self._signer = Signer()

    async def __call__(self, job: Job) -> Outcome:
        row = await PushSubscriptionRow.get_or_none(id=job.body["subscription"])
        if row is None:  # it was cancelled meanwhile
            return Done()
        return await self.send(row, job.body["message"], job.expires_at)

    async def send(self, row: PushSubscriptionRow, message: Mapping[str, str], expires_at: float | None) -> Outcome:
        """Send a message to one browser. A subscription that is gone, or refused too often, is deleted."""
        subscription = Subscription(row.endpoint, decode(row.p256dh), decode(row.auth))
        try:
            response = await self._post(subscription, message, expires_at)
        except (Blocked, BadUrl) as error:
            return await self._refused(row, str(error))
        except Unreachable as error:
            return Retry(None, str(error))
        if 200 <= response.status < 300:
            if row.refusals:
                await PushSubscriptionRow.filter(id=row.id).update(refusals=0)
            return Done()
        if response.status in GONE:
            await PushSubscriptionRow.filter(id=row.id).delete()
            return Done()
        if response.status in RETRIED or response.status >= 500:
            wait_s = retry_after(response.headers.get("retry-after", ""), self._now().timestamp())
            return Retry(wait_s, f"status {response.status}")
        return await self._refused(row, f"status {response.status}")

    async def _post(self, subscription: Subscription, message: Mapping[str, str], expires_at: float | None) -> Response:
        now = self._now().timestamp()
        left_s = max(0, int((expires_at or now) - now))
        # the keys must be as text: a person who has a contact can write to them
        contact = str(self._settings.value("node.public_url"))
        headers = {
            "content-type": "application/octet-stream",
            "content-encoding": CODING,
            "ttl": str(left_s),
            "urgency": message["urgency"],
            "topic": message["topic"],
            "authorization": self._signer.authorization(
                await vapid_key(), subscription.endpoint, contact if contact.startswith("https:") else "", now
            ),
        }
        body = encrypt(subscription, payload(message))
        request = outgoing_request("POST", subscription.endpoint, headers.items(), body)
        try:
            return await self._transport.send(request, max_body=MAX_ANSWER)
        except ResponseTooLarge as error:
            return error.response

    async def _refused(self, row: PushSubscriptionRow, why: str) -> Outcome:
        """Note an answer that will not change. A subscription that is refused each time is of no use."""
        refusals = row.refusals + 1
        if refusals >= MAX_REFUSALS:
            await PushSubscriptionRow.filter(id=row.id).delete()
        else:
            await PushSubscriptionRow.filter(id=row.id).update(refusals=refusals)
        log.info("push subscription %d was refused (%s), for the %d. time", row.id, why, refusals)
        return Done()


class FanOut:
    """Handles the job of a message to all browsers: sends it to the next ones, and puts a job for those after them."""

    def __init__(self, jobs: JobQueue, sender: PushSender, now: Callable[[], datetime]) -> None:
        self._jobs, self._sender, self._now = jobs, sender, now

    async def __call__(self, job: Job) -> Outcome:
        body, expires_at = job.body, job.expires_at or job.created_at
        rows = PushSubscriptionRow.filter(channel_id=body["channel"], id__gt=body["after"])
        some = await rows.order_by("id").limit(BATCH)
        slots = asyncio.Semaphore(AT_ONCE)
        outcomes = await asyncio.gather(*(self._try(row, body["message"], expires_at, slots) for row in some))
        now = self._now().timestamp()
        new = []
        for row, outcome in zip(some, outcomes, strict=True):
            if isinstance(outcome, Retry):
                due = now + max(FIRST_RETRY_S, outcome.after_s or 0.0)
                again = push(row.id, row.endpoint, body["message"], body["cause"], expires_at)
                new += [replace(again, due=due)] if due < expires_at else []
        if len(some) == BATCH:
            last = some[-1].id
            once = f"{PUSH_ALL} {body['cause']} {last}"
            new.append(NewJob(PUSH_ALL, {**body, "after": last}, once=once, expires_at=expires_at))
        await self._jobs.put(new)
        return Done()

    async def _try(
        self, row: PushSubscriptionRow, message: Mapping[str, str], expires_at: float, slots: asyncio.Semaphore
    ) -> Outcome:
        """Send to one browser. An error must not keep the message from the others."""
        try:
            async with slots, asyncio.timeout(TRY_S):
                return await self._sender.send(row, message, expires_at)
        except TimeoutError:
            return Retry(None, f"it took more than {TRY_S:g} s")
        except Exception as error:
            log.exception("the message to push subscription %d failed", row.id)
            return Retry(None, f"{type(error).__name__}: {error}")


def payload(message: Mapping[str, Any]) -> bytes:
    """Return what the service worker reads. Title, body, icon and tag are as in the messages of other servers, whose
    service workers may still run in browsers that subscribed before the move."""
    return orjson.dumps({"icon": ICON, **{name: message[name] for name in ("title", "body", "tag", "url")}})
