"""What was begun and waits for its end: bounded, and forgotten after a while and with the process."""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from fedistream.errors import TooMany

T = TypeVar("T")


class Waiting(Generic[T]):
    """At most `most` things, each for `life_s` seconds. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float], *, most: int, life_s: float) -> None:
        self._clock, self._most, self._life_s = clock, most, life_s
        self._things: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def put(self, key: str, thing: T) -> None:
        """Keep it from now on, in the place of what had the key before. Raises TooMany rather than dropping another."""
        self._things.pop(key, None)
        self._sweep()
        if len(self._things) >= self._most:
            oldest = next(iter(self._things.values()))[0]
            raise TooMany(math.ceil(oldest + self._life_s - self._clock()))
        self._things[key] = (self._clock(), thing)

    def get(self, key: str) -> T | None:
        self._sweep()
        return self._things[key][1] if key in self._things else None

    def take(self, key: str) -> T | None:
        """It is not there any more afterwards."""
        found = self.get(key)
        self._things.pop(key, None)
        return found

    def _sweep(self) -> None:
        until = self._clock() - self._life_s
        while self._things and next(iter(self._things.values()))[0] <= until:
            self._things.popitem(last=False)
