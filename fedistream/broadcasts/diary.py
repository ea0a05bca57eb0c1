"""The rows of broadcasts, written in order and behind the media's back.

Media never waits for the database: a step is queued and carried out by one task, so that "ended" cannot overtake
"started". The facts are published when their row is written.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None]]


class Diary:
    def __init__(self) -> None:
        self._steps: asyncio.Queue[Step | None] = asyncio.Queue()

    def write(self, step: Step) -> None:
        self._steps.put_nowait(step)

    async def run(self) -> None:
        """Carry out the steps until `close`. A step that fails is logged, and those behind it are still tried."""
        while (step := await self._steps.get()) is not None:
            try:
                await step()
            except Exception:
                log.exception("a broadcast's row could not be written")

    def close(self) -> None:
        """Let `run` end when all that was queued is written."""
        self._steps.put_nowait(None)
