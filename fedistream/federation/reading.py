"""Fetching with the signature of the node's own actor, under the address that the node has at the moment."""

import logging

from activitypub.discovery import find_account
from activitypub.fetch import Clock, Fetched, Fetcher, FetchFailed
from activitypub.outside import Outside
from activitypub.restraint import Fetches
from activitypub.schemes import Schemes
from activitypub.webfinger import Handle
from fedistream.federation.blocks import Blocks
from fedistream.federation.keys import Keys
from fedistream.federation.writing import Mention

log = logging.getLogger(__name__)


class Reading:
    """`activitypub.restraint.Fetches`, to be wrapped in a RestrainedFetcher. Raises Off beside FetchFailed."""

    def __init__(self, outside: Outside, keys: Keys, schemes: Schemes, clock: Clock) -> None:
        self._outside, self._keys, self._schemes, self._clock = outside, keys, schemes, clock

    async def activity(self, url: str) -> Fetched:
        return await (await self._fetcher()).activity(url)

    async def key_document(self, url: str) -> Fetched:
        return await (await self._fetcher()).key_document(url)

    async def json(self, url: str) -> Fetched:
        return await (await self._fetcher()).json(url)

    async def _fetcher(self) -> Fetcher:
        return Fetcher(self._outside, await self._keys.node(), self._schemes, self._clock)


class Accounts:
    """Who is behind a handle, for posts that mention somebody."""

    def __init__(self, fetches: Fetches, blocks: Blocks) -> None:
        self._fetches, self._blocks = fetches, blocks

    async def find(self, handle: Handle) -> Mention | None:
        """None for who cannot be found, is somebody whom we do not want to hear, or cannot hear us."""
        try:
            found = await find_account(handle, self._fetches)
        except FetchFailed as failed:
            log.info("the account %s was not found: %s", handle, failed)
            return None
        actor = found.actor
        if not actor.complete or actor.id in self._blocks:
            return None
        # by the handle that was typed: where it leads to another one, the text would not be found again
        return Mention(actor.id, f"{handle.user}@{handle.host}", actor.inbox, actor.shared_inbox or "")
