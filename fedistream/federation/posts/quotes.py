"""Quotes of our posts (FEP-044f, on the quoted side): stamps that authorise a quote, and their revocation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from activitypub.inbox import Verified
from activitypub.strictjson import Json
from activitypub.vocabulary import compose
from activitypub.vocabulary.activity import Activity
from fedistream.core.errors import Gone, NotFound, Refusal
from fedistream.core.events import Fact
from fedistream.core.ports import Channel, SettingsReader
from fedistream.db import atomic, statement
from fedistream.federation.delivery import Delivery
from fedistream.federation.models import QuoteRow
from fedistream.federation.posts.service import Posts
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem, Page

STAMP = "QuoteAuthorization"
REVOKED_FOR = timedelta(days=90)  # at least: a quoting server may check the stamp again
PRUNE_BATCH = 500  # rows in one statement
# the rows of a quotable post are kept; otherwise a revoked quote could be authorised again
_FORGET = """
DELETE FROM quote WHERE id IN (
    SELECT id FROM quote WHERE revoked_at < :before
    AND NOT EXISTS (SELECT 1 FROM post WHERE post.id = quote.post_id AND post.deleted_at IS NULL)
    LIMIT :most
)
"""


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote. `quoting` is the URL of the remote post, `post` that of ours."""

    id: str
    channel_id: int
    post: str
    quoting: str
    actor: str
    at: datetime
    revoked_at: datetime | None


class Quotes:
    """The quotes of our posts. `token` makes ids of at most 24 letters and digits."""

    def __init__(
        self,
        addresses: ActorUrls,
        settings: SettingsReader,
        posts: Posts,
        delivery: Delivery,
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self._addresses, self._settings, self._posts, self._delivery = addresses, settings, posts, delivery
        self._now, self._token = now, token

    async def take(self, verified: Verified) -> list[Fact]:
        """Answer a QuoteRequest, in the inbox's transaction: accept it with a stamp, always the same for one post, or
        reject it."""
        activity, actor = verified.activity, verified.signer.actor
        post_id = self._addresses.post_id(activity.object_id)
        channel_id = await self._posts.channel_of(post_id) if post_id else None
        channel = self._addresses.by_id(channel_id) if channel_id is not None else None
        if post_id is None or channel is None or activity.instrument is None:
            return []
        row = await QuoteRow.get_or_none(post_id=post_id, quoting=activity.instrument)
        if row is None and await self._may(channel, post_id):
            row = await QuoteRow.create(
                id=self._token(),
                channel_id=channel.id,
                post_id=post_id,
                quoting=activity.instrument,
                actor=actor.id,
                inbox=actor.inbox,
                at=self._now(),
            )
        # a revoked quote is not authorised again, and no post gets the stamp of another
        stamp = self._url(row) if row is not None and row.revoked_at is None and row.actor == actor.id else None
        await self._answer(channel, activity, actor.inbox, stamp)
        return []

    async def stamp(self, quote_id: str) -> Json:
        """Return the stamp, by which other servers check a quote. Raises NotFound, Gone, Off."""
        self._addresses.site()
        row = await QuoteRow.get_or_none(id=quote_id)
        channel = self._addresses.by_id(row.channel_id) if row else None
        if row is None or channel is None:
            raise NotFound(FederationProblem.NO_QUOTE)
        if row.revoked_at is not None:
            raise Gone(FederationProblem.QUOTE_REVOKED)
        await self._posts.get(row.post_id)  # a hidden or deleted post shows no stamp either
        url = self._addresses.site().post(row.post_id)
        return compose.quote_authorization(self._url(row), self._addresses.actor(channel), row.quoting, url)

    async def page(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Quote]:
        """Return a page of quotes, the newest first, including revoked ones. Raises Off."""
        found = QuoteRow.filter(channel_id=channel_id)
        rows = await found.order_by("-at", "-id").offset(offset).limit(limit)
        return Page(await found.count(), tuple(self._quote(row) for row in rows))

    async def count(self, post_id: str) -> int:
        """Return the number of authorised quotes of a post."""
        return int(await QuoteRow.filter(post_id=post_id, revoked_at=None).count())

    async def revoke(self, quote_id: str) -> None:
        """Revoke a quote, and send a Delete of the stamp to its author. Raises NotFound, Off."""
        await atomic(self._revoke, quote_id)

    async def prune_batch(self) -> bool:
        """Delete some quotes that were revoked long ago and whose post is deleted. Returns whether there may be
        more."""
        values = {"before": self._now() - REVOKED_FOR, "most": PRUNE_BATCH}
        return await statement.change(_FORGET, values) == PRUNE_BATCH

    async def _revoke(self, quote_id: str) -> None:
        row = await QuoteRow.select_for_update().get_or_none(id=quote_id)
        channel = self._addresses.by_id(row.channel_id) if row else None
        if row is None or channel is None:
            raise NotFound(FederationProblem.NO_QUOTE)
        if row.revoked_at is not None:
            return
        await QuoteRow.filter(id=row.id).update(revoked_at=self._now())
        url = self._url(row)
        gone = compose.delete(f"{url}#delete", self._addresses.actor(channel), url, former=STAMP, to=[row.actor])
        await self._delivery.send(channel, gone, [row.inbox], row.quoting)

    async def _may(self, channel: Channel, post_id: str) -> bool:
        if not self._settings.value("federation.quotes", channel.id):
            return False
        try:
            await self._posts.get(post_id)
        except Refusal:
            return False
        return True

    async def _answer(self, channel: Channel, activity: Activity, inbox: str, stamp: str | None) -> None:
        kind = "Accept" if stamp else "Reject"
        actor = self._addresses.actor(channel)
        document = compose.accept_or_reject(
            kind, f"{actor}#{kind.lower()}/{self._token()}", actor, _echo(activity), result=stamp
        )
        await self._delivery.send(channel, document, [inbox], str(activity.instrument))

    def _url(self, row: QuoteRow) -> str:
        return self._addresses.site().post(f"quotes/{row.id}")

    def _quote(self, row: QuoteRow) -> Quote:
        post = self._addresses.site().post(row.post_id)
        return Quote(row.id, row.channel_id, post, row.quoting, row.actor, row.at, row.revoked_at)


def _echo(activity: Activity) -> Json:
    """Return the request by ids alone: the quoting post is often embedded in full, and its author has it."""
    return {
        "id": activity.id,
        "type": activity.type,
        "actor": activity.actor,
        "object": activity.object_id,
        "instrument": activity.instrument,
    }
