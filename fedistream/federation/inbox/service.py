"""The handling of incoming activities, and of the admin's decisions about followers.

An activity becomes rows, jobs and facts in one transaction, together with its id, so it is never acted on twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from tortoise.exceptions import IntegrityError

from activitypub.actor import Actor
from activitypub.discovery import find_account, find_handle
from activitypub.inbox import ActorGone, Ignored, Verified, receive
from activitypub.network.fetch import FetchFailed
from activitypub.refusal import Reason, Refused
from activitypub.signatures.request import Request
from activitypub.urls import authority
from activitypub.vocabulary.activity import InnerActivity
from activitypub.vocabulary.reversals import reversal_of
from activitypub.webfinger import BadHandle, interaction_url, parse_resource
from fedistream.core.errors import Invalid, TooMany
from fedistream.core.events import Fact, SettingChanged
from fedistream.core.ports import Channel
from fedistream.core.rate_limit import RateLimiter
from fedistream.core.uniform_timing import uniform_timing
from fedistream.db import after_commit, atomic
from fedistream.federation.blocks import NAMES
from fedistream.federation.context import FederationContext
from fedistream.federation.directory.announcing import DirectoryAnnouncements
from fedistream.federation.directory.listed import ListedServers
from fedistream.federation.engagements import KINDS
from fedistream.federation.inbox.engagement_batch import EngagementBatch
from fedistream.federation.inbox.policies import InboxPolicies, Prune
from fedistream.federation.keys import load_signatures
from fedistream.federation.rate_limits import ActivityLimits
from fedistream.federation.remote_html import Said
from fedistream.federation.replies.service import Replies
from fedistream.federation.values import FederationProblem

log = logging.getLogger(__name__)


Act = Callable[[Verified], Awaitable[list[Fact]]]
"""Handles an activity in the inbox's transaction; returns the facts to emit in it."""


HANDLE_WANTED = "must be like user@host, or the address of a profile"
BURST, PER_S = 600, 20.0  # for one server and all kinds together; the limit of each kind is in `rate_limits.py`
ASKING_BURST, ASKING_PER_S = 10, 0.2  # for one visitor whose requests make us query other servers
PRUNE_PAUSE_S = 0.05  # between two statements, so that others can use the database


class Federation:
    """Acts on activities posted to an inbox and on the admin's decisions. `policies` and `servers` handle activities of
    their own types."""

    def __init__(
        self,
        context: FederationContext,
        engagement_batch: EngagementBatch,
        replies: Replies,
        policies: InboxPolicies,
        offers: DirectoryAnnouncements,
        servers: ListedServers,
    ) -> None:
        self._context, self._engagement_batch, self._replies = context, engagement_batch, replies
        self._approval, self._offers = policies.approval, offers
        self._prunes: tuple[Prune, ...] = (context.engagements.prune_batch, *policies.prunes())
        clock = context.clocks.monotonic
        self._server_limiter = RateLimiter(clock, burst=BURST, per_s=PER_S)
        self._activity_limits = ActivityLimits(clock)
        self._asking_limiter = RateLimiter(clock, burst=ASKING_BURST, per_s=ASKING_PER_S)
        self.counts = context.inbox_stats.counts
        self._acts: dict[str, Act] = {
            "Follow": self._follow,
            "Undo": self._undo,
            "Delete": self._delete,
            "Block": self._blocked_by,
            **policies.acts(),
            **servers.acts(),
        }
        self._says: dict[str, Callable[[Verified, Said | None], Awaitable[list[Fact]]]] = {
            "Create": replies.take,
            "Update": self._update,
        }

    @property
    def understood(self) -> frozenset[str]:
        """Return the activity types that have a handler. Other verified activities are ignored."""
        return frozenset((*self._acts, *self._says, *KINDS))

    async def open(self) -> None:
        """Read the blocks."""
        await self.refresh_blocks()
        self.read_blocks()
        self._context.blocks.set_named(await self._context.remote_actors.blocked_by_name())

    async def refresh_blocks(self) -> None:
        """Read the blocked actors again, which another process may have changed."""
        self._context.blocks.set_actors(await self._context.followers.blocked_actors())

    def on_setting_changed(self, fact: SettingChanged) -> None:
        """Apply a change of the admin's domain blocks."""
        if fact.setting in NAMES:
            self.read_blocks()
            self._replies.look_at_blocks()

    async def block_by_handle(self, actor: str, handle: str) -> None:
        """Block the actor if the handle that its servers have confirmed is blocked."""
        if handle.lower() in self._context.blocks.accounts:
            self._context.blocks.block_named(actor)
            await self._carry_out(self._send_away, actor)
            self._replies.look_at_blocks()

    async def close(self) -> None:
        """Finish pending writes. Call this before the database closes."""
        await self._engagement_batch.close()

    async def prune(self) -> None:
        """Delete expired rows."""
        await self._context.remote_actors.prune()
        await self._replies.prune()
        await self._forget_the_gone()
        for prune in self._prunes:
            more = True
            while more:
                more = await prune()
                await asyncio.sleep(PRUNE_PAUSE_S)

    async def lost_followers(self, channel: Channel) -> int:
        """Return the number of followers that know the channel by a former address or name, and so get nothing any
        more."""
        return await self._context.followers.lost(channel) if self._context.addresses.on else 0

    async def warn(self) -> None:
        """Log a warning at the start when a new address has lost followers."""
        for channel in self._context.channels.all():
            if lost := await self.lost_followers(channel):
                log.warning(
                    "%d followers know the channel %s by another address than %s: they get nothing any more and cannot "
                    "be told. Go back to the former address, or let them follow anew",
                    lost,
                    channel.slug,
                    self._context.addresses.actor(channel),
                )

    async def _forget_the_gone(self) -> None:
        """Delete the chat messages of actors that have no row any more: the worker, which cannot reach the chat, has
        found their inbox or account gone."""
        after = ""
        while authors := await self._context.chat.authors(after):
            for actor in await self._context.remote_actors.unknown(authors):
                await self._carry_out(self._forget, actor)
            after = authors[-1]

    async def take(self, request: Request) -> None:
        """Act on a POST to an inbox; on return the response is 202. Raises Off, Refused with the status of the
        response, and TooMany for a server that sends more than any server needs to."""
        self._context.addresses.site()
        await load_signatures()
        remote_actors = self._context.remote_actors
        outcome = await receive(request, remote_actors, remote_actors, now=self._context.clocks.unix())
        if isinstance(outcome, Refused):
            self.refused(outcome.reason.value)
            raise outcome
        if isinstance(outcome, Ignored):
            self.counts[f"ignored {outcome.reason}"] += 1
        elif isinstance(outcome, ActorGone):
            self.counts["done Delete"] += 1
            await self._carry_out(self._forget, outcome.actor)
        else:
            self._check_name(outcome.signer.actor)
            try:
                # only after the signature was verified: otherwise anybody could use up another server's limit
                self._server_limiter.acquire(authority(outcome.signer.actor.id))
                self._activity_limits.acquire(outcome.activity.type, outcome.signer.actor.id)
                await self._context.inbox_stats.record_contact(outcome.signer.actor)
                await self._act(outcome)
            except TooMany:
                self.refused("too-many")
                raise

    def _check_name(self, actor: Actor) -> None:
        """Refuse an actor that is blocked by its handle, which is known only now. Its later requests are refused before
        a key is fetched. Raises Refused."""
        if self._context.blocks.names(actor):
            self._context.blocks.block_named(actor.id)
            self.refused(Reason.BLOCKED.value)
            raise Refused(Reason.BLOCKED, "this actor is blocked here")

    def refused(self, reason: str) -> None:
        """Count a request that was refused before `take`."""
        self._context.inbox_stats.refused(reason)

    def refusals(self) -> Mapping[str, int]:
        """Return how often inbox requests were refused, by reason, since `counting_since`."""
        return self._context.inbox_stats.refusals()

    @property
    def counting_since(self) -> datetime:
        return self._context.inbox_stats.since

    async def approve(self, channel: Channel, actor: str) -> None:
        """Approve a follower that is pending or was blocked. Raises NotFound, Off."""
        await self._carry_out(self._let_in, channel, actor)
        await self._unblock(actor)

    async def block(self, channel: Channel, actor: str) -> None:
        """Block a follower. Raises NotFound, Off."""
        await self._carry_out(self._block, channel, actor)
        after_commit(lambda: self._context.blocks.block([actor]))

    async def remove(self, channel: Channel, actor: str) -> None:
        """Remove a follower, who may follow again. Raises NotFound, Off."""
        await self._carry_out(self._remove, channel, actor)
        await self._unblock(actor)

    async def remote_follow(self, channel: Channel, account: str, address: str) -> str:
        """Return the page on the visitor's own server where the owner of `account` (user@host) can follow the channel.
        `address` is the visitor's, for the rate limit. Raises Invalid, TooMany, Off."""
        self._asking_limiter.acquire(address)
        uri = self._context.addresses.actor(channel)
        try:
            parse_resource(account.strip())
        except BadHandle as error:
            raise Invalid("account", FederationProblem.HANDLE_OR_PROFILE) from error
        async with uniform_timing():
            try:
                handle = await find_handle(account, self._context.fetches)
                found = await find_account(handle, self._context.fetches)
            except BadHandle as error:
                raise Invalid("account", FederationProblem.HANDLE_OR_PROFILE) from error
            except FetchFailed as failed:
                log.info("the account %s was not found: %s", account, failed)
                raise Invalid("account", FederationProblem.ACCOUNT_NOT_FOUND) from failed
        return interaction_url(found.jrd, found.handle, uri, follow=True)

    async def _let_in(self, channel: Channel, actor: str) -> list[Fact]:
        facts = await self._context.followers.approve(channel, actor)
        await self._offers.welcome(channel, actor)
        await self._context.followers.hide(actor)
        return facts

    async def _remove(self, channel: Channel, actor: str) -> list[Fact]:
        facts = await self._context.followers.remove(channel, actor)
        await self._context.followers.hide(actor)
        return facts

    async def _send_away(self, actor: str) -> list[Fact]:
        facts = await self._context.followers.send_away(actor)
        await self._context.followers.hide(actor)
        return facts

    async def _unblock(self, actor: str) -> None:
        """Unblock an actor, unless another channel has blocked it too."""
        if not await self._context.followers.is_blocked(actor):
            self._context.blocks.unblock(actor)

    async def _act(self, verified: Verified) -> None:
        activity = verified.activity
        act, says = self._acts.get(activity.type), self._says.get(activity.type)
        if activity.type in KINDS:
            first = await self._engagement_batch.take(verified)
        elif says is not None:
            said = self._replies.read(verified)
            first = await self._once(lambda verified: says(verified, said), verified)
        elif act is not None:
            first = await self._once(act, verified)
        else:
            self.counts[f"ignored {activity.type}"] += 1
            return
        self.counts[f"done {activity.type}" if first else "ignored replay"] += 1

    async def _once(self, act: Act, verified: Verified) -> bool:
        """Act on an activity once. Returns whether it is new."""

        async def mark_and_act() -> bool:
            activity = verified.activity
            if not await self._context.remote_actors.mark_seen(activity.replay_key, reversal_of(activity)):
                return False
            await self._context.facts.emit_all(await act(verified))
            return True

        await self._engagement_batch.settle()
        try:
            return await atomic(mark_and_act)
        except IntegrityError:
            # another activity did the same at the same moment: the second attempt sees it. An activity that breaks a
            # constraint by itself fails again
            return await atomic(mark_and_act)

    async def _carry_out(self, act: Callable[..., Awaitable[list[Fact]]], *given: object) -> None:
        """Run an admin's decision in a transaction, together with its consequences."""

        async def decide() -> None:
            await self._context.facts.emit_all(await act(*given))

        await self._engagement_batch.settle()
        await atomic(decide)

    async def _follow(self, verified: Verified) -> list[Fact]:
        channel = self._context.addresses.by_actor(verified.activity.object_id)
        if channel is None:
            return []
        held = await self._approval.reason_to_hold(channel.id, verified.signer.actor)
        return await self._context.followers.follow(channel, verified.activity, verified.signer, held=held)

    async def _undo(self, verified: Verified) -> list[Fact]:
        """Undo the embedded activity, or the one with that id: then it may be a Follow or anything else."""
        activity, inner = verified.activity, verified.activity.object
        if isinstance(inner, InnerActivity) and inner.type in KINDS and inner.object_id:
            await self._context.engagements.undo(activity.actor, KINDS[inner.type], inner.object_id)
        elif isinstance(inner, InnerActivity) and inner.type == "Follow":
            channel = self._context.addresses.by_actor(inner.object_id)
            if channel is not None:
                return await self._context.followers.unfollow(channel, activity.actor, activity.object_id, "unfollowed")
        elif activity.object_id is not None:
            await self._context.engagements.undo_activity(activity.actor, activity.object_id)
            return await self._context.followers.unfollow_by_id(activity.actor, activity.object_id)
        return []

    async def _delete(self, verified: Verified) -> list[Fact]:
        """Delete the actor itself, or one of its objects."""
        activity = verified.activity
        if activity.object_id != activity.actor:
            return await self._replies.delete(verified)
        return await self._forget(activity.actor)

    async def _forget(self, actor: str) -> list[Fact]:
        said = await self._replies.forget(actor)
        await self._context.chat.forget(actor)
        return said + await self._context.followers.forget(actor, "gone")

    async def _block(self, channel: Channel, actor: str) -> list[Fact]:
        """Block an actor, and hide its replies and engagements."""
        facts = await self._context.followers.block(channel, actor)
        await self._context.followers.hide(actor)
        return facts + await self._replies.hide_author(actor)

    async def _update(self, verified: Verified, said: Said | None) -> list[Fact]:
        """Update the actor's own profile, or one of its objects."""
        actor, signer = verified.activity.object, verified.signer
        if not isinstance(actor, Actor):
            return await self._replies.update(verified, said)
        await self._context.remote_actors.update(actor, signer.key_id)
        self._context.remote_actors.forget_key(signer.key_id)
        return []

    async def _blocked_by(self, verified: Verified) -> list[Fact]:
        channel = self._context.addresses.by_actor(verified.activity.object_id)
        if channel is None:
            return []
        return await self._context.followers.unfollow(channel, verified.activity.actor, None, "blocked us")

    def read_blocks(self) -> None:
        """Read the admin's blocks from the settings."""
        self._context.blocks.read(self._context.settings)
