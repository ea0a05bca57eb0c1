"""A key cache and a replay store in memory, for programs that use this library without a database.

Both lose everything when the process ends: keys are fetched again, and activities from before are not recognised.
"""

from collections.abc import Collection

from activitypub.bounded_dict import BoundedDict
from activitypub.discovery import find_signer
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.network.transport import Clock
from activitypub.signer import Missing, Signer
from activitypub.urls import BadUrl, parse_url

REFRESH_S = 300.0  # a key is not fetched again within 5 minutes, whatever signatures arrive
SEEN_S = 7 * 86_400.0  # longer than any server keeps trying to deliver an activity
MAX_KEPT = 10_000  # signers, and replay keys; the oldest are dropped


class MemoryKeyResolver:
    """A `KeyResolver` that fetches keys with `fetcher`, and keeps the last `max_kept` of them.

    `blocked` are host names, whose subdomains are blocked too, and URLs of actors. `clock` returns Unix seconds.
    """

    def __init__(
        self, fetcher: DocumentFetcher, clock: Clock, *, blocked: Collection[str] = (), max_kept: int = MAX_KEPT
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._blocked = frozenset(blocked)
        self._kept: BoundedDict[str, tuple[Signer, float]] = BoundedDict(max_kept)

    def is_blocked(self, url: str) -> bool:
        """Return whether this URL or its host is blocked. Text that is no URL is blocked as well."""
        try:
            host = parse_url(url).host
        except BadUrl:
            return True
        labels = host.split(".")
        parents = {".".join(labels[at:]) for at in range(len(labels))}
        return url in self._blocked or not parents.isdisjoint(self._blocked)

    async def resolve(self, key_id: str) -> Signer | Missing:
        """Return the cached signer, or fetch it. Never raises for what the server does."""
        kept = self._kept.get(key_id)
        return kept[0] if kept else await self._fetch(key_id)

    async def refresh(self, signer: Signer) -> Signer | None:
        """Fetch the signer again; None if it was fetched within 5 minutes, or is gone."""
        kept = self._kept.get(signer.key_id)
        if kept is not None and self._clock() - kept[1] < REFRESH_S:
            return None
        found = await self._fetch(signer.key_id)
        return found if isinstance(found, Signer) else None

    async def _fetch(self, key_id: str) -> Signer | Missing:
        found = await find_signer(key_id, self._fetcher)
        # an incomplete actor is the stub that some servers send when they refuse a fetch
        if isinstance(found, Signer) and found.actor.is_complete:
            self._kept[key_id] = (found, self._clock())
        return found


class MemoryInboxStore:
    """An `InboxStore` that remembers activities for `seen_s` seconds, at most `max_kept`.

    `actors` are the actors that something is known about, such as followers: add them and remove them yourself.
    """

    def __init__(self, clock: Clock, *, seen_s: float = SEEN_S, max_kept: int = MAX_KEPT) -> None:
        self.actors: set[str] = set()
        self._clock = clock
        self._seen_s = seen_s
        self._seen: BoundedDict[str, float] = BoundedDict(max_kept)

    async def knows_actor(self, actor: str) -> bool:
        """Return whether `actor` is one of `actors`."""
        return actor in self.actors

    async def was_seen(self, replay_key: str) -> bool:
        """Return whether `mark_seen` was called with this key in the last `seen_s` seconds."""
        return self._clock() < self._seen.get(replay_key, 0.0)

    def mark_seen(self, replay_key: str) -> bool:
        """Remember a verified activity. Return False if it was there already: act on it only if this returns True."""
        now = self._clock()
        if now < self._seen.get(replay_key, 0.0):
            return False
        self._seen[replay_key] = now + self._seen_s
        return True

    def forget(self, replay_key: str) -> None:
        """Accept an activity with this key again, for example because its Undo arrived (see `reversals`)."""
        self._seen.pop(replay_key, None)
