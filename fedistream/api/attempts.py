"""Failed logins, counted per asker in a sliding minute. What counts as one asker is the gate's choice."""

from collections import OrderedDict, deque
from collections.abc import Callable

from fedistream.errors import TooMany

MAX_ASKERS = 10_000  # about 2 MB; the one who failed longest ago is forgotten first


class Attempts:
    """At most `limit` failures per asker within `window_s`. `now` is a monotonic clock in seconds.

    An attempt is counted before it is checked and taken back when it was right, so that many at once do not pass.
    """

    def __init__(self, now: Callable[[], float], *, limit: int = 10, window_s: float = 60.0) -> None:
        self._now = now
        self._limit = limit
        self._window_s = window_s
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def begin(self, asker: str) -> None:
        """Count an attempt. Raises TooMany while the asker has no attempts left; such a refusal does not count."""
        now = self._now()
        times = self._failed.setdefault(asker, deque())
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if len(times) >= self._limit:
            raise TooMany(times[0] + self._window_s - now)
        times.append(now)
        self._failed.move_to_end(asker)
        if len(self._failed) > MAX_ASKERS:
            self._failed.popitem(last=False)

    def forgive(self, asker: str) -> None:
        """The attempt just begun was right."""
        times = self._failed.get(asker)
        if times:
            times.pop()
            if not times:
                del self._failed[asker]
