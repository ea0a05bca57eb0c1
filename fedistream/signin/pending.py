"""Sign-ins in progress: bounded, and dropped after a while or with the process."""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from fedistream.core.errors import TooMany

T = TypeVar("T")


class Pending(Generic[T]):
    """A bounded store of `most` entries, each for `life_s` seconds. `clock` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float], *, most: int, life_s: float) -> None:
        self._clock, self._most, self._life_s = clock, most, life_s
        self._things: OrderedDict[str, tuple[float, str, T]] = OrderedDict()

    def put(self, key: str, thing: T, owner: str) -> None:
        """Store an entry, in place of one with the same key.

        When the table is full, the oldest entry of the owner with the most entries is dropped, so that no owner can
        fill it. Raises TooMany when no other owner has more entries than `owner`.
        """
        self._things.pop(key, None)
        self._sweep()
        if len(self._things) >= self._most:
            self._make_room(owner)
        self._things[key] = (self._clock(), owner, thing)

    def get(self, key: str) -> T | None:
        """Return the entry, or None."""
        self._sweep()
        return self._things[key][2] if key in self._things else None

    def take(self, key: str) -> T | None:
        """Remove and return the entry, or None."""
        found = self.get(key)
        self._things.pop(key, None)
        return found

    def _make_room(self, owner: str) -> None:
        counts = Counter(each for _, each, _ in self._things.values())
        most, count = counts.most_common(1)[0]
        if count <= counts[owner] + 1 and most != owner:
            oldest = next(iter(self._things.values()))[0]
            raise TooMany(math.ceil(oldest + self._life_s - self._clock()))
        del self._things[next(key for key, (_, each, _) in self._things.items() if each == most)]

    def _sweep(self) -> None:
        until = self._clock() - self._life_s
        while self._things and next(iter(self._things.values()))[0] <= until:
            self._things.popitem(last=False)
