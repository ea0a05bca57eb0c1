"""Our own keys: made once per channel and one for the node, kept in the database, and parsed in memory."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from tortoise.exceptions import IntegrityError

from activitypub.signatures.keys import PrivateKey, SigningKey, load_private, make_rsa
from activitypub.urls import without_fragment
from fedistream.db import atomic
from fedistream.federation.addresses import Addresses
from fedistream.federation.models import FederationKeyRow

NODE = 0  # in place of a channel's id


def key_id(actor: str) -> str:
    """The URL of an actor's key: the customary fragment, which every server can follow."""
    return f"{actor}#main-key"


class Keys:
    def __init__(self, addresses: Addresses, now: Callable[[], datetime]) -> None:
        self._addresses, self._now = addresses, now
        self._kept: dict[int, PrivateKey] = {}
        self._loading = asyncio.Lock()

    async def open(self, channel_ids: Iterable[int]) -> None:
        """Load the keys of these channels and the node's own, and make those that are missing."""
        for each in (NODE, *channel_ids):
            await self.of(each)

    async def of(self, channel_id: int) -> PrivateKey:
        """The key of a channel, made when it is asked for the first time."""
        if channel_id not in self._kept:
            # a burst's first deliveries all ask at once, and to parse and check a key takes 30 ms
            async with self._loading:
                if channel_id not in self._kept:
                    pem = await self._stored(channel_id) or await self._make(channel_id)
                    self._kept[channel_id] = await asyncio.to_thread(load_private, pem)
        return self._kept[channel_id]

    async def signing_key(self, identifier: str) -> SigningKey | None:
        """The key under this URL, for signing; None if no actor of ours has it. Raises Off."""
        actor = without_fragment(identifier)
        if actor == self._addresses.site().node:
            return SigningKey(identifier, await self.of(NODE))
        channel = self._addresses.by_actor(actor)
        return SigningKey(identifier, await self.of(channel.id)) if channel else None

    async def node(self) -> SigningKey:
        """The node's own. Raises Off."""
        return SigningKey(key_id(self._addresses.site().node), await self.of(NODE))

    async def _stored(self, channel_id: int) -> str | None:
        row = await FederationKeyRow.get_or_none(channel_id=channel_id)
        return row.pem if row else None

    async def _make(self, channel_id: int) -> str:
        # in a thread: the loop would stand for 50 ms, and at times for a second
        pem = await asyncio.to_thread(lambda: make_rsa().pem())
        try:
            await atomic(self._store, channel_id, pem)
        except IntegrityError:
            # another process, or another task, was faster: there must be but one
            return await self._stored(channel_id) or pem
        return pem

    async def _store(self, channel_id: int, pem: str) -> None:
        await FederationKeyRow.create(channel_id=channel_id, pem=pem, created_at=self._now())
