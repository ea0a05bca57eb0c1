"""The chat's sources of time, randomness and timers, passed in so that tests can control them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    """A call that was scheduled with `Clocks.later`."""

    def cancel(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """`monotonic` returns seconds; `chance(n)` returns n random bytes; `later(seconds, call)` schedules a call in the
    event loop's thread."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    chance: Callable[[int], bytes]
    later: Callable[[float, Callable[[], None]], Timer]
