"""Our own keys: one for each channel and one for the node, stored in the database and parsed in memory.

A key that replaces another has its own URL, so that no server verifies its signatures with a cached copy of the former
key. The former key is kept for a while, because the Update about the change has to be signed with a known key.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from tortoise.exceptions import IntegrityError

from activitypub.signatures.keys import PrivateKey, SigningKey, library_loaded, load_library, load_private, make_rsa
from fedistream.db import after_commit, atomic
from fedistream.db.versions import bump_version
from fedistream.federation.models import FederationKeyRow
from fedistream.federation.urls import ActorUrls

NODE = 0  # in place of a channel's id
CACHE_KEY = "keys"  # the version counter by which other processes refresh their copies
KEEP_OLD = timedelta(days=4)  # longer than any delivery is retried
NAME = "main-key"


def key_id(actor: str) -> str:
    """Return the id by which jobs name an actor's key: the one it has when the job runs."""
    return f"{actor}#{NAME}"


def numbered(actor: str, number: int) -> str:
    """Return the id by which jobs name one certain key of an actor."""
    return f"{actor}#{NAME}-{number}"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A parsed key. `number` is 1 for the first key of an actor."""

    number: int
    key: PrivateKey
    old: PrivateKey | None = None

    def under(self, actor: str, fragment: str) -> SigningKey:
        """Return the key that a job names, or the present key if that one is gone."""
        if self.old is not None and fragment == f"{NAME}-{self.number - 1}":
            return SigningKey(_public_id(actor, self.number - 1), self.old)
        return SigningKey(_public_id(actor, self.number), self.key)


class Keys:
    def __init__(self, addresses: ActorUrls, now: Callable[[], datetime]) -> None:
        self._addresses, self._now = addresses, now
        self._kept: dict[int, _Kept] = {}
        self._loading = asyncio.Lock()

    async def open(self, channel_ids: Iterable[int]) -> None:
        """Make the missing keys of these channels and of the node. They are parsed when they are first used."""
        found = await FederationKeyRow.all().values_list("channel_id", flat=True)
        for each in {NODE, *channel_ids}.difference(found):
            await self.of(each)

    async def reload(self) -> None:
        """Drop the parsed keys, to read them again on demand: another process may have changed them."""
        self._kept.clear()

    async def of(self, channel_id: int) -> PrivateKey:
        """Return the key of a channel, which is created on first use."""
        return (await self._of(channel_id)).key

    async def signing_key(self, identifier: str) -> SigningKey | None:
        """Return the signing key that a job names; None if it belongs to no actor of ours. Raises Off."""
        actor, _, fragment = identifier.partition("#")
        if actor == self._addresses.site().node:
            return (await self._of(NODE)).under(actor, fragment)
        channel = self._addresses.by_actor(actor)
        return (await self._of(channel.id)).under(actor, fragment) if channel else None

    async def present(self, actor: str, channel_id: int) -> SigningKey:
        """Return the present key of a channel's actor, or of NODE, under its public URL."""
        return (await self._of(channel_id)).under(actor, NAME)

    async def node(self) -> SigningKey:
        """Return the node's own key. Raises Off."""
        return await self.present(self._addresses.site().node, NODE)

    async def rotate(self, channel_id: int, pem: str) -> int:
        """Give a channel another key, in a transaction. Returns the number of the former key, which is kept, or 0 if
        there was none."""
        # read the row: in a transaction nothing may wait for a task that waits for the database itself
        row = await self._stored(channel_id)
        if row is None:
            return 0
        await FederationKeyRow.filter(id=row.id).update(
            pem=pem, old_pem=row.pem, number=row.number + 1, changed_at=self._now()
        )
        await bump_version(CACHE_KEY)
        after_commit(self._kept.clear)
        return int(row.number)

    async def prune(self) -> None:
        """Delete the former keys that no server expects any more."""
        found = FederationKeyRow.filter(changed_at__lt=self._now() - KEEP_OLD, old_pem__isnull=False)
        if await found.exists():
            await atomic(self._forget_old)

    async def _forget_old(self) -> None:
        await FederationKeyRow.filter(changed_at__lt=self._now() - KEEP_OLD).update(old_pem=None)
        await bump_version(CACHE_KEY)
        after_commit(self._kept.clear)

    async def _of(self, channel_id: int) -> _Kept:
        if channel_id not in self._kept:
            # the first deliveries of a burst ask at once, and to parse and check a key takes 30 ms
            async with self._loading:
                if channel_id not in self._kept:
                    row = await self._stored(channel_id) or await self._make(channel_id)
                    self._kept[channel_id] = await asyncio.to_thread(_load, row)
        return self._kept[channel_id]

    async def _stored(self, channel_id: int) -> FederationKeyRow | None:
        return await FederationKeyRow.get_or_none(channel_id=channel_id)

    async def _make(self, channel_id: int) -> FederationKeyRow:
        pem = await make_pem()
        try:
            return await atomic(self._store, channel_id, pem)
        except IntegrityError:
            # another process or task was faster: there must be only one key
            return await FederationKeyRow.get(channel_id=channel_id)

    async def _store(self, channel_id: int, pem: str) -> FederationKeyRow:
        return await FederationKeyRow.create(channel_id=channel_id, pem=pem, created_at=self._now())


async def load_signatures() -> None:
    """Load what signatures are verified with, before the first one is."""
    if not library_loaded():
        # in a thread: it would block the event loop for 50 ms, in which no video is sent
        await asyncio.to_thread(load_library)


async def make_pem() -> str:
    """Return a new private key as PEM."""
    # in a thread: it would block the event loop for 50 ms, at times for a second
    return await asyncio.to_thread(lambda: make_rsa().pem())


def _load(row: FederationKeyRow) -> _Kept:
    return _Kept(row.number, _parsed(row.pem), _parsed(row.old_pem) if row.old_pem else None)


@lru_cache(maxsize=8)
def _parsed(pem: str) -> PrivateKey:
    """Parse and check a key, which takes 30 ms. Kept, as all are read again when another process has changed one."""
    return load_private(pem)


def _public_id(actor: str, number: int) -> str:
    return key_id(actor) if number == 1 else numbered(actor, number)
