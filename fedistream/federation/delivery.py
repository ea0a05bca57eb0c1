"""Deliveries of a channel: documents become jobs of the outbox, in the transaction of their cause."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from tortoise.expressions import Q
from tortoise.functions import Min

from activitypub.addressing import Recipient
from activitypub.urls import authority
from activitypub.vocabulary import compose
from fedistream.core.ports import Channel
from fedistream.federation.keys import key_id
from fedistream.federation.models import FollowerRow
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import State
from fedistream.jobs.job import JobQueue, activity


class Delivery:
    """Queue deliveries. `token` returns the unique part of an activity's id."""

    def __init__(self, outbox: JobQueue, addresses: ActorUrls, token: Callable[[], str]) -> None:
        self._outbox, self._addresses, self._token = outbox, addresses, token

    async def answer(self, kind: str, channel: Channel, follower: FollowerRow, inbox: str) -> None:
        """Send the Accept or Reject of a Follow. The job group keeps both in order."""
        actor = self._addresses.actor(channel)
        document = compose.accept_or_reject(kind, f"{actor}#{kind.lower()}/{self._token()}", actor, follower.follow)
        await self._send(document, key_id(actor), [inbox], f"follow {actor}")

    async def followers(self, channel: Channel, mentioned: Collection[str] = ()) -> list[Recipient]:
        """Return the recipients of a delivery to all followers: one for each shared inbox, all followers without one,
        and the actors in `mentioned`."""
        rows = FollowerRow.filter(channel_id=channel.id, state=State.ACCEPTED.value, directory=False)
        # done by the database: to make objects of 10,000 rows takes a second, in which the event loop is blocked
        shared = rows.exclude(actor__shared_inbox="").annotate(actor_url=Min("actor__url"))
        one_each = await shared.group_by("actor__shared_inbox").values_list("actor_url", "actor__shared_inbox")
        alone = rows.filter(Q(actor__shared_inbox="") | Q(actor__url__in=list(mentioned)))
        everybody_else = await alone.values_list("actor__url", "actor__inbox", "actor__shared_inbox")
        return [
            *(Recipient(url, inbox, inbox) for url, inbox in one_each),
            *(Recipient(url, inbox, shared_inbox or None) for url, inbox, shared_inbox in everybody_else),
        ]

    async def send(
        self,
        channel: Channel,
        document: Mapping[str, Any],
        to: Iterable[str],
        about: str,
        expires_at: float | None = None,
        *,
        signed_by: str = "",
    ) -> None:
        """Send a document to these inboxes.

        Each host gets the deliveries `about` the same thing in order. None is sent after `expires_at` (Unix seconds).
        The present key of the channel's actor signs it, unless `signed_by` names another.
        """
        actor = self._addresses.actor(channel)
        await self._send(document, signed_by or key_id(actor), to, about, expires_at)

    async def _send(
        self,
        document: Mapping[str, Any],
        signed_by: str,
        to: Iterable[str],
        about: str,
        expires_at: float | None = None,
    ) -> None:
        jobs = [
            activity(document, inbox, signed_by, group=f"{authority(inbox)} {about}", expires_at=expires_at)
            for inbox in to
        ]
        if jobs:
            await self._outbox.put(jobs)
