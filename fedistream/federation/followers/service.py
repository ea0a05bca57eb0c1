"""The followers of the channels: requests, approval, blocks, and the answers that they get.

Methods that change rows run in the caller's transaction and return the facts to emit in it.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from activitypub.directory import is_directory_follow
from activitypub.signer import Signer
from activitypub.vocabulary.activity import Activity
from fedistream.core.errors import NotFound
from fedistream.core.events import Fact, FollowApproved, FollowerRemoved, FollowReceived
from fedistream.core.ports import Channel
from fedistream.db import statement
from fedistream.db.versions import bump_version
from fedistream.federation.delivery import Delivery
from fedistream.federation.engagements import EngagementRecord, Engagements
from fedistream.federation.models import FollowerRow, RemoteActorRow
from fedistream.federation.remote_actors import RemoteActors
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem, Follower, Kind, Page, State

CACHE_KEY = "blocks"  # the version of the blocked actors, which other processes compare to refresh their copies
# an answer to a Follow names its actor, whatever form its object has
_LOST = """
SELECT COUNT(*) AS lost FROM follower WHERE channel_id = :channel AND state = :state AND NOT directory
AND CAST(follow AS TEXT) NOT LIKE :us ESCAPE '!'
"""
MAX_ECHO = 8192  # characters of a Follow up to which it is echoed whole


class Followers:
    def __init__(
        self,
        addresses: ActorUrls,
        remote_actors: RemoteActors,
        delivery: Delivery,
        engagements: Engagements,
        now: Callable[[], datetime],
    ) -> None:
        self._addresses, self._remote_actors, self._delivery = addresses, remote_actors, delivery
        self._engagements, self._now = engagements, now

    async def page(
        self,
        channel_id: int,
        state: State,
        offset: int = 0,
        limit: int = 50,
        text: str = "",
        *,
        directories: bool | None = None,
    ) -> Page[Follower]:
        """Return a page of followers, the newest first.

        `text` filters by name or handle. `directories` selects only the servers that feature the stream or ask to, or
        only the others.
        """
        found = _in_state(channel_id, state, directories)
        if text:
            found = found.filter(Q(actor__name__icontains=text) | Q(actor__handle__icontains=text.removeprefix("@")))
        rows = await found.order_by("-id").offset(offset).limit(limit).select_related("actor")
        return Page(await found.count(), tuple(_follower(row) for row in rows))

    async def count(self, channel_id: int) -> int:
        """Return the number of followers, without directories."""
        return await self.number(channel_id, State.ACCEPTED, directories=False)

    async def number(self, channel_id: int, state: State, *, directories: bool | None = None) -> int:
        """Return the number of followers in this state; `directories` as in `page`."""
        return int(await _in_state(channel_id, state, directories).count())

    async def handle_of(self, actor: str) -> str:
        """Return an actor's handle, or its URL when it has no row."""
        row = await RemoteActorRow.get_or_none(url=actor)
        return row.handle if row is not None else actor

    async def lost(self, channel: Channel) -> int:
        """Return the number of followers of a former address of the channel, which are not reached any more. Raises
        Off."""
        us = self._addresses.actor(channel)
        escaped = us.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values = {"channel": channel.id, "state": State.ACCEPTED.value, "us": f'%"{escaped}"%'}
        return int((await statement.rows(_LOST, values))[0]["lost"])

    async def blocked_actors(self) -> list[str]:
        """Return the actors that any channel blocks; the node accepts nothing from them."""
        found = FollowerRow.filter(state=State.BLOCKED.value)
        return [str(url) for url in await found.values_list("actor__url", flat=True)]

    async def blocked_by_name(self) -> list[str]:
        """Return the URLs of the known actors that are blocked by their handles."""
        return await self._remote_actors.blocked_by_name()

    async def is_blocked(self, actor: str) -> bool:
        """Return whether any channel has blocked this actor."""
        return bool(await FollowerRow.exists(actor__url=actor, state=State.BLOCKED.value))

    async def hide(self, actor: str) -> None:
        """Hide the engagements of an actor that is blocked, and show those of another."""
        await self._remote_actors.hide_one(actor, blocked=await self.is_blocked(actor))

    async def hide_all(self) -> None:
        """Hide the engagements of blocked actors, and show those of all others."""
        named = await self.blocked_by_name()
        await self._remote_actors.hide_all(frozenset((*await self.blocked_actors(), *named)))

    async def follow(self, channel: Channel, activity: Activity, signer: Signer, *, held: str = "") -> list[Fact]:
        """Handle a Follow; with `held`, the code of a rule, it waits for approval.

        A second Follow replaces the first, because our answer must have its id. A directory always waits. A follower
        that becomes a directory, or the reverse, needs a new approval.
        """
        features = is_directory_follow(activity.document)
        actor = await self._remote_actors.keep(signer)
        now, echo = self._now(), _echo(activity.document)
        await FollowerRow.filter(channel_id=channel.id, state=State.MOVED.value, actor__moved_to=actor.url).delete()
        row = await FollowerRow.get_or_none(channel_id=channel.id, actor_id=actor.id)
        if row is not None and row.state == State.MOVED:
            await row.delete()  # it has moved back
            row = None
        if row is not None and row.state == State.BLOCKED:
            return []
        new = row is None
        state = State.PENDING if held or features else State.ACCEPTED
        approved_at = now if state is State.ACCEPTED else None
        if row is None:
            row = await FollowerRow.create(
                channel_id=channel.id,
                actor_id=actor.id,
                state=state.value,
                directory=features,
                follow=echo,
                created_at=now,
                approved_at=approved_at,
                held_for=held,
            )
        else:
            if features is not row.directory:
                row.state, row.approved_at, row.held_for = state.value, approved_at, held
            row.follow, row.directory = echo, features
            await row.save(update_fields=["follow", "directory", "state", "approved_at", "held_for"])
        if row.state == State.ACCEPTED:
            await self._delivery.answer("Accept", channel, row, actor.inbox)
            us = self._addresses.actor(channel)
            if not features:
                await self._engagements.record(EngagementRecord(channel.id, actor.id, Kind.FOLLOW, us, activity))
        named = (actor.url, signer.actor.name or signer.actor.username, actor.handle, actor.image)
        # a directory is listed with the servers, and is not announced in the chat
        if features:
            return []
        return [FollowReceived(channel.id, *named, row.state, now)] if new else []

    async def unfollow(self, channel: Channel, actor: str, follow_id: str | None, why: str) -> list[Fact]:
        """Remove a follower that unfollows or blocks us. A blocked actor stays blocked."""
        row = await FollowerRow.filter(channel_id=channel.id, actor__url=actor).select_related("actor").first()
        if row is None or row.state == State.BLOCKED:
            return []
        await row.delete()
        for each in {follow_id, row.follow["id"]} - {None}:
            await self._remote_actors.forget_seen(str(each), actor)
        await self._engagements.undo(actor, Kind.FOLLOW, self._addresses.actor(channel))
        return [self._removed(row, why)]

    async def unfollow_by_id(self, actor: str, follow_id: str) -> list[Fact]:
        """Do as `unfollow`, when only the id of the Follow is given."""
        rows = await FollowerRow.filter(actor__url=actor).exclude(state=State.BLOCKED.value)
        for row in rows:
            channel = self._addresses.by_id(row.channel_id) if row.follow["id"] == follow_id else None
            if channel is not None:
                return await self.unfollow(channel, actor, follow_id, "unfollowed")
        return []

    async def forget(self, actor: str, why: str) -> list[Fact]:
        """Delete an actor that is gone, its follows of all channels, and everything it did."""
        rows = await FollowerRow.filter(actor__url=actor).exclude(state=State.BLOCKED.value).select_related("actor")
        for row in rows:
            await self._remote_actors.forget_seen(row.follow["id"], actor)
        await self._remote_actors.forget(actor)
        return [self._removed(row, why) for row in rows]

    async def move_away(self, actor: str) -> list[Fact]:
        """Mark an actor as moved to another account: it no longer follows, and its approvals are kept for that
        account."""
        rows = await FollowerRow.filter(actor__url=actor).select_related("actor")
        gone = [row for row in rows if row.state in (State.ACCEPTED, State.PENDING)]
        for row in gone:
            await self._remote_actors.forget_seen(row.follow["id"], actor)
            channel = self._addresses.by_id(row.channel_id)
            if channel is not None:
                await self._engagements.undo(actor, Kind.FOLLOW, self._addresses.actor(channel))
            if row.state == State.ACCEPTED and row.actor.moved_to:
                await FollowerRow.filter(id=row.id).update(state=State.MOVED.value)
            else:
                await row.delete()
        return [self._removed(row, "moved") for row in gone]

    async def send_away(self, actor: str) -> list[Fact]:
        """Remove an actor from all channels, as `evict` does."""
        rows = await FollowerRow.filter(actor__url=actor).exclude(state=State.BLOCKED.value).select_related("actor")
        return [fact for row in rows for fact in await self.evict(row)]

    async def evict(self, row: FollowerRow) -> list[Fact]:
        """Remove a follower that is blocked, or whose server is. `row` has its actor loaded."""
        await row.delete()
        if not row.follow or row.state == State.MOVED:
            return []
        channel = self._addresses.by_id(row.channel_id)
        if channel is not None:
            await self._delivery.answer("Reject", channel, row, row.actor.inbox)
            await self._engagements.undo(row.actor.url, Kind.FOLLOW, self._addresses.actor(channel))
        await self._remote_actors.forget_seen(row.follow["id"], row.actor.url)
        return [self._removed(row, "blocked")]

    async def approve(self, channel: Channel, actor: str) -> list[Fact]:
        """Approve a follower that waits or was blocked. Raises NotFound."""
        row = await self._row(channel, actor)
        if row.state == State.ACCEPTED:
            return []
        await self._note_unblocked(row)
        if not row.follow:  # blocked for a reply, and never asked to follow
            await row.delete()
            return []
        row.state, row.approved_at, row.disabled_at = State.ACCEPTED.value, self._now(), None
        await row.save(update_fields=["state", "approved_at", "disabled_at"])
        await self._delivery.answer("Accept", channel, row, row.actor.inbox)
        named = (row.actor.url, row.actor.name, row.actor.handle, row.actor.image)
        if row.directory:
            return []
        return [FollowApproved(channel.id, *named, self._now())]

    async def block(self, channel: Channel, actor: str) -> list[Fact]:
        """Block an actor, which need not be a follower. Raises NotFound for an actor without a row."""
        # a moved account is kept, but is no follower
        await FollowerRow.filter(channel_id=channel.id, state=State.MOVED.value, actor__url=actor).delete()
        if not await FollowerRow.exists(channel_id=channel.id, actor__url=actor):
            return await self._block_stranger(channel, actor)
        row = await self._row(channel, actor)
        if row.state == State.BLOCKED:
            return []
        row.state, row.disabled_at = State.BLOCKED.value, self._now()
        await row.save(update_fields=["state", "disabled_at"])
        await bump_version(CACHE_KEY)
        await self._delivery.answer("Reject", channel, row, row.actor.inbox)
        return [self._removed(row, "blocked")]

    async def remove(self, channel: Channel, actor: str) -> list[Fact]:
        """Remove a follower, which may follow again. Raises NotFound."""
        row = await self._row(channel, actor)
        await self._note_unblocked(row)
        await row.delete()
        if not row.follow:
            return []
        await self._delivery.answer("Reject", channel, row, row.actor.inbox)
        await self._remote_actors.forget_seen(row.follow["id"], actor)
        return [self._removed(row, "removed")]

    async def _block_stranger(self, channel: Channel, actor: str) -> list[Fact]:
        """Block an actor that does not follow, so that the admin finds it in the block list and can undo it."""
        known = await RemoteActorRow.get_or_none(url=actor)
        if known is None:
            raise NotFound(FederationProblem.NO_FOLLOWER)
        now, blocked = self._now(), State.BLOCKED.value
        await FollowerRow.create(
            channel_id=channel.id, actor_id=known.id, state=blocked, follow={}, created_at=now, disabled_at=now
        )
        await bump_version(CACHE_KEY)
        return []

    async def _note_unblocked(self, row: FollowerRow) -> None:
        """Raise the version of the blocked actors when this one will not be one any more."""
        if row.state == State.BLOCKED:
            await bump_version(CACHE_KEY)

    async def _row(self, channel: Channel, actor: str) -> FollowerRow:
        row = await FollowerRow.filter(channel_id=channel.id, actor__url=actor).select_related("actor").first()
        if row is None or row.state == State.MOVED:
            raise NotFound(FederationProblem.NO_FOLLOWER)
        return row

    def _removed(self, row: FollowerRow, why: str) -> FollowerRemoved:
        return FollowerRemoved(row.channel_id, row.actor.url, row.actor.handle, why, self._now())


def _in_state(channel_id: int, state: State, directories: bool | None) -> QuerySet[FollowerRow]:
    found: QuerySet[FollowerRow] = FollowerRow.filter(channel_id=channel_id, state=state.value)
    return found if directories is None else found.filter(directory=directories)


def _follower(row: FollowerRow) -> Follower:
    actor: RemoteActorRow = row.actor
    at = row.approved_at or row.created_at
    return Follower(
        actor.url,
        actor.name,
        actor.handle,
        actor.image,
        State(row.state),
        at,
        row.disabled_at,
        row.held_for,
        row.directory,
    )


def _echo(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Follow to store: whole, because some servers compare all of it; shortened when it is long, so that it
    cannot fill the disk."""
    whole = {name: value for name, value in document.items() if name != "@context"}
    if len(json.dumps(whole)) <= MAX_ECHO:
        return whole
    return {name: whole[name] for name in ("id", "type", "actor", "object")}
