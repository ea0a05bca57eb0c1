"""Our own keys: made once per channel and one for the node, kept in the database, and parsed in memory.

A key that takes the place of another has a URL of its own, so that no server checks its signatures with the copy it has
of the other. The one before is kept for a while: what tells of the change is signed with what others know.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError

from activitypub.signatures.keys import PrivateKey, SigningKey, load_private, make_rsa
from fedistream.db import after_commit, atomic
from fedistream.db.versions import bump_version
from fedistream.federation.models import FederationKeyRow
from fedistream.federation.urls import ActorUrls

NODE = 0  # in place of a channel's id
CACHE_KEY = "keys"  # under which changes are counted, for the copies of other processes
KEEP_OLD = timedelta(days=4)  # longer than anything is tried to be delivered
NAME = "main-key"


def key_id(actor: str) -> str:
    """The key of an actor as jobs name it: whichever it has when they are done."""
    return f"{actor}#{NAME}"


def numbered(actor: str, number: int) -> str:
    """One of the keys that an actor has had, as jobs name it."""
    return f"{actor}#{NAME}-{number}"


@dataclass(frozen=True, slots=True)
class _Kept:
    """`number` is 1 for the first key of an actor."""

    number: int
    key: PrivateKey
    old: PrivateKey | None = None

    def under(self, actor: str, fragment: str) -> SigningKey:
        """The key that a job has named, or the present one if that is gone."""
        if self.old is not None and fragment == f"{NAME}-{self.number - 1}":
            return SigningKey(_public_id(actor, self.number - 1), self.old)
        return SigningKey(_public_id(actor, self.number), self.key)


class Keys:
    def __init__(self, addresses: ActorUrls, now: Callable[[], datetime]) -> None:
        self._addresses, self._now = addresses, now
        self._kept: dict[int, _Kept] = {}
        self._loading = asyncio.Lock()

    async def open(self, channel_ids: Iterable[int]) -> None:
        """Load the keys of these channels and the node's own, and make those that are missing."""
        for each in (NODE, *channel_ids):
            await self.of(each)

    async def reload(self) -> None:
        """Read them anew when they are asked for: another process may have changed them."""
        self._kept.clear()

    async def of(self, channel_id: int) -> PrivateKey:
        """The key of a channel, made when it is asked for the first time."""
        return (await self._of(channel_id)).key

    async def signing_key(self, identifier: str) -> SigningKey | None:
        """The key that a job names, for signing; None if no actor of ours has it. Raises Off."""
        actor, _, fragment = identifier.partition("#")
        if actor == self._addresses.site().node:
            return (await self._of(NODE)).under(actor, fragment)
        channel = self._addresses.by_actor(actor)
        return (await self._of(channel.id)).under(actor, fragment) if channel else None

    async def present(self, actor: str, channel_id: int) -> SigningKey:
        """The key that the actor of a channel, or of NODE, has now, under the URL that others find it by."""
        return (await self._of(channel_id)).under(actor, NAME)

    async def node(self) -> SigningKey:
        """The node's own. Raises Off."""
        return await self.present(self._addresses.site().node, NODE)

    async def rotate(self, channel_id: int, pem: str) -> int:
        """Give a channel another key, in a transaction. Returns the number of the one it had, which is kept; 0 if it
        never had one."""
        # from its row: in a transaction nobody may wait for a task that itself waits for the database
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
        """Forget the former keys that nobody can expect any more."""
        found = FederationKeyRow.filter(changed_at__lt=self._now() - KEEP_OLD, old_pem__isnull=False)
        if await found.exists():
            await atomic(self._forget_old)

    async def _forget_old(self) -> None:
        await FederationKeyRow.filter(changed_at__lt=self._now() - KEEP_OLD).update(old_pem=None)
        await bump_version(CACHE_KEY)
        after_commit(self._kept.clear)

    async def _of(self, channel_id: int) -> _Kept:
        if channel_id not in self._kept:
            # a burst's first deliveries all ask at once, and to parse and check a key takes 30 ms
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
            # another process, or another task, was faster: there must be but one
            return await FederationKeyRow.get(channel_id=channel_id)

    async def _store(self, channel_id: int, pem: str) -> FederationKeyRow:
        return await FederationKeyRow.create(channel_id=channel_id, pem=pem, created_at=self._now())


async def make_pem() -> str:
    """A new private key."""
    # in a thread: the loop would stand for 50 ms, and at times for a second
    return await asyncio.to_thread(lambda: make_rsa().pem())


def _load(row: FederationKeyRow) -> _Kept:
    return _Kept(row.number, load_private(row.pem), load_private(row.old_pem) if row.old_pem else None)


def _public_id(actor: str, number: int) -> str:
    return key_id(actor) if number == 1 else numbered(actor, number)
