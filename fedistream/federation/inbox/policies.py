"""The policies for incoming activities, built and joined: reports, quotes, approval, blocks and moves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from activitypub.inbox import Verified
from fedistream.core.events import Fact
from fedistream.core.rate_limit import RateLimiter
from fedistream.federation.context import FederationContext
from fedistream.federation.followers.approval import FollowApproval
from fedistream.federation.followers.blocklists import Blocklists
from fedistream.federation.inbox import reports
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.inbox.moves import KIND as MOVE
from fedistream.federation.inbox.moves import Moves
from fedistream.federation.inbox.reports import Reports
from fedistream.federation.posts.quotes import Quotes
from fedistream.jobs.job import Job, Outcome

Act = Callable[[Verified], Awaitable[list[Fact]]]
"""Handles an activity in the inbox's transaction; returns the facts to emit in it."""

Prune = Callable[[], Awaitable[bool]]
"""Deletes some old rows in one statement. Returns whether there may be more."""


@dataclass(frozen=True, slots=True)
class InboxPolicies:
    flags: Reports
    quotes: Quotes
    authorized_fetch: AuthorizedFetch
    approval: FollowApproval
    blocklists: Blocklists
    moves: Moves

    def acts(self) -> Mapping[str, Act]:
        """Return the handlers of activities, by type."""
        return {"Flag": self.flags.take, "QuoteRequest": self.quotes.take, "Move": self.moves.take}

    def prunes(self) -> tuple[Prune, ...]:
        """Return the functions that delete expired rows, a batch at a time."""
        return self.flags.prune_batch, self.quotes.prune_batch

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[Outcome]]]:
        """Return the handlers of jobs, by kind."""
        return {MOVE: self.moves.follow_up}


def build_policies(context: FederationContext) -> InboxPolicies:
    clocks, addresses = context.clocks, context.addresses
    limiter = RateLimiter(clocks.monotonic, burst=reports.BURST, per_s=reports.PER_S)
    return InboxPolicies(
        flags=Reports(addresses, context.posts, limiter, clocks.now),
        quotes=Quotes(addresses, context.settings, context.posts, context.delivery, clocks.now, context.token),
        authorized_fetch=AuthorizedFetch(
            context.settings, context.remote_actors, context.blocks, context.inbox_stats, clocks.unix
        ),
        approval=FollowApproval(context.settings, clocks.now),
        blocklists=Blocklists(
            context.settings, context.facts, addresses, context.blocks, context.followers, clocks.now
        ),
        moves=Moves(
            context.fetches,
            context.remote_actors,
            context.followers,
            context.outbox,
            addresses,
            context.facts,
            clocks.now,
        ),
    )
