"""Time and chance as a feature is given them, so that a test can give it others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    """A call that is made later, unless it is cancelled."""

    def cancel(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now` is the time of day in UTC, `monotonic` counts seconds. `chance(n)` returns n random bytes, and
    `later(seconds, call)` calls in the loop's thread."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    chance: Callable[[int], bytes]
    later: Callable[[float, Callable[[], None]], Timer]

    def unix(self) -> float:
        """Return the time of day in seconds since 1970."""
        return self.now().timestamp()
