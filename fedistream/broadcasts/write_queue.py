"""Writes the steps of broadcasts in order, without delaying the media, for as long as it takes.

The media never waits for the database: a step is queued, and one task writes the queue, so that "ended" cannot overtake
"started". While the database is away (a backup, a restart, a full disk), the step stays first in the queue and is
retried. The queue is bounded, and `check` reports a delay.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from fedistream.broadcasts.session import BroadcastRun
from fedistream.db import named

log = logging.getLogger(__name__)

FIRST_PAUSE_S, MAX_PAUSE_S = 0.25, 5.0
MAX_WRITES = 1_000  # 0.5 MB; an encoder that connects and leaves every 10 s makes so many in an hour
ATTEMPTS = 5  # at a step that the database refuses although it answers

Step = Callable[[], Awaitable[None]]


class Kind(Enum):
    """The kind of a step. ALIVE is a heartbeat."""

    STARTED = "started"
    LOST = "lost"
    RETURNED = "returned"
    ENDED = "ended"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A queued step. `write` may be called again after it failed, also when it had committed and only the answer was
    lost."""

    kind: Kind
    run: BroadcastRun
    write: Step


class WriteQueue:
    """The queue of all channels. `dropped` counts broadcasts that were never written because the queue was full.

    `look` must raise while the database is away: not every error of a driver says so.
    """

    def __init__(self, look: Callable[[], Awaitable[object]]) -> None:
        self._look = look
        self._steps: deque[Write] = deque()
        self._news, self._closing = asyncio.Event(), False
        self._again = asyncio.Event()
        self._failed = 0  # attempts at the first step
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """The number of queued steps."""
        return len(self._steps)

    def put(self, step: Write) -> None:
        """Queue a step behind all others."""
        if len(self._steps) >= MAX_WRITES:
            self._make_room()
        self._steps.append(step)
        self._news.set()

    def retry(self) -> None:
        """Retry the first step at once."""
        self._again.set()

    async def run(self) -> None:
        """Write the steps until `close`, and then those that are left."""
        while True:
            await self._news.wait()
            while self._steps:
                await self._write(self._steps[0])
            self._news.clear()
            if self._closing:
                return

    def close(self) -> None:
        """Make `run` end when everything that was put is written."""
        self._closing = True
        self._news.set()

    async def check(self) -> str | None:
        """Return "behind" for the readiness check while steps cannot be written, else None."""
        return "behind" if self._failed > 1 else None

    async def _write(self, step: Write) -> None:
        """Write the first step; when that fails, keep it and pause."""
        try:
            await step.write()
        except Exception as error:
            self._failed += 1
            problem = named(error)
            if problem is None and self._failed >= ATTEMPTS and await self._is_there():
                # the heartbeat or the broadcast's next step writes what is missing, if it can be written at all
                log.exception("a broadcast's step (%s) could not be written and is given up", step.kind.value)
                self._over()
                return
            pause_s = min(FIRST_PAUSE_S * 2 ** min(self._failed - 1, 10), MAX_PAUSE_S)
            log.warning(
                "a broadcast's step (%s) could not be written and is tried again in %g s, %d wait: %s",
                *(step.kind.value, pause_s, len(self._steps), problem or repr(error)),
            )
            self._again.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await self._again.wait()
            except TimeoutError:
                pass
            return
        if self._failed:
            log.info("broadcasts can be written again, %d steps wait", len(self._steps) - 1)
        self._over()

    async def _is_there(self) -> bool:
        try:
            await self._look()
        except Exception as error:
            log.warning("the database does not answer: %r", error)
            return False
        return True

    def _over(self) -> None:
        self._failed = 0
        self._steps.popleft()

    def _make_room(self) -> None:
        """Drop steps that matter least. The first step is being written and stays.

        Dropped first are heartbeats and gaps of encoders that have returned, then whole broadcasts that have ended, the
        oldest first.
        """
        first, *rest = self._steps
        ordered: dict[Write, None] = {}
        gaps: dict[int, Write] = {}  # by broadcast, because the steps of several channels are mixed
        for step in rest:
            gap = gaps.pop(id(step.run), None)
            if step.kind is Kind.RETURNED and gap is not None:
                del ordered[gap]
            elif step.kind is not Kind.ALIVE:
                ordered[step] = None
                if step.kind is Kind.LOST:
                    gaps[id(step.run)] = step
        kept = list(ordered)
        if len(kept) + 1 >= MAX_WRITES:
            whole = next((step.run for step in kept if step.kind is Kind.ENDED and step.run is not first.run), None)
            if whole is not None:
                kept = [step for step in kept if step.run is not whole]
                self.dropped += 1
                log.error("the write queue is full: the broadcast of %s is dropped", whole.started_at)
        self._steps = deque([first, *kept])
