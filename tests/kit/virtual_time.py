"""An event loop whose clock jumps to the next time that is waited for. For code without sockets and threads."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """Waits for nothing; `now` goes on by what would have been waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("all wait, and nothing will happen")
        found = super().select(0)
        if not found:
            self.now += max(timeout, 0.0)
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def in_no_time(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end. Its loop begins at 0 s; an hour of waiting takes no time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
