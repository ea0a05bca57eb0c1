"""Limits on web connections, in total and per network. Above a limit, the oldest idle connection is closed.

It knows no socket and no HTTP. A connection is idle while no request of it is being answered, also when it has sent
half a request head. When none is idle, a few more connections are accepted for the admin alone.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from fedistream.core.client_network import client_network

log = logging.getLogger(__name__)

REMIND_S = 60.0


class Limits(Protocol):
    @property
    def total(self) -> int: ...
    @property
    def per_network(self) -> int: ...
    @property
    def spare(self) -> int: ...


class Connection(Protocol):
    def give_way(self) -> None:
        """Close at once, because another connection needs the place."""


class Place(Enum):
    NORMAL = "normal"
    SPARE = "spare"  # for the admin's requests only
    NONE = "none"


@dataclass(slots=True)
class _Network:
    count: int = 0
    idle: OrderedDict[Connection, None] = field(default_factory=OrderedDict)


class ConnectionLimiter:
    """Counts connections. `now` is a monotonic clock. `shared` returns whether an address belongs to many people, such
    as a proxy's: it is not counted as one network."""

    def __init__(self, limits: Limits, now: Callable[[], float], shared: Callable[[str], bool]) -> None:
        self._limits, self._now, self._shared = limits, now, shared
        self._networks: dict[str, _Network] = {}
        self._of: dict[Connection, str] = {}  # with the network, "" for one that is not counted by network
        self._idle: OrderedDict[Connection, None] = OrderedDict()
        # separate, so that connections above the limit do not close each other before they have sent a request
        self._spare: dict[Connection, None] = {}
        self._spare_idle: OrderedDict[Connection, None] = OrderedDict()
        self._next_warning: dict[str, float] = {}
        self._malformed = 0

    def __len__(self) -> int:
        return len(self._of)

    def arrive(self, connection: Connection, address: str) -> Place:
        """Count a new, idle connection; each that gets a place needs a `leave`."""
        limits = self._limits
        name = "" if self._shared(address) else client_network(address)
        network = self._networks.get(name) if name else None
        if network is not None and network.count >= limits.per_network and not self._evict(network.idle):
            self._warn("network", "%s has %d web connections open, no more are taken", address, network.count)
            return Place.NONE
        place = Place.NORMAL
        if len(self._of) - len(self._spare) >= limits.total and not self._evict(self._idle):
            self._warn("all", "all %d web connections are in use, new ones are refused", limits.total)
            if len(self._spare) >= limits.spare and not self._evict(self._spare_idle):
                return Place.NONE
            place = Place.SPARE
            self._spare[connection] = None
        self._of[connection] = name
        if name:
            self._networks.setdefault(name, _Network()).count += 1
        self.idle(connection)
        return place

    def busy(self, connection: Connection) -> None:
        """Mark a connection busy, because one of its requests is being answered."""
        if self._idle.pop(connection, self) is not None:
            self._spare_idle.pop(connection, None)
        if name := self._of.get(connection):
            self._networks[name].idle.pop(connection, None)

    def idle(self, connection: Connection) -> None:
        """Mark a connection idle, because all its requests have been answered."""
        name = self._of.get(connection)
        if name is not None:
            (self._spare_idle if connection in self._spare else self._idle)[connection] = None
            if name:
                self._networks[name].idle[connection] = None

    def hand_over(self, before: Connection, after: Connection) -> None:
        """Give the place of a busy connection to another object."""
        name = self._of.pop(before, None)
        if name is not None:
            self._of[after] = name
        if before in self._spare:
            del self._spare[before]
            self._spare[after] = None

    def leave(self, connection: Connection) -> None:
        self.busy(connection)
        self._spare.pop(connection, None)
        name = self._of.pop(connection, "")
        if name:
            network = self._networks[name]
            network.count -= 1
            if not network.count:
                del self._networks[name]

    def malformed(self, address: str, why: str) -> None:
        """Log a request that the protocol refused, at most one line a minute."""
        self._malformed += 1
        count = self._malformed
        if self._warn("malformed", "malformed requests: %d refused, the last from %s: %s", count, address, why):
            self._malformed = 0

    def _evict(self, idle: OrderedDict[Connection, None]) -> bool:
        if not idle:
            return False
        oldest = next(iter(idle))
        self.leave(oldest)
        oldest.give_way()
        return True

    def _warn(self, kind: str, text: str, *values: object) -> bool:
        now = self._now()
        if now < self._next_warning.get(kind, now):
            return False
        self._next_warning[kind] = now + REMIND_S
        log.warning(text, *values)
        return True
