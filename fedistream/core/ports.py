"""The ports that several features share: what a service needs of others, by its methods and not by its class.

A feature names its neighbours by these types, so that it imports no other feature's service. What one feature alone
needs of one other stands where it is used, as a callable or a port of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from fedistream.core.events import Fact


class SettingsReader(Protocol):
    """The values of the settings at this moment."""

    def value(self, name: str, channel_id: int | None = None) -> Any:
        """Return the value that holds: the channel's own, or the node's, or the default."""


class SettingsWriter(SettingsReader, Protocol):
    """Settings that may also be changed."""

    async def change(self, name: str, value: object, channel_id: int | None = None) -> None:
        """Check, store and announce a new value. Raises NotFound, Invalid and Conflict."""

    def guard(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        """Have `check` awaited before this setting is given another value. It may raise Conflict."""


class Channel(Protocol):
    """A channel as far as other features know it."""

    @property
    def id(self) -> int: ...
    @property
    def slug(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


class ChannelDirectory(Protocol):
    """The channels of the node, from memory."""

    def home(self) -> Channel: ...
    def by_slug(self, slug: str) -> Channel | None: ...
    def all(self) -> Sequence[Channel]: ...


class FactEmitter(Protocol):
    """The bus, for those who tell of facts; see `bus.py`."""

    async def emit(self, fact: Fact) -> None:
        """Emit a fact inside the transaction that makes it true."""

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        """Emit the facts of one transaction in their order."""

    def publish(self, fact: Fact) -> None:
        """Tell of a fact that changed no row. Never waits and never raises."""
