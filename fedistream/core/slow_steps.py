"""Tells what a start is doing when it takes long: a line for each step that runs for more than a second."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

SLOW_S = 1.0

Steps = Callable[[str], AbstractContextManager[None]]
"""Wraps a step of a start, which is named by a participle: "upgrading the tables"."""


class SlowSteps:
    """Calls `say` with the name of a step as soon as it has run for `slow_s` seconds."""

    def __init__(self, say: Callable[[str], None], slow_s: float = SLOW_S) -> None:
        self._say, self._slow_s = say, slow_s

    @contextmanager
    def __call__(self, doing: str) -> Iterator[None]:
        """Wrap a step that awaits; to be used in a running event loop."""
        timer = asyncio.get_running_loop().call_later(self._slow_s, self._say, doing)
        try:
            yield
        finally:
            timer.cancel()


@contextmanager
def untold(_doing: str) -> Iterator[None]:
    """Wrap a step without a word."""
    yield
