"""What the services of federation work with: what the node hands in, and the parts that most of them share."""

from collections.abc import Callable
from dataclasses import dataclass

from activitypub.network.fetch_limiter import DocumentFetcher
from fedistream.core.clocks import Clocks
from fedistream.core.ports import ChannelDirectory, FactEmitter, SettingsWriter
from fedistream.federation.blocks import Blocks
from fedistream.federation.delivery import Delivery
from fedistream.federation.engagements import Engagements
from fedistream.federation.followers.service import Followers
from fedistream.federation.inbox.stats import InboxStats
from fedistream.federation.posts.service import Posts
from fedistream.federation.remote_actors import RemoteActors
from fedistream.federation.replies.chat_port import ChatPort
from fedistream.federation.urls import ActorUrls
from fedistream.jobs.job import JobQueue


@dataclass(frozen=True, slots=True)
class FederationContext:
    """`chat` is where replies are shown; `token` makes 20 letters and digits that nobody can guess."""

    settings: SettingsWriter
    channels: ChannelDirectory
    facts: FactEmitter
    chat: ChatPort
    outbox: JobQueue
    clocks: Clocks
    token: Callable[[], str]
    addresses: ActorUrls
    fetches: DocumentFetcher
    blocks: Blocks
    remote_actors: RemoteActors
    delivery: Delivery
    followers: Followers
    engagements: Engagements
    posts: Posts
    inbox_stats: InboxStats
