"""The browsers that subscribed to the notifications of a channel."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from tortoise.queryset import QuerySet

from activitypub.network.guard import Blocked, Guard, is_public
from fedistream.core.errors import Conflict, Invalid, Outage
from fedistream.core.ports import SettingsReader
from fedistream.core.rate_limit import RateLimiter
from fedistream.db import atomic
from fedistream.notifications.models import PushSubscriptionRow
from fedistream.notifications.subscription_json import FIELD, encode, read
from fedistream.notifications.values import MAX_PER_VISITOR, MAX_SUBSCRIPTIONS, NotificationProblem, Subscription
from fedistream.notifications.vapid import vapid_key

BROWSER = "notifications.browser"
BURST, PER_S = 20, 20 / 3600  # registrations of one network


class PushSubscriptions:
    """Stores and counts subscriptions. `guard` decides which push services are connected to."""

    def __init__(
        self,
        settings: SettingsReader,
        guard: Guard,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._settings, self._guard, self._now = settings, guard, now
        self._limit = RateLimiter(monotonic, burst=BURST, per_s=PER_S)
        self._public_key = ""

    def enabled(self, channel_id: int) -> bool:
        return bool(self._settings.value(BROWSER, channel_id)["enabled"])

    async def public_key(self, channel_id: int) -> str:
        """Return the key that browsers subscribe with, or "" while notifications are off or the key cannot be read."""
        if not self.enabled(channel_id):
            return ""
        if not self._public_key:
            with suppress(Outage):  # pages need no database for the rest
                self._public_key = (await vapid_key()).public
        return self._public_key

    async def register(self, channel_id: int, destination: str, visitor_id: str, network: str) -> None:
        """Store a browser's subscription; one that is known is renewed. Raises Conflict, Invalid and TooMany."""
        if not self.enabled(channel_id):
            raise Conflict(NotificationProblem.OFF)
        self._limit.acquire(network)
        subscription = read(destination)
        self._check_endpoint(subscription.endpoint)
        await atomic(self._store, channel_id, subscription, visitor_id)

    async def unregister(self, channel_id: int, destination: str) -> None:
        """Delete a browser's subscription. No other proof is needed: an endpoint is a secret. Raises Invalid."""
        await _rows(channel_id, read(destination).endpoint).delete()

    async def count(self, channel_id: int) -> int:
        return await PushSubscriptionRow.filter(channel_id=channel_id).count()

    async def find(self, channel_id: int, endpoint: str) -> int | None:
        """Return the id of the subscription with this endpoint, or None."""
        row = await _rows(channel_id, endpoint).first()
        return None if row is None else int(row.id)

    def _check_endpoint(self, endpoint: str) -> None:
        """Raises Invalid for an address that could not be connected to."""
        try:
            parsed = self._guard.check(endpoint)
        except Blocked as error:
            raise Invalid(FIELD, NotificationProblem.ENDPOINT) from error
        host = parsed.host.strip("[]")
        literal = ":" in host or host.replace(".", "").isdigit()
        if (host == "localhost" or (literal and not is_public(host))) and not self._guard.allows(parsed):
            raise Invalid(FIELD, NotificationProblem.ENDPOINT)

    async def _store(self, channel_id: int, subscription: Subscription, visitor_id: str) -> None:
        known = _rows(channel_id, subscription.endpoint)
        keys = {"p256dh": encode(subscription.p256dh), "auth": encode(subscription.auth), "visitor_id": visitor_id}
        if await known.update(**keys, refusals=0):
            return
        if await self.count(channel_id) >= MAX_SUBSCRIPTIONS:
            raise Invalid(FIELD, NotificationProblem.FULL, most=MAX_SUBSCRIPTIONS)
        own = PushSubscriptionRow.filter(channel_id=channel_id, visitor_id=visitor_id)
        too_many = await own.order_by("-id").offset(MAX_PER_VISITOR - 1).limit(MAX_PER_VISITOR)
        await PushSubscriptionRow.filter(id__in=[row.id for row in too_many]).delete()
        # another request of the same browser may have stored it meanwhile
        row = subscription_row(channel_id, subscription, self._now(), visitor_id)
        await PushSubscriptionRow.bulk_create([row], ignore_conflicts=True)


def subscription_row(
    channel_id: int, subscription: Subscription, at: datetime, visitor_id: str = ""
) -> PushSubscriptionRow:
    """Return the row of a new subscription."""
    return PushSubscriptionRow(
        channel_id=channel_id,
        endpoint=subscription.endpoint,
        endpoint_hash=endpoint_hash(subscription.endpoint),
        p256dh=encode(subscription.p256dh),
        auth=encode(subscription.auth),
        visitor_id=visitor_id,
        created_at=at,
    )


def endpoint_hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode("utf-8", "replace")).hexdigest()


def _rows(channel_id: int, endpoint: str) -> QuerySet[PushSubscriptionRow]:
    return PushSubscriptionRow.filter(channel_id=channel_id, endpoint_hash=endpoint_hash(endpoint))
