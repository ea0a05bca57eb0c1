"""What the chat needs from outside to be the same in every test: both clocks, chance, and being called later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    def cancel(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """`monotonic` in seconds; `chance(n)` gives n random bytes; `later(seconds, call)` calls in the loop's thread."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    chance: Callable[[int], bytes]
    later: Callable[[float, Callable[[], None]], Timer]
