"""What signing in needs of the rest of the node."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from activitypub.network.transport import Transport
from fedistream.core.clocks import Clocks
from fedistream.core.ports import SettingsReader
from fedistream.federation.posts.values import Mention

Authenticate = Callable[[str, str, str], Awaitable[object]]
"""Signs a visitor in, by id, as the identity that was proven in some way: `(visitor_id, kind, identity)`."""

Limit = Callable[[str], None]
"""Counts one more time for a name. Raises TooMany."""


class DirectMessenger(Protocol):
    """Writes to people on other servers in the name of the home channel."""

    async def find(self, account: str) -> Mention:
        """Return the account that is typed as user@host. Raises Invalid for what is none, or one that is not found or
        not welcome; and Off."""

    @property
    def sender(self) -> str:
        """The name of the channel that writes."""

    async def write(self, to: Mention, html: str, within_s: float) -> None:
        """Send a direct message, in so many seconds or never. Raises Off."""


@dataclass(frozen=True, slots=True)
class SignInContext:
    """`make_limit(burst, per_s)` makes a new limit: so many at once, and so many a second in the long run. `below(n)`
    returns a random number from 0 to n - 1."""

    settings: SettingsReader
    authenticate: Authenticate
    transport: Transport
    messenger: DirectMessenger
    make_limit: Callable[[float, float], Limit]
    clocks: Clocks
    below: Callable[[int], int]
