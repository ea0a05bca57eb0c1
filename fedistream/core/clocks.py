"""Time, timers and randomness, passed to features so that tests can control them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    """A scheduled call, which can be cancelled."""

    def cancel(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now` returns the time of day in UTC, `monotonic` seconds.

    `chance(n)` returns n random bytes; `later(seconds, call)` schedules a call in the event loop's thread.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    chance: Callable[[int], bytes]
    later: Callable[[float, Callable[[], None]], Timer]

    def unix(self) -> float:
        """Return the time of day in Unix seconds."""
        return self.now().timestamp()
