"""Federation as a whole: its parts, made and joined."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activitypub.network.fetch_limiter import FetchLimiter
from activitypub.network.guard import Guard, parse_allowed
from activitypub.network.http_client import HttpClient
from activitypub.network.schemes import Schemes
from activitypub.network.transport import Clock
from fedistream import __version__
from fedistream.core.errors import Invalid
from fedistream.core.retention_clock import RetentionClock
from fedistream.core.supervisor import beside
from fedistream.federation.actors.documents import Documents
from fedistream.federation.actors.profile_updates import KIND as PROFILE
from fedistream.federation.actors.profile_updates import NAMES, Profiles
from fedistream.federation.blocks import Blocks
from fedistream.federation.delivery import Deliveries, Delivery
from fedistream.federation.directory.announcing import DirectoryAnnouncements
from fedistream.federation.directory.listed import ListedServers, Ways
from fedistream.federation.engagements import Engagements
from fedistream.federation.fetching import AccountLookup, Handles, SignedFetcher
from fedistream.federation.followers.service import Followers
from fedistream.federation.inbox.engagement_batch import EngagementBatch
from fedistream.federation.inbox.engagement_batch import Parts as ApplauseParts
from fedistream.federation.inbox.policies import FederationContext, InboxPolicies
from fedistream.federation.inbox.policies import build as build_doors
from fedistream.federation.inbox.service import Federation, Neighbours, Parts
from fedistream.federation.inbox.stats import InboxStats
from fedistream.federation.keys import Keys
from fedistream.federation.posts.direct_messages import DirectMessages
from fedistream.federation.posts.service import Posts
from fedistream.federation.rate_limits import ActivityLimits, RateLimiter
from fedistream.federation.remote_actors import RemoteActors, set_handle
from fedistream.federation.replies.service import Near, Replies
from fedistream.federation.replies.service import Parts as TalkParts
from fedistream.federation.urls import ActorUrls
from fedistream.jobs.job import Job, Outcome, Postbox

log = logging.getLogger(__name__)

BURST, PER_S = 600, 20.0  # of one server, of all kinds together; of each kind: `pace.py`
SWEEP_S = 3600.0
USER_AGENT = f"Fedistream/{__version__}"


@dataclass(frozen=True, slots=True)
class Clocks:
    """`unix` and `monotonic` in seconds."""

    now: Callable[[], datetime]
    unix: Clock
    monotonic: Clock


@dataclass(frozen=True, slots=True)
class Post:
    """How letters get out: written down in `outbox`, as jobs that `delivery` makes. `guard` says where to."""

    outbox: Postbox
    delivery: Deliveries
    guard: Guard


@dataclass(frozen=True, slots=True)
class FederationFeature:
    """Has to `run`, and be closed."""

    federation: Federation
    remote_actors: RemoteActors
    cautious: RetentionClock
    documents: Documents
    followers: Followers
    engagements: Engagements
    posts: Posts
    replies: Replies
    direct_messages: DirectMessages
    addresses: ActorUrls
    keys: Keys
    profiles: Profiles
    policies: InboxPolicies
    offers: DirectoryAnnouncements
    servers: ListedServers
    handles: Handles
    http_client: HttpClient

    async def run(self) -> None:
        """Put into the chat what was said elsewhere, and the tables in order now and then, until cancelled."""
        await self.federation.warn()
        async with beside("talk", self.replies.run):
            while True:
                try:
                    # a clock that is wrong for an hour must not forget replies, keys and what was heard already
                    if not self.cautious.doubts(await self.remote_actors.newest_at()):
                        await self.federation.sweep()
                        await self.keys.sweep()
                except Exception:
                    # a database that is busy for once must not end the talk beside it
                    log.exception("the tables of federation could not be put in order; it is tried again in an hour")
                await asyncio.sleep(SWEEP_S)

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[Outcome]]]:
        """What a worker does with jobs of federation, by their kind."""
        return {PROFILE: self.profiles.send, **self.policies.handlers()}

    async def close(self) -> None:
        await self.handles.close()
        await self.federation.close()
        await self.http_client.close()


def guard(allow: str) -> Guard:
    """Whom we may connect to: all that is public, and the hosts of `allow` (name[:port],...). Raises Invalid."""
    try:
        return Guard(parse_allowed(entry for entry in allow.split(",") if entry.strip()))
    except ValueError as error:
        raise Invalid("--federation-allow", str(error)) from error


async def build(near: Neighbours, clocks: Clocks, post: Post) -> FederationFeature:
    """On an open database."""
    keys = Keys(ActorUrls(near.settings, near.channels), clocks.now)
    await keys.open(channel.id for channel in near.channels.all())
    async with contextlib.AsyncExitStack() as undo:
        http_client = HttpClient(post.guard, USER_AGENT)
        undo.push_async_callback(http_client.close)
        feature = _join(near, clocks, post, keys, http_client)
        for name in NAMES:
            near.settings.guard(name, feature.profiles.check_names)
        await feature.federation.open()
        undo.pop_all()
    return feature


def _join(near: Neighbours, clocks: Clocks, post: Post, keys: Keys, http_client: HttpClient) -> FederationFeature:
    addresses = ActorUrls(near.settings, near.channels)
    fetches = FetchLimiter(SignedFetcher(http_client, keys, Schemes(), clocks.unix), clocks.monotonic)
    blocks = Blocks()
    handles = Handles(fetches, set_handle)
    remote_actors = RemoteActors(fetches, blocks, clocks.monotonic, clocks.now, introduced=handles.ask)
    delivery = Delivery(post.outbox, post.delivery, addresses, _token)
    engagements = Engagements(clocks.now)
    followers = Followers(addresses, remote_actors, delivery, engagements, clocks.now)
    find = AccountLookup(fetches, blocks).find
    posts = Posts(addresses, near.settings, delivery, find, clocks.now, _token)
    documents = Documents(addresses, near.settings, keys, followers, posts, engagements)
    inbox_stats = InboxStats(post.outbox.hosts, clocks.monotonic, clocks.now())
    house = FederationContext(
        settings=near.settings,
        facts=near.facts,
        addresses=addresses,
        remote_actors=remote_actors,
        blocks=blocks,
        followers=followers,
        outbox=post.outbox,
        fetches=fetches,
        delivery=delivery,
        posts=posts,
        inbox_stats=inbox_stats,
        now=clocks.now,
        unix=clocks.unix,
        monotonic=clocks.monotonic,
        token=_token,
    )
    policies = build_doors(house)
    offers, servers = _featured(near, house)
    replies = _replies(near, house, blocks)
    federation = Federation(near, _parts(house, policies, replies, engagements, offers, servers))
    handles.tell(federation.heed_handle)
    return FederationFeature(
        federation=federation,
        remote_actors=remote_actors,
        cautious=RetentionClock(clocks.now, clocks.monotonic),
        documents=documents,
        followers=followers,
        engagements=engagements,
        posts=posts,
        replies=replies,
        direct_messages=DirectMessages(addresses, near.settings, near.channels, find, posts, clocks.unix),
        addresses=addresses,
        keys=keys,
        profiles=Profiles(addresses, near.channels, documents, keys, delivery, post.outbox, clocks.now),
        policies=policies,
        offers=offers,
        servers=servers,
        handles=handles,
        http_client=http_client,
    )


def _parts(
    house: FederationContext,
    policies: InboxPolicies,
    replies: Replies,
    engagements: Engagements,
    offers: DirectoryAnnouncements,
    servers: ListedServers,
) -> Parts:
    return Parts(
        addresses=house.addresses,
        remote_actors=house.remote_actors,
        blocks=house.blocks,
        followers=house.followers,
        engagements=engagements,
        engagement_batch=EngagementBatch(
            ApplauseParts(house.addresses, house.posts, house.remote_actors, engagements), house.facts, house.now
        ),
        fetches=house.fetches,
        inbox_stats=house.inbox_stats,
        replies=replies,
        approval=policies.approval,
        acts={**policies.acts(), **servers.acts()},
        brooms=(engagements.forget_some, *policies.brooms()),
        offers=offers,
        pace=RateLimiter(house.monotonic, burst=BURST, per_s=PER_S),
        paces=ActivityLimits(house.monotonic),
        asking=RateLimiter(house.monotonic, burst=10, per_s=0.2),
        clock=house.unix,
        now=house.now,
    )


def _featured(near: Neighbours, house: FederationContext) -> tuple[DirectoryAnnouncements, ListedServers]:
    offers = DirectoryAnnouncements(house.addresses, near.settings, house.delivery, near.running, house.unix)
    ways = Ways(house.fetches, house.blocks, house.delivery, offers)
    return offers, ListedServers(house.addresses, ways, house.now, house.token)


def _replies(near: Neighbours, house: FederationContext, blocks: Blocks) -> Replies:
    parts = TalkParts(
        addresses=house.addresses,
        remote_actors=house.remote_actors,
        blocks=blocks,
        posts=house.posts,
        now=house.now,
    )
    return Replies(Near(near.settings, near.facts, near.room), parts)


def _token() -> str:
    """80 bits as 20 letters and digits."""
    return secrets.token_hex(10)
