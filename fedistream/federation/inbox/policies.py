"""The doors as a whole: made and joined."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activitypub.inbox import Verified
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.network.transport import Clock
from fedistream.core.events import Fact
from fedistream.federation.blocks import Blocks
from fedistream.federation.delivery import Delivery
from fedistream.federation.followers.approval import FollowApproval
from fedistream.federation.followers.blocklists import Blocklists, ChangedSettings, Facts
from fedistream.federation.followers.service import Followers
from fedistream.federation.inbox import reports
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.inbox.moves import KIND as MOVE
from fedistream.federation.inbox.moves import Moves
from fedistream.federation.inbox.reports import Reports
from fedistream.federation.inbox.stats import InboxStats
from fedistream.federation.posts.quotes import Quotes
from fedistream.federation.posts.service import Posts
from fedistream.federation.rate_limits import RateLimiter
from fedistream.federation.remote_actors import RemoteActors
from fedistream.federation.urls import ActorUrls
from fedistream.jobs.job import Job, Outcome, Promises

Act = Callable[[Verified], Awaitable[list[Fact]]]
Broom = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class FederationContext:
    """What the doors are in. `unix` and `monotonic` are in seconds, `token` makes 20 letters and digits."""

    settings: ChangedSettings
    facts: Facts
    addresses: ActorUrls
    remote_actors: RemoteActors
    blocks: Blocks
    followers: Followers
    delivery: Delivery
    outbox: Promises
    fetches: DocumentFetcher
    posts: Posts
    inbox_stats: InboxStats
    now: Callable[[], datetime]
    unix: Clock
    monotonic: Clock
    token: Callable[[], str]


@dataclass(frozen=True, slots=True)
class InboxPolicies:
    flags: Reports
    quotes: Quotes
    authorized_fetch: AuthorizedFetch
    approval: FollowApproval
    blocklists: Blocklists
    moves: Moves

    def acts(self) -> Mapping[str, Act]:
        """What is done with activities of these types."""
        return {"Flag": self.flags.take, "QuoteRequest": self.quotes.take, "Move": self.moves.take}

    def brooms(self) -> tuple[Broom, ...]:
        """What forgets, a few rows at a time, what need not be remembered any longer."""
        return self.flags.forget_some, self.quotes.forget_some

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[Outcome]]]:
        """What a worker does with jobs of these kinds."""
        return {MOVE: self.moves.follow_up}


def build(house: FederationContext) -> InboxPolicies:
    pace = RateLimiter(house.monotonic, burst=reports.BURST, per_s=reports.PER_S)
    return InboxPolicies(
        flags=Reports(house.addresses, house.posts, pace, house.now),
        quotes=Quotes(house.addresses, house.settings, house.posts, house.delivery, house.now, house.token),
        authorized_fetch=AuthorizedFetch(
            house.settings, house.remote_actors, house.blocks, house.inbox_stats, house.unix
        ),
        approval=FollowApproval(house.settings, house.now),
        blocklists=Blocklists(house.settings, house.facts, house.addresses, house.blocks, house.followers, house.now),
        moves=Moves(
            house.fetches,
            house.remote_actors,
            house.followers,
            house.outbox,
            house.addresses,
            house.facts,
            house.now,
        ),
    )
