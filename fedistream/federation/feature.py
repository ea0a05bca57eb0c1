"""Federation as a whole: its services, built and joined."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from activitypub.network.fetch_limiter import FetchLimiter
from activitypub.network.guard import Guard, parse_allowed
from activitypub.network.http_client import HttpClient
from activitypub.network.schemes import Schemes
from fedistream import __version__
from fedistream.core.clocks import Clocks
from fedistream.core.errors import Invalid
from fedistream.core.ports import ChannelDirectory, FactEmitter, SettingsWriter
from fedistream.core.retention_clock import RetentionClock
from fedistream.core.supervisor import beside
from fedistream.federation.actors.documents import Documents
from fedistream.federation.actors.profile_updates import KIND as PROFILE
from fedistream.federation.actors.profile_updates import NAMES, Profiles
from fedistream.federation.blocks import Blocks
from fedistream.federation.context import FederationContext
from fedistream.federation.delivery import Delivery
from fedistream.federation.directory.announcing import DirectoryAnnouncements, RunningNow, nothing_running
from fedistream.federation.directory.listed import ListedServers
from fedistream.federation.engagements import Engagements
from fedistream.federation.fetching import AccountLookup, Handles, SignedFetcher
from fedistream.federation.followers.service import Followers
from fedistream.federation.inbox.engagement_batch import EngagementBatch
from fedistream.federation.inbox.policies import InboxPolicies, build_policies
from fedistream.federation.inbox.service import Federation
from fedistream.federation.inbox.stats import InboxStats
from fedistream.federation.keys import Keys
from fedistream.federation.posts.direct_messages import DirectMessages
from fedistream.federation.posts.service import Posts
from fedistream.federation.remote_actors import RemoteActors, set_handle
from fedistream.federation.replies.chat_port import NO_CHAT, ChatPort
from fedistream.federation.replies.service import Replies
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem
from fedistream.jobs.job import DeliveryQueue, Job, Outcome

log = logging.getLogger(__name__)

SWEEP_S = 3600.0
USER_AGENT = f"Fedistream/{__version__}"


@dataclass(frozen=True, slots=True)
class Outbound:
    """The way to other servers: deliveries are jobs of the outbox, and `guard` decides which addresses are allowed."""

    outbox: DeliveryQueue
    guard: Guard


@dataclass(frozen=True, slots=True)
class FederationFeature:
    """The federation services. Has to `run`, and be closed."""

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
        """Show replies in the chat, and delete expired rows from time to time, until cancelled."""
        await self.federation.warn()
        async with beside("replies", self.replies.run):
            while True:
                try:
                    # a clock that is wrong for an hour must not delete replies, keys and seen activities
                    if not self.cautious.doubts(await self.remote_actors.newest_at()):
                        await self.federation.prune()
                        await self.keys.prune()
                except Exception:
                    # a database that is busy once must not end the replies' task
                    log.exception("old federation data could not be deleted; the node tries again in an hour")
                await asyncio.sleep(SWEEP_S)

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[Outcome]]]:
        """Return the handlers of federation's jobs, by kind."""
        return {PROFILE: self.profiles.send, **self.policies.handlers()}

    async def close(self) -> None:
        await self.handles.close()
        await self.federation.close()
        await self.http_client.close()


def guard(allow: str) -> Guard:
    """Return the guard that allows public addresses and the hosts of `allow` (name[:port],...). Raises Invalid."""
    try:
        return Guard(parse_allowed(entry for entry in allow.split(",") if entry.strip()))
    except ValueError as error:
        raise Invalid("--federation-allow", FederationProblem.ALLOWED_HOSTS, detail=str(error)) from error


async def build(
    settings: SettingsWriter,
    channels: ChannelDirectory,
    facts: FactEmitter,
    clocks: Clocks,
    outbound: Outbound,
    chat: ChatPort = NO_CHAT,
    running: RunningNow = nothing_running,
) -> FederationFeature:
    """Build federation on an open database. `chat` shows replies, and `running` returns the live broadcasts."""
    addresses, blocks, engagements = ActorUrls(settings, channels), Blocks(), Engagements(clocks.now)

    def token() -> str:
        """Return 80 random bits as 20 letters and digits."""
        return clocks.chance(10).hex()

    keys = Keys(addresses, clocks.now)
    if addresses.on:  # else they are made when they are first used
        await keys.open(channel.id for channel in channels.all())
    async with contextlib.AsyncExitStack() as undo:
        http_client = HttpClient(outbound.guard, USER_AGENT)
        undo.push_async_callback(http_client.close)
        fetches = FetchLimiter(SignedFetcher(http_client, keys, Schemes(), clocks.unix), clocks.monotonic)
        handles = Handles(fetches, set_handle)
        remote_actors = RemoteActors(fetches, blocks, clocks.monotonic, clocks.now, introduced=handles.ask)
        delivery = Delivery(outbound.outbox, addresses, token)
        find = AccountLookup(fetches, blocks).find
        context = FederationContext(
            settings=settings,
            channels=channels,
            facts=facts,
            chat=chat,
            outbox=outbound.outbox,
            clocks=clocks,
            token=token,
            addresses=addresses,
            fetches=fetches,
            blocks=blocks,
            remote_actors=remote_actors,
            delivery=delivery,
            followers=Followers(addresses, remote_actors, delivery, engagements, clocks.now),
            engagements=engagements,
            posts=Posts(addresses, settings, delivery, find, clocks.now, token),
            inbox_stats=InboxStats(outbound.outbox.hosts, clocks.monotonic, clocks.now()),
        )
        direct_messages = DirectMessages(addresses, settings, channels, find, context.posts, clocks.unix)
        feature = _join(context, keys, http_client, handles, direct_messages, running)
        for name in NAMES:
            settings.guard(name, feature.profiles.check_names)
        await feature.federation.open()
        undo.pop_all()
    return feature


def _join(
    context: FederationContext,
    keys: Keys,
    http_client: HttpClient,
    handles: Handles,
    direct_messages: DirectMessages,
    running: RunningNow,
) -> FederationFeature:
    clocks, addresses, settings, delivery = context.clocks, context.addresses, context.settings, context.delivery
    policies, replies = build_policies(context), Replies(context)
    offers = DirectoryAnnouncements(addresses, settings, delivery, running, clocks.unix)
    servers = ListedServers(addresses, context.fetches, context.blocks, delivery, offers, clocks.now, context.token)
    engagement_batch = EngagementBatch(
        addresses, context.posts, context.remote_actors, context.engagements, context.facts, clocks.now
    )
    documents = Documents(addresses, settings, keys, context.followers, context.posts, context.engagements)
    federation = Federation(context, engagement_batch, replies, policies, offers, servers)
    handles.tell(federation.block_by_handle)
    return FederationFeature(
        federation=federation,
        remote_actors=context.remote_actors,
        cautious=RetentionClock(clocks.now, clocks.monotonic),
        documents=documents,
        followers=context.followers,
        engagements=context.engagements,
        posts=context.posts,
        replies=replies,
        direct_messages=direct_messages,
        addresses=addresses,
        keys=keys,
        profiles=Profiles(addresses, context.channels, documents, keys, delivery, context.outbox, clocks.now),
        policies=policies,
        offers=offers,
        servers=servers,
        handles=handles,
        http_client=http_client,
    )
