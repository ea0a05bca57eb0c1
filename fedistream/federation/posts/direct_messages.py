"""Direct messages that confirm that a visitor owns an account on another server."""

from activitypub.network.transport import Clock
from activitypub.webfinger import BadHandle, parse_handle
from fedistream.core.errors import Invalid
from fedistream.core.ports import ChannelDirectory, SettingsReader
from fedistream.core.uniform_timing import uniform_timing
from fedistream.federation.posts.service import Finds, Posts
from fedistream.federation.posts.values import Mention
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem


class DirectMessages:
    """Send direct messages from the home channel. `clock` is in Unix seconds."""

    def __init__(
        self,
        addresses: ActorUrls,
        settings: SettingsReader,
        channels: ChannelDirectory,
        find: Finds,
        posts: Posts,
        clock: Clock,
    ) -> None:
        self._addresses, self._settings, self._channels = addresses, settings, channels
        self._find, self._posts, self._clock = find, posts, clock

    @property
    def sender(self) -> str:
        """Return the name of the channel that sends them."""
        return str(self._settings.value("channel.name", self._channels.home().id))

    async def find(self, account: str) -> Mention:
        """Return the actor of an account that is typed as user@host. Raises Invalid, Off."""
        site = self._addresses.site()
        try:
            handle = parse_handle(account)
        except BadHandle:
            raise Invalid("account", FederationProblem.HANDLE) from None
        if handle.host == site.authority:
            raise Invalid("account", FederationProblem.OWN_ACCOUNT)
        async with uniform_timing():
            found = await self._find(handle)
            if found is None:
                raise Invalid("account", FederationProblem.ACCOUNT_NOT_FOUND)
        return found

    async def write(self, to: Mention, html: str, within_s: float) -> None:
        """Send a direct message from the home channel, within so many seconds or not at all. Raises Off."""
        await self._posts.direct(self._channels.home(), to, html, expires_at=self._clock() + within_s)
