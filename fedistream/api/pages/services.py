"""The services behind the pages for viewers."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedistream.api.pages.alternate_links import AlternateLinks
from fedistream.api.pages.follow_invitation import FollowInvitations
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.static import Static
from fedistream.appearance.public_files import PublicFiles
from fedistream.appearance.service import Images
from fedistream.broadcasts.service import Broadcasts
from fedistream.broadcasts.values import LiveStatus
from fedistream.federation.directory.listed import ListedServers
from fedistream.federation.inbox.service import Federation
from fedistream.notifications.service import Notifications
from fedistream.schedule.service import Schedule
from fedistream.settings.service import Settings
from fedistream.thumbnails.previews import Previews
from fedistream.thumbnails.service import Picture, Thumbnails
from fedistream.viewers.service import Viewers

CHAT_SETTINGS = ("chat.enabled", "node.public_url", "federation.enabled", "chat.offline_s", "chat.signed_in_only")
"""The settings that a page with a chat needs for it."""
SHOWN = (
    *(
        "channel.name",
        "channel.summary",
        "channel.title",
        "channel.offline_message",
        "channel.page_content",
        "channel.tags",
        "channel.social_handles",
    ),
    *("channel.hide_viewer_count", "channel.nsfw", "node.disable_search_indexing", *CHAT_SETTINGS),
    *("page.autoplay", "page.external_actions", "page.custom_javascript"),
)
"""The settings that can be seen on the watch page."""


@dataclass(frozen=True, slots=True)
class Now:
    """The live broadcast, its viewers and its thumbnail."""

    live_status: LiveStatus
    viewers: int
    still: Picture | None


@dataclass(frozen=True, slots=True)
class PagesServices:
    """The services that the handlers of the pages need."""

    pages: Pages
    static: Static
    settings: Settings
    broadcasts: Broadcasts
    viewers: Viewers
    thumbnails: Thumbnails
    previews: Previews
    images: Images
    public_files: PublicFiles
    federation: Federation
    follow_invitations: FollowInvitations
    featured: ListedServers
    alternate_links: AlternateLinks
    schedule: Schedule
    notifications: Notifications

    def values(self, channel_id: int) -> Mapping[str, object]:
        """Return the settings that are shown, by their names."""
        return {name: self.settings.value(name, channel_id) for name in SHOWN}

    def now(self, channel_id: int) -> Now:
        return Now(
            self.broadcasts.live_status(channel_id), self.viewers.count(channel_id), self.thumbnails.latest(channel_id)
        )
