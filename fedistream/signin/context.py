"""The rest of the node as sign-in needs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from activitypub.network.transport import Transport
from fedistream.core.clocks import Clocks
from fedistream.core.ports import SettingsReader
from fedistream.federation.posts.values import Mention

Authenticate = Callable[[str, str, str], Awaitable[object]]
"""Signs a visitor in with a proven identity: `(visitor_id, kind, identity)`, where `kind` is the method."""

Limit = Callable[[str], None]
"""Counts one request for a key. Raises TooMany."""


class DirectMessenger(Protocol):
    """Sends direct messages to remote accounts from the home channel."""

    async def find(self, account: str) -> Mention:
        """Return the account that is typed as user@host.

        Raises Invalid for a malformed one, and for one that is not found or blocked; Off while federation is off.
        """

    @property
    def sender(self) -> str:
        """The name of the channel that sends the message."""

    async def write(self, to: Mention, html: str, within_s: float) -> None:
        """Send a direct message within `within_s` seconds or never. Raises Off."""


@dataclass(frozen=True, slots=True)
class SignInContext:
    """The other features as sign-in needs them.

    `make_limit(burst, per_s)` returns a new rate limit. `below(n)` returns a random number from 0 to n - 1.
    """

    settings: SettingsReader
    authenticate: Authenticate
    transport: Transport
    messenger: DirectMessenger
    make_limit: Callable[[float, float], Limit]
    clocks: Clocks
    below: Callable[[int], int]
