"""The services behind the pages for the admin."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedistream.access_tokens.service import Integrations
from fedistream.api.health_score import HealthScore
from fedistream.api.http.admin_sign_in import AdminSignIn
from fedistream.api.http.listening import Listening
from fedistream.api.pages.admin.todo_counts import TodoCounts
from fedistream.api.pages.follow_invitation import FollowInvitations
from fedistream.api.pages.forms import CsrfTokens
from fedistream.api.pages.rendering import Pages
from fedistream.appearance.service import Images
from fedistream.broadcasts.service import Broadcasts
from fedistream.channels.service import Channels
from fedistream.chat.bans import Bans
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import MessageLog
from fedistream.chat.moderation import Moderation
from fedistream.chat.service import Chat
from fedistream.chat.visitors import Visitors
from fedistream.core.log_buffer import LogBuffer
from fedistream.federation.actors.profile_updates import Profiles
from fedistream.federation.directory.listed import ListedServers
from fedistream.federation.engagements import Engagements
from fedistream.federation.followers.blocklists import Blocklists
from fedistream.federation.followers.service import Followers
from fedistream.federation.inbox.reports import Reports
from fedistream.federation.inbox.service import Federation
from fedistream.federation.posts.quotes import Quotes
from fedistream.federation.posts.service import Posts
from fedistream.federation.replies.service import Replies
from fedistream.jobs.admin import OutboxAdmin
from fedistream.listing.service import Listing
from fedistream.metrics.hardware import HardwareMonitor
from fedistream.metrics.playback import PlaybackMetrics
from fedistream.notices.service import Notices
from fedistream.notifications.service import Notifications
from fedistream.people.second_factor import SecondFactor
from fedistream.people.service import People
from fedistream.people.sessions import Sessions
from fedistream.schedule.service import Schedule
from fedistream.settings.service import Settings
from fedistream.signin.provider import Provider
from fedistream.viewers.history import ViewerHistory
from fedistream.viewers.service import Viewers
from fedistream.webhooks.log import DeliveryLog
from fedistream.webhooks.service import Webhooks

KEY_BYTES = 24  # 32 characters, which OBS shows whole


@dataclass(frozen=True, slots=True)
class AdminPagesServices:
    """The services that the handlers of the admin's pages need. `chance(n)` returns n random bytes."""

    pages: Pages
    csrf: CsrfTokens
    todo_counts: TodoCounts
    chance: Callable[[int], bytes]
    listening: Listening
    log_buffer: LogBuffer
    channels: Channels
    people: People
    sessions: Sessions
    sign_in: AdminSignIn
    second_factor: SecondFactor
    provider: Provider
    settings: Settings
    broadcasts: Broadcasts
    viewers: Viewers
    viewer_history: ViewerHistory
    hardware: HardwareMonitor
    playback: PlaybackMetrics
    health: HealthScore
    now: Callable[[], datetime]
    chat: Chat
    messages: MessageLog
    visitors: Visitors
    moderation: Moderation
    bans: Bans
    emoji: Emoji
    images: Images
    access_tokens: Integrations
    federation: Federation
    follow_invitations: FollowInvitations
    followers: Followers
    engagements: Engagements
    posts: Posts
    replies: Replies
    featured: ListedServers
    profiles: Profiles
    reports: Reports
    quotes: Quotes
    blocklists: Blocklists
    outbox_admin: OutboxAdmin
    listing: Listing
    notices: Notices
    notifications: Notifications
    schedule: Schedule
    webhooks: Webhooks
    webhook_log: DeliveryLog

    def words(self, text: str) -> str:
        return self.pages.translations.gettext(text)

    def new_key(self) -> str:
        return base64.urlsafe_b64encode(self.chance(KEY_BYTES)).decode()
