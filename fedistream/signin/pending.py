"""What was begun and waits for its end: bounded, and forgotten after a while and with the process."""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from fedistream.core.errors import TooMany

T = TypeVar("T")


class Pending(Generic[T]):
    """At most `most` things, each for `life_s` seconds. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float], *, most: int, life_s: float) -> None:
        self._clock, self._most, self._life_s = clock, most, life_s
        self._things: OrderedDict[str, tuple[float, str, T]] = OrderedDict()

    def put(self, key: str, thing: T, owner: str) -> None:
        """Keep it from now on, in the place of what had the key before. When there is no room, the oldest of the owner
        who has most makes some, so that nobody fills it alone. Raises TooMany where nobody has more than `owner`."""
        self._things.pop(key, None)
        self._sweep()
        if len(self._things) >= self._most:
            self._make_room(owner)
        self._things[key] = (self._clock(), owner, thing)

    def get(self, key: str) -> T | None:
        self._sweep()
        return self._things[key][2] if key in self._things else None

    def take(self, key: str) -> T | None:
        """It is not there any more afterwards."""
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
