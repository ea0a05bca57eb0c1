"""The services behind Owncast's API."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedistream.access_tokens.service import Integrations
from fedistream.api.health_score import HealthScore
from fedistream.api.http.listening import Listening
from fedistream.api.owncast.history_pages import HistoryPages
from fedistream.api.prometheus import PrometheusServices
from fedistream.appearance.service import Images
from fedistream.broadcasts.service import Broadcasts
from fedistream.channels.service import Channels
from fedistream.chat.bans import Bans
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import MessageLog
from fedistream.chat.moderation import Moderation
from fedistream.chat.poster import ChatPoster
from fedistream.chat.service import Chat
from fedistream.chat.visitors import Visitors
from fedistream.core.log_buffer import LogBuffer
from fedistream.federation.directory.listed import ListedServers
from fedistream.federation.engagements import Engagements
from fedistream.federation.followers.service import Followers
from fedistream.federation.inbox.service import Federation
from fedistream.federation.posts.service import Posts
from fedistream.listing.service import Listing
from fedistream.metrics.hardware import HardwareMonitor
from fedistream.metrics.playback import PlaybackMetrics
from fedistream.notifications.service import Notifications
from fedistream.people.service import People
from fedistream.remote_media.service import MediaProxy
from fedistream.renditions.service import Renditions
from fedistream.schedule.service import Schedule
from fedistream.settings.service import Settings
from fedistream.signin.indieauth import IndieAuth
from fedistream.signin.one_time_codes import OneTimeCodes
from fedistream.viewers.geo import GeoIP
from fedistream.viewers.history import ViewerHistory
from fedistream.viewers.service import Viewers
from fedistream.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class OwncastServices:
    """The services that the handlers of Owncast's calls need."""

    channels: Channels
    people: People
    settings: Settings
    broadcasts: Broadcasts
    renditions: Renditions
    viewers: Viewers
    viewer_history: ViewerHistory
    geo: GeoIP
    hardware: HardwareMonitor
    playback: PlaybackMetrics
    health: HealthScore
    prometheus: PrometheusServices
    chat: Chat
    poster: ChatPoster
    moderation: Moderation
    visitors: Visitors
    messages: MessageLog
    bans: Bans
    emoji: Emoji
    images: Images
    history_pages: HistoryPages
    access_tokens: Integrations
    indieauth: IndieAuth
    codes: OneTimeCodes
    federation: Federation
    followers: Followers
    engagements: Engagements
    posts: Posts
    featured: ListedServers
    pictures: MediaProxy
    webhooks: Webhooks
    notifications: Notifications
    listing: Listing
    schedule: Schedule
    log_buffer: LogBuffer
    listening: Listening
    now: Callable[[], datetime]
