"""The directory: the servers whose streams are featured here, and their status.

A status is accepted only from servers that we asked and that agreed. A server without a status for a while counts as
offline.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tortoise.exceptions import IntegrityError

from activitypub import directory
from activitypub.actor import Actor
from activitypub.directory import StreamStatus
from activitypub.inbox import Verified
from activitypub.network.fetch import FetchFailed
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.urls import BadUrl, Url, parse_url
from activitypub.vocabulary import compose
from activitypub.vocabulary.activity import Activity, InnerActivity
from fedistream.core import plain_text
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.events import Fact
from fedistream.core.plain_text import one_line
from fedistream.core.ports import Channel
from fedistream.db import after_commit, atomic
from fedistream.federation.blocks import Blocks
from fedistream.federation.delivery import Delivery
from fedistream.federation.directory.announcing import DirectoryAnnouncements
from fedistream.federation.models import FeaturedServerRow
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import Featured, FeaturedState, FederationProblem

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=5)
MAX_NAME = 100  # characters of a server's name, and of a tag
MAX_SERVERS = 100  # more than a visitor looks through
SILENT = timedelta(minutes=15)  # three to four times the interval at which servers send a status


class ListedServers:
    """The featured servers. `offers` returns our own status; `token` makes the unique part of an activity's id."""

    def __init__(
        self,
        addresses: ActorUrls,
        fetches: DocumentFetcher,
        blocks: Blocks,
        delivery: Delivery,
        offers: DirectoryAnnouncements,
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self._addresses, self._fetches, self._blocks = addresses, fetches, blocks
        self._delivery, self._offers, self._now, self._token = delivery, offers, now, token
        self._kept: tuple[datetime, tuple[Featured, ...]] | None = None

    def acts(self) -> Mapping[str, Callable[[Verified], Awaitable[list[Fact]]]]:
        """Return the handlers of activities, by type."""
        return {"Accept": self.answered, "Reject": self.answered, "Offer": self.offered, "Leave": self.offered}

    async def all(self) -> tuple[Featured, ...]:
        """Return all servers for the admin, including those that have not answered or declined, the oldest first."""
        now = self._now()
        return tuple(_featured(row, now) for row in await FeaturedServerRow.all().order_by("id"))

    async def shown(self) -> tuple[Featured, ...]:
        """Return the servers that agreed, for the pages; live ones first. Cached for a moment, because every visitor
        asks."""
        now = self._now()
        if self._kept is None or self._kept[0] <= now:
            found = [each for each in await self.all() if each.state is FeaturedState.ACCEPTED]
            self._kept = now + FRESH, tuple(sorted(found, key=lambda each: not each.online))
        return self._kept[1]

    async def add(self, channel: Channel, url: str) -> Featured:
        """Ask a server in the channel's name to let itself be featured. Raises Invalid, Conflict, Off."""
        us, site = self._addresses.actor(channel), _site(url)
        if site.authority == self._addresses.site().authority:
            raise Invalid("url", FederationProblem.THIS_SERVER)
        if site.origin in self._blocks:
            raise Invalid("url", FederationProblem.BLOCKED_SERVER)
        try:
            actor = await directory.find_server_actor(site, self._fetches)
        except FetchFailed as failed:
            log.info("%s cannot be featured: %s", site.origin, failed)
            raise Invalid("url", FederationProblem.SERVER_NOT_REACHED) from failed
        if not actor.is_complete or actor.id in self._blocks:
            raise Invalid("url", FederationProblem.SERVER_NOT_FEATURED)
        try:
            row = await atomic(self._add, channel, us, site, actor)
        except IntegrityError as error:
            # two requests that add it at the same moment both find that it is not there yet
            raise Conflict(FederationProblem.SERVER_LISTED) from error
        return _featured(row, self._now())

    async def remove(self, server_id: int) -> None:
        """Stop featuring a server, and tell it so with an Undo. Raises NotFound, Off."""
        await atomic(self._remove, server_id)

    async def answered(self, verified: Verified) -> list[Fact]:
        """Handle an Accept or Reject. It counts only from the server that we asked, and for our request."""
        activity = verified.activity
        row = await FeaturedServerRow.get_or_none(actor=activity.actor)
        if row is None or not _answers(activity, row):
            return []
        if activity.type == "Accept":
            row.state, row.followed_at = FeaturedState.ACCEPTED.value, row.followed_at or self._now()
        else:
            row.state, row.online = FeaturedState.REJECTED.value, False
        await row.save(update_fields=["state", "followed_at", "online"])
        after_commit(self._forget_kept)
        return []

    async def offered(self, verified: Verified) -> list[Fact]:
        """Handle a server's status: live or offline."""
        activity, now = verified.activity, self._now()
        row = await FeaturedServerRow.get_or_none(actor=activity.actor, state=FeaturedState.ACCEPTED.value)
        if row is None:
            return []
        if activity.type == "Leave":
            values: dict[str, object] = {"online": False}
        else:
            values = _columns(directory.parse_offer(activity.document), row.name)
        if values["online"]:
            values["online_at"] = now
        await FeaturedServerRow.filter(id=row.id).update(**values, status_at=now)
        after_commit(self._forget_kept)
        return []

    def _forget_kept(self) -> None:
        self._kept = None

    async def _add(self, channel: Channel, us: str, site: Url, actor: Actor) -> FeaturedServerRow:
        if await FeaturedServerRow.filter(actor=actor.id).exists():
            raise Conflict(FederationProblem.SERVER_LISTED)
        if await FeaturedServerRow.all().count() >= MAX_SERVERS:
            raise Conflict(FederationProblem.MANY_SERVERS, most=MAX_SERVERS)
        news = self._offers.news(channel, live=False)
        follow = directory.write_follow(f"{us}#follow/{self._token()}", us, actor.id, news)
        row: FeaturedServerRow = await FeaturedServerRow.create(
            url=site.origin,
            actor=actor.id,
            inbox=actor.inbox,
            name=plain_text.name(actor.name or site.authority, MAX_NAME),
            logo=actor.icon.url if actor.icon else "",
            channel_id=channel.id,
            state=FeaturedState.PENDING.value,
            follow={name: value for name, value in follow.items() if name != "@context"},
            tags=[],
            added_at=self._now(),
        )
        await self._delivery.send(channel, follow, [actor.inbox], _about(row))
        return row

    async def _remove(self, server_id: int) -> None:
        row = await FeaturedServerRow.get_or_none(id=server_id)
        if row is None:
            raise NotFound(FederationProblem.SERVER_NOT_LISTED)
        await row.delete()
        after_commit(self._forget_kept)
        channel = self._addresses.by_id(row.channel_id)
        if channel is None:
            return
        us = self._addresses.actor(channel)
        undo = compose.undo(f"{us}#undo/{self._token()}", us, row.follow)
        await self._delivery.send(channel, undo, [row.inbox], _about(row))


def _site(url: str) -> Url:
    """Return the server that an admin enters: a URL, a host, or a handle, which stands for its server. Raises
    Invalid."""
    text = url.strip()
    if "://" not in text:
        text = f"https://{text.rpartition('@')[2]}"
    try:
        return parse_url(text)
    except BadUrl as error:
        raise Invalid("url", FederationProblem.SERVER_ADDRESS) from error


def _answers(activity: Activity, row: FeaturedServerRow) -> bool:
    """Return whether an activity answers this row's Follow: by its id, or where the echo has none, by actor and
    object."""
    inner = activity.object
    if activity.object_id is not None:
        return bool(activity.object_id == row.follow["id"])
    return isinstance(inner, InnerActivity) and inner.type == "Follow" and inner.actor == row.follow["actor"]


def _columns(news: StreamStatus, name: str) -> dict[str, object]:
    return {
        "online": news.live,
        "name": plain_text.name(news.name, MAX_NAME) or name,
        "title": one_line(news.title, directory.MAX_TITLE),
        "description": one_line(news.description, directory.MAX_DESCRIPTION),
        "logo": news.logo,
        "thumbnail": news.thumbnail,
        "tags": [tag for each in news.tags if (tag := one_line(each, MAX_NAME))],
    }


def _featured(row: FeaturedServerRow, now: datetime) -> Featured:
    is_recent = row.status_at is not None and now - row.status_at < SILENT
    return Featured(
        id=row.id,
        url=row.url,
        actor=row.actor,
        state=FeaturedState(row.state),
        online=row.online and is_recent,
        name=row.name,
        title=row.title,
        description=row.description,
        logo=row.logo,
        thumbnail=row.thumbnail,
        tags=tuple(row.tags),
        added_at=row.added_at,
        followed_at=row.followed_at,
        status_at=row.status_at,
        online_at=row.online_at,
    )


def _about(row: FeaturedServerRow) -> str:
    follow: Mapping[str, Any] = row.follow
    return f"follow {follow['object']}"
