"""Ports that several features share: the methods that a service needs of others, independent of their classes.

A feature names other features by these types, so that it imports no other feature's service. A need of one feature
alone is declared where it is used, as a callable or a port.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from fedistream.core.events import Fact


class SettingsReader(Protocol):
    """The present values of the settings."""

    def value(self, name: str, channel_id: int | None = None) -> Any:
        """Return the value in effect: the channel's own, else the node's, else the default. Raises KeyError for an
        unknown name."""


class SettingsWriter(SettingsReader, Protocol):
    """Settings that can also be changed."""

    async def change(self, name: str, value: object, channel_id: int | None = None) -> None:
        """Check and store a value, and emit the change. Raises NotFound, Invalid and Conflict."""

    def guard(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        """Await `check` before this setting is changed. It may raise Conflict."""


class Channel(Protocol):
    """A channel as other features see it. `slug` is its path segment in URLs."""

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
    """The bus as features use it; see `bus.py`."""

    async def emit(self, fact: Fact) -> None:
        """Emit a fact inside the transaction of its change."""

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        """Emit the facts of one transaction in their order."""

    def publish(self, fact: Fact) -> None:
        """Pass on a fact that changed no row. Never waits and never raises."""
