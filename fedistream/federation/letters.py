"""What a channel sends to others: documents made into jobs of the outbox, in the transaction of their cause."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from activitypub.addressing import Recipient
from activitypub.urls import authority
from activitypub.vocabulary import compose
from fedistream.federation.addresses import Addresses, Channel
from fedistream.federation.keys import key_id
from fedistream.federation.models import FollowerRow
from fedistream.federation.values import State
from fedistream.jobs.job import NewJob, Promises

Deliveries = Callable[..., NewJob]
"""`jobs.handlers.activity(document, inbox, key_id, group=...)`."""


class Letters:
    """`token` makes the part of an activity's id that has to be new each time."""

    def __init__(self, outbox: Promises, delivery: Deliveries, addresses: Addresses, token: Callable[[], str]) -> None:
        self._outbox, self._delivery, self._addresses, self._token = outbox, delivery, addresses, token

    async def answer(self, kind: str, channel: Channel, follower: FollowerRow, inbox: str) -> None:
        """Send the Accept or Reject of a Follow. The group keeps both in the order they were said."""
        actor = self._addresses.actor(channel)
        document = compose.answer(kind, f"{actor}#{kind.lower()}/{self._token()}", actor, follower.follow)
        await self._send(document, actor, [inbox], f"follow {actor}")

    async def followers(self, channel: Channel) -> list[Recipient]:
        """All of them, as recipients."""
        rows = await FollowerRow.filter(channel_id=channel.id, state=State.ACCEPTED.value).select_related("actor")
        return [Recipient(row.actor.url, row.actor.inbox, row.actor.shared_inbox or None) for row in rows]

    async def send(
        self,
        channel: Channel,
        document: Mapping[str, Any],
        to: Iterable[str],
        about: str,
        expires_at: float | None = None,
    ) -> None:
        """Send a document to these inboxes, after all that was sent to their hosts `about` the same before, and not
        after `expires_at` (Unix seconds)."""
        await self._send(document, self._addresses.actor(channel), to, about, expires_at)

    async def _send(
        self,
        document: Mapping[str, Any],
        actor: str,
        to: Iterable[str],
        about: str,
        expires_at: float | None = None,
    ) -> None:
        signed_by = key_id(actor)
        jobs = [
            self._delivery(document, inbox, signed_by, group=f"{authority(inbox)} {about}", expires_at=expires_at)
            for inbox in to
        ]
        if jobs:
            await self._outbox.put(jobs)
