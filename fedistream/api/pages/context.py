"""What the pages for viewers are made of: the services that know the home channel, in one hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import chat
from fedistream.api.pages.cards import Still
from fedistream.api.pages.follow_invitation import FollowInvitation
from fedistream.api.pages.rendering import Pages
from fedistream.broadcasts.values import LiveStatus
from fedistream.core.ports import Channel
from fedistream.federation.values import Featured

SHOWN = (
    *("name", "serversummary", "streamtitle", "offlinemessage", "pagecontent", "tags", "socialhandles"),
    *("hideviewercount", "nsfw", "disablesearchindexing", *chat.ROOM),
)
"""The settings that can be seen on the watch page."""


class BroadcastRecord(Protocol):
    """A broadcast as it was written down."""

    @property
    def id(self) -> int: ...
    @property
    def channel_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def seen_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


class Channels(Protocol):
    def home(self) -> Channel: ...


class Settings(Protocol):
    def value(self, name: str, channel_id: int | None = None) -> object: ...


class Broadcasts(Protocol):
    def air(self, channel_id: int) -> LiveStatus: ...
    async def find(self, broadcast_id: int) -> BroadcastRecord | None: ...


class Viewers(Protocol):
    def count(self, channel_id: int) -> int: ...


class Stills(Protocol):
    def latest(self, channel_id: int) -> Still | None: ...
    async def of(self, broadcast_id: int) -> Still | None: ...


class Invitations(Protocol):
    async def of(self, channel: Channel) -> FollowInvitation | None: ...


class Found(Protocol):
    """What stands behind a page in the protocol, and whose it is."""

    @property
    def document(self) -> str: ...
    @property
    def creator(self) -> str: ...


class Counterparts(Protocol):
    async def of(self, channel: Channel, broadcast_id: int | None = None) -> Found | None: ...
    async def answer(
        self, request: ApiRequest, channel: Channel, broadcast_id: int | None = None
    ) -> Response | None: ...


class FeaturedServers(Protocol):
    async def shown(self) -> Sequence[Featured]: ...


@dataclass(frozen=True, slots=True)
class Now:
    """What is on the air, how many watch, and how it looks."""

    air: LiveStatus
    viewers: int
    still: Still | None


@dataclass(frozen=True, slots=True)
class PageContext:
    pages: Pages
    channels: Channels
    settings: Settings
    broadcasts: Broadcasts
    viewers: Viewers
    stills: Stills
    follow_invitations: Invitations
    featured: FeaturedServers
    alternate_links: Counterparts

    def values(self) -> Mapping[str, object]:
        """The settings that are shown, by their names."""
        home = self.channels.home().id
        return {name: self.settings.value(name, home) for name in SHOWN}

    def now(self) -> Now:
        home = self.channels.home().id
        return Now(self.broadcasts.air(home), self.viewers.count(home), self.stills.latest(home))

    async def invitation(self) -> FollowInvitation | None:
        return await self.follow_invitations.of(self.channels.home())
