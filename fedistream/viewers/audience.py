"""The viewers of one channel: when each was last seen, and which hold a connection. Without clock and limits."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

Key = tuple[str, str]  # address and user agent: what distinguishes two viewers without a cookie


@dataclass(slots=True)
class Watcher:
    """One viewer. `last_seen` is in monotonic seconds, `holds` counts open connections."""

    id: str
    first_seen: datetime
    last_seen: float
    holds: int = 0


class Audience:
    """Viewers in the order in which they were last seen, so that expiry looks only at those that are due."""

    def __init__(self) -> None:
        self._passing: OrderedDict[Key, Watcher] = OrderedDict()
        self._held: dict[Key, Watcher] = {}
        self._per_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._passing) + len(self._held)

    def __iter__(self) -> Iterator[tuple[Key, Watcher]]:
        yield from self._held.items()
        yield from self._passing.items()

    def from_address(self, address: str) -> int:
        """Return the number of viewers at this address."""
        return self._per_address[address]

    def one_address(self) -> str:
        """Return the one address at which all viewers are, or "" if there are several or none."""
        return next(iter(self._per_address)) if len(self._per_address) == 1 else ""

    def touch(self, key: Key, at: float) -> bool:
        """Note that the viewer was seen. Returns False when there is no viewer with that key."""
        watcher = self._passing.get(key)
        if watcher is not None:
            watcher.last_seen = at
            self._passing.move_to_end(key)
            return True
        watcher = self._held.get(key)
        if watcher is None:
            return False
        watcher.last_seen = at
        return True

    def add(self, key: Key, watcher: Watcher) -> None:
        """Add a viewer without a connection."""
        self._passing[key] = watcher
        self._per_address[key[0]] += 1

    def hold(self, key: Key) -> None:
        """Note that the viewer has opened a connection. It does not expire until all its connections are released."""
        watcher = self._passing.pop(key, None)
        if watcher is not None:
            self._held[key] = watcher
        self._held[key].holds += 1

    def release(self, key: Key, at: float) -> None:
        """Note that a connection of the viewer has closed. After the last one it can expire."""
        watcher = self._held.get(key)
        if watcher is None:
            return
        watcher.holds -= 1
        watcher.last_seen = at
        if watcher.holds == 0:
            self._passing[key] = self._held.pop(key)

    def expire(self, before: float) -> int:
        """Remove the viewers that were last seen at `before` or earlier. Returns how many were removed."""
        gone = 0
        while self._passing:
            key = next(iter(self._passing))
            if self._passing[key].last_seen > before:
                break
            del self._passing[key]
            gone += 1
            self._per_address[key[0]] -= 1
            if not self._per_address[key[0]]:
                del self._per_address[key[0]]
        return gone
