"""Fetches signed by the node's own actor, under the node's present address."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from activitypub.actor import Actor
from activitypub.discovery import find_account, verify_handle
from activitypub.network.fetch import FetchedDocument, Fetcher, FetchFailed
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.network.http_client import HttpClient
from activitypub.network.schemes import Schemes
from activitypub.network.transport import Clock
from activitypub.urls import authority
from activitypub.webfinger import Handle
from fedistream.core.supervisor import go
from fedistream.db import atomic
from fedistream.federation.blocks import Blocks
from fedistream.federation.keys import Keys
from fedistream.federation.posts.values import Mention
from fedistream.federation.values import Off

log = logging.getLogger(__name__)

MAX_WAITING = 500  # actors whose handles are not confirmed yet


class SignedFetcher:
    """Fetch with signatures; a `DocumentFetcher` of the library, to be wrapped in its FetchLimiter. Raises Off beside
    FetchFailed."""

    def __init__(self, http_client: HttpClient, keys: Keys, schemes: Schemes, clock: Clock) -> None:
        self._http_client, self._keys, self._schemes, self._clock = http_client, keys, schemes, clock

    async def activity(self, url: str) -> FetchedDocument:
        return await (await self._fetcher()).activity(url)

    async def key_document(self, url: str) -> FetchedDocument:
        return await (await self._fetcher()).key_document(url)

    async def json(self, url: str) -> FetchedDocument:
        return await (await self._fetcher()).json(url)

    async def _fetcher(self) -> Fetcher:
        return Fetcher(self._http_client, await self._keys.node(), self._schemes, self._clock)


class Handles:
    """Confirm the handles of actors with their servers, one after the other, apart from the inbox. Has to be closed.

    An actor keeps the host of its URL when its server does not answer or too many actors wait; it is asked again after
    the actor changes its name. `put` stores the handle of a URL, in a transaction.
    """

    def __init__(self, fetches: DocumentFetcher, put: Callable[[str, str], Awaitable[None]]) -> None:
        self._fetches, self._put = fetches, put
        self._told: Callable[[str, str], Awaitable[None]] = _to_nobody
        self._waiting: deque[Actor] = deque()
        self._asking: asyncio.Task[None] | None = None

    def tell(self, told: Callable[[str, str], Awaitable[None]]) -> None:
        """Call `told(url, handle)` for each handle that was stored."""
        self._told = told

    def ask(self, actor: Actor) -> None:
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(actor)
            if self._asking is None:
                self._asking = go("handles", self._ask())

    async def close(self) -> None:
        self._waiting.clear()
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _ask(self) -> None:
        try:
            while self._waiting:
                try:
                    await self._ask_of(self._waiting.popleft())
                except Exception:
                    # a database that is busy once must not delay the others
                    log.exception("a remote actor's handle could not be stored")
        finally:
            self._asking = None

    async def _ask_of(self, actor: Actor) -> None:
        try:
            found = await verify_handle(actor, self._fetches)
        except (FetchFailed, Off) as failed:
            log.info("the handle of %s was not found: %s", actor.id, failed)
            return
        # no write where nothing changed: it would only delay other writers
        if found.host != authority(actor.id):
            handle = f"{found.user}@{found.host}"
            await atomic(self._put, actor.id, handle)
            await self._told(actor.id, handle)


async def _to_nobody(actor: str, handle: str) -> None:
    """Do nothing: no listener is set yet."""


class AccountLookup:
    """Look up the actors of handles, for posts that mention them."""

    def __init__(self, fetches: DocumentFetcher, blocks: Blocks) -> None:
        self._fetches, self._blocks = fetches, blocks

    async def find(self, handle: Handle) -> Mention | None:
        """Return the actor of a handle; None when it is not found, or is blocked here, or has no inbox."""
        try:
            found = await find_account(handle, self._fetches)
        except FetchFailed as failed:
            log.info("the account %s was not found: %s", handle, failed)
            return None
        actor = found.actor
        if not actor.is_complete or actor.id in self._blocks:
            return None
        # keep the handle as typed: under a canonical one, the text would not match
        return Mention(actor.id, f"{handle.user}@{handle.host}", actor.inbox, actor.shared_inbox or "")
