"""Reports (Flag activities) from other servers, for the admin: the reported actors and posts, the reporter and the
reason.

A Flag often comes from the actor of a whole server, which hides the person that reports. The outcome is not sent back.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from activitypub.inbox import Verified
from activitypub.properties import label
from activitypub.urls import authority
from fedistream.core.errors import NotFound
from fedistream.core.events import Fact, FlagReceived
from fedistream.core.rate_limit import RateLimiter
from fedistream.db import statement
from fedistream.federation.models import FlagRow
from fedistream.federation.posts.service import Posts
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem, Page

MAX_OBJECTS = 50  # of one report that are stored
MAX_CONTENT = 3000  # characters; other servers allow about 1,000
MAX_OPEN = 1000  # more than an admin reads: later reports are answered and dropped
MAX_ID = 2**63 - 1  # the largest integer of the databases
BURST, PER_S = 10, 1 / 600  # for one server
SETTLED_FOR = timedelta(days=90)  # so that the admin can open it again
PRUNE_BATCH = 500  # rows in one statement
_FORGET = """
DELETE FROM flag WHERE settled_at < :before
AND id IN (SELECT id FROM flag WHERE settled_at < :before LIMIT :most)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `objects` are the reported URLs, all ours; `content` is unsafe plain text from elsewhere and may be
    empty."""

    id: int
    channel_id: int
    actor: str
    server: str
    objects: tuple[str, ...]
    content: str
    at: datetime
    settled_at: datetime | None


class Reports:
    """The reports that the admin has received. `limiter` limits each server."""

    def __init__(self, addresses: ActorUrls, posts: Posts, limiter: RateLimiter, now: Callable[[], datetime]) -> None:
        self._addresses, self._posts, self._limiter, self._now = addresses, posts, limiter, now

    async def take(self, verified: Verified) -> list[Fact]:
        """Store a report, in the inbox's transaction.

        A report about nothing of ours is ignored. Raises TooMany for a server that sends more than a person would.
        """
        activity = verified.activity
        server = authority(activity.actor)
        # before any query
        self._limiter.acquire(server)
        channels = await self._channels_of(activity.object_ids[:MAX_OBJECTS])
        if not channels:
            return []
        if await FlagRow.filter(settled_at=None).count() >= MAX_OPEN:
            return []
        channel_id = channels[0][1]
        row = await FlagRow.create(
            channel_id=channel_id,
            actor=activity.actor,
            server=server[:255],
            objects=[url for url, _ in channels],
            content=_plain(activity.content),
            at=self._now(),
        )
        return [FlagReceived(channel_id, row.id, server, row.at)]

    async def page(self, *, settled: bool = False, offset: int = 0, limit: int = 50) -> Page[Report]:
        """Return a page of the open or the settled reports, the newest first."""
        found = FlagRow.filter(settled_at__isnull=not settled)
        rows = await found.order_by("-id").offset(offset).limit(limit)
        return Page(await found.count(), tuple(_flag(row) for row in rows))

    async def settle(self, flag_id: int, *, settled: bool = True) -> None:
        """Mark a report as settled, or as open again. Raises NotFound."""
        at = self._now() if settled else None
        if flag_id > MAX_ID or not await FlagRow.filter(id=flag_id).update(settled_at=at):
            raise NotFound(FederationProblem.NO_REPORT)

    async def prune_batch(self) -> bool:
        """Delete some of the reports that were settled long ago. Returns whether there may be more."""
        # the outer condition too: on PostgreSQL the report may be opened again while this waits for the row
        values = {"before": self._now() - SETTLED_FOR, "most": PRUNE_BATCH}
        return await statement.change(_FORGET, values) == PRUNE_BATCH

    async def _channels_of(self, urls: Sequence[str]) -> list[tuple[str, int]]:
        """Return the URLs that are ours, each with its channel's id."""
        post_ids = {url: self._addresses.post_id(url) for url in urls}
        of_posts = await self._posts.channels_of({each for each in post_ids.values() if each})
        found = []
        for url in urls:
            channel = self._addresses.by_actor(url)
            channel_id = channel.id if channel else of_posts.get(post_ids[url] or "")
            if channel_id is not None:
                found.append((url, channel_id))
        return found


def _plain(text: str | None) -> str:
    return label(re.sub(r"\s+", " ", text or ""), MAX_CONTENT) or ""


def _flag(row: FlagRow) -> Report:
    return Report(
        row.id, row.channel_id, row.actor, row.server, tuple(row.objects), row.content, row.at, row.settled_at
    )
