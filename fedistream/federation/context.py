"""The context of the federation services: what the node passes in, and the parts that most services share."""

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
    """The context of the federation services. `chat` shows the replies; `token` returns 20 random letters and
    digits."""

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
