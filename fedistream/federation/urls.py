"""Every URL of ours that others know, and back from a URL to the channel. Served by `fedistream/api/fediverse/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from activitypub.urls import BadUrl, parse_url
from fedistream.federation.values import Off

HOME = "home"


class Settings(Protocol):
    def value(self, name: str, channel_id: int | None = None) -> Any: ...


class Channel(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def slug(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


class Channels(Protocol):
    def home(self) -> Channel: ...
    def by_slug(self, slug: str) -> Channel | None: ...
    def all(self) -> Sequence[Channel]: ...


@dataclass(frozen=True, slots=True)
class Site:
    """The node as others reach it: `origin` is scheme://host[:port], `path` what a proxy has put before our paths."""

    origin: str
    path: str = ""

    @property
    def base(self) -> str:
        return self.origin + self.path

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def node(self) -> str:
        """The node's own actor, which signs what is fetched."""
        return f"{self.base}/federation/node"

    @property
    def shared_inbox(self) -> str:
        return f"{self.base}/federation/inbox"

    def actor(self, name: str) -> str:
        return f"{self.base}/federation/user/{name}"

    def post(self, post_id: str) -> str:
        return f"{self.base}/federation/{post_id}"

    def page(self, slug: str) -> str:
        return f"{self.base}/" if slug == HOME else f"{self.base}/c/{slug}"

    def live(self, slug: str, broadcast_id: int) -> str:
        """The page of one broadcast; in channels other than home that is the channel's."""
        return f"{self.base}/live/{broadcast_id}" if slug == HOME else self.page(slug)

    def still(self, slug: str, broadcast_id: int | None = None) -> str:
        """A picture of what is on the air; with an id, the picture of that broadcast, which is kept after its end."""
        if slug != HOME:
            return f"{self.base}/c/{slug}/thumbnail.jpg"
        return f"{self.base}/thumbnail.jpg" if broadcast_id is None else f"{self.live(slug, broadcast_id)}/still.jpg"

    def stream(self, slug: str) -> str:
        return f"{self.base}/hls/stream.m3u8" if slug == HOME else f"{self.base}/hls/{slug}/stream.m3u8"


class ActorUrls:
    """What is called how, by the settings of this moment: the home channel by its setting, others by their slugs."""

    def __init__(self, settings: Settings, channels: Channels) -> None:
        self._settings, self._channels = settings, channels

    @property
    def on(self) -> bool:
        """Whether federation is on and can be."""
        return bool(self._settings.value("federation.enabled") and self._settings.value("serverurl"))

    def site(self) -> Site:
        """Raises Off."""
        if not self.on:
            raise Off
        try:
            url = parse_url(self._settings.value("serverurl"))
        except BadUrl:
            raise Off from None
        return Site(url.origin, url.target.rstrip("/"))

    def home(self) -> Channel:
        return self._channels.home()

    def name(self, channel: Channel) -> str:
        """The channel's name before the @."""
        return str(self._settings.value("federation.username")) if channel.slug == HOME else channel.slug

    def by_name(self, name: str) -> Channel | None:
        """The case of a name does not count."""
        if name.lower() == self.name(self._channels.home()).lower():
            return self._channels.home()
        return None if name.lower() == HOME else self._channels.by_slug(name.lower())

    def by_id(self, channel_id: int) -> Channel | None:
        return next((channel for channel in self._channels.all() if channel.id == channel_id), None)

    def by_page(self, url: str) -> Channel | None:
        """Whose page this is. Raises Off."""
        site = self.site()
        return next((channel for channel in self._channels.all() if site.page(channel.slug) == url), None)

    def actor(self, channel: Channel) -> str:
        """Raises Off."""
        return self.site().actor(self.name(channel))

    def by_actor(self, url: str | None) -> Channel | None:
        """Whose actor has this URL. Raises Off."""
        name = (url or "").removeprefix(self.site().actor(""))
        channel = self.by_name(name) if name != url else None
        return channel if channel is not None and self.actor(channel) == url else None

    def post_id(self, url: str | None) -> str | None:
        """The id of the post with this URL, if it can be one of ours. Raises Off."""
        prefix = self.site().post("")
        found = (url or "").removeprefix(prefix)
        return found if found != url and 0 < len(found) <= 24 and found.isalnum() else None
