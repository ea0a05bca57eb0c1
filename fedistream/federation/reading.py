"""Fetching with the signature of the node's own actor, under the address that the node has at the moment."""

from activitypub.fetch import Clock, Fetched, Fetcher
from activitypub.outside import Outside
from activitypub.schemes import Schemes
from fedistream.federation.keys import Keys


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
