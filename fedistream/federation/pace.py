"""How often a far server may come: a bucket per host that fills again with time. Bounded; knows no clock."""

from collections import OrderedDict
from collections.abc import Callable

from fedistream.errors import TooMany

MAX_HOSTS = 10_000  # about 2 MB; who was not heard for longest is forgotten first


class Pace:
    """At most `burst` at once and `per_s` in the long run for each name. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float], *, burst: float, per_s: float) -> None:
        self._clock, self._burst, self._per_s = clock, burst, per_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def step(self, name: str) -> None:
        """Count one. Raises TooMany."""
        now = self._clock()
        left, since = self._left.get(name, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_s)
        if left < 1:
            raise TooMany((1 - left) / self._per_s)
        self._left[name] = (left - 1, now)
        self._left.move_to_end(name)
        if len(self._left) > MAX_HOSTS:
            self._left.popitem(last=False)
