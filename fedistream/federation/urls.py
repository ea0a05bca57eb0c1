"""Our public URLs, and the way back from a URL to the channel. They are served by `fedistream/api/fediverse/`."""

import re

from activitypub.urls import BadUrl, parse_url
from fedistream.channels.values import HOME
from fedistream.core.ports import Channel, ChannelDirectory, SettingsReader
from fedistream.federation.values import Off, Site

# ours are of letters and digits; those of a node that moved here may have the two other signs of base64url
POST_ID = re.compile(r"[A-Za-z0-9_-]{1,24}")


class ActorUrls:
    """The URLs and names under the present settings: the home channel is named by a setting, the others by their
    slugs."""

    def __init__(self, settings: SettingsReader, channels: ChannelDirectory) -> None:
        self._settings, self._channels = settings, channels

    @property
    def on(self) -> bool:
        """Return whether federation is switched on and possible."""
        return bool(self._settings.value("federation.enabled") and self._settings.value("node.public_url"))

    def site(self) -> Site:
        """Raises Off."""
        if not self.on:
            raise Off
        try:
            url = parse_url(self._settings.value("node.public_url"))
        except BadUrl:
            raise Off from None
        return Site(url.origin, url.target.rstrip("/"))

    def home(self) -> Channel:
        return self._channels.home()

    def name(self, channel: Channel) -> str:
        """Return the channel's name, the part before the @."""
        return str(self._settings.value("federation.username")) if channel.slug == HOME else channel.slug

    def by_name(self, name: str) -> Channel | None:
        """Return the channel with this name; upper and lower case are the same."""
        if name.lower() == self.name(self._channels.home()).lower():
            return self._channels.home()
        return None if name.lower() == HOME else self._channels.by_slug(name.lower())

    def by_id(self, channel_id: int) -> Channel | None:
        return next((channel for channel in self._channels.all() if channel.id == channel_id), None)

    def by_page(self, url: str) -> Channel | None:
        """Return the channel whose page this is. Raises Off."""
        site = self.site()
        return next((channel for channel in self._channels.all() if site.page(channel.slug) == url), None)

    def actor(self, channel: Channel) -> str:
        """Raises Off."""
        return self.site().actor(self.name(channel))

    def by_actor(self, url: str | None) -> Channel | None:
        """Return the channel whose actor has this URL. Raises Off."""
        name = (url or "").removeprefix(self.site().actor(""))
        channel = self.by_name(name) if name != url else None
        return channel if channel is not None and self.actor(channel) == url else None

    def post_id(self, url: str | None) -> str | None:
        """Return the id of the post or event with this URL, if it can be one of ours. Raises Off."""
        prefix = self.site().post("")
        found = (url or "").removeprefix(self.site().event("")).removeprefix(prefix)
        return found if found != url and POST_ID.fullmatch(found) else None
