"""Wrong passwords, counted by asker and for the account, and the growing delay that follows from them.

What counts as one client, and which client passes during a delay, is decided in `auth.py`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from activitypub.bounded_dict import BoundedDict

MAX_ASKERS = 10_000  # about 2 MB; the one who failed longest ago is forgotten first
FREE = 5  # wrong ones that cost no delay: people mistype
MOST_DELAY_S = 300.0
FORGOTTEN_S = 3600.0  # after the last wrong one

# wrong passwords for the account in a minute, from all addresses. Above this number many addresses guess together: then
# one is free, and each delay grows with their number
GUESSED_AT = 50
MOST_FACTOR = 16


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class LoginLimit:
    """Failures of each asker. `now` is a monotonic clock in seconds.

    An attempt is counted before it is checked and taken back when it was right, so that many at once do not pass.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failed: BoundedDict[str, _Failures] = BoundedDict(MAX_ASKERS)
        self._lately, self._since = 0.0, now()  # of the account; halved every minute

    def begin(self, asker: str) -> int:
        """Count an attempt, and return how many have failed before it. Whether the asker has to `wait` is looked at
        before; what is refused for that does not count."""
        failures = self._failed.get(asker) or _Failures(0, self._now())
        failures.count, failures.last = failures.count + 1, self._now()
        self._failed[asker] = failures  # the newest last
        return failures.count - 1

    def forgive(self, asker: str) -> None:
        """The attempt just begun was right, or did not take place."""
        failures = self._failed.get(asker)
        if failures is not None:
            failures.count -= 1
            if failures.count <= 0:
                del self._failed[asker]

    def failed(self) -> None:
        """The attempt just begun was wrong."""
        self._lately, self._since = self._pressure() + 1, self._now()

    def wait(self, asker: str, *, alone: bool = False) -> float:
        """Return the seconds for which the client is still refused. `alone` ignores the failures of other clients."""
        failures, now = self._failed.get(asker), self._now()
        if failures is None:
            return 0.0
        if now - failures.last >= FORGOTTEN_S:
            del self._failed[asker]
            return 0.0
        pressure = 0.0 if alone else self._pressure()
        over = failures.count - (FREE if pressure < GUESSED_AT else 1)
        if over < 0:
            return 0.0
        factor = min(MOST_FACTOR, max(1.0, pressure / GUESSED_AT))
        # the exponent is bounded too: a number of 2,000 digits is no delay
        delay = min(MOST_DELAY_S, factor * 2.0 ** min(over, 16))
        return max(0.0, failures.last + delay - now)

    def _pressure(self) -> float:
        return self._lately * math.exp2((self._since - self._now()) / 60)
