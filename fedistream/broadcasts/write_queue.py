"""The turns of broadcasts, written in order and behind the media's back, for as long as it takes.

Media never waits for the database: a turn is queued and written by one task, so that "ended" cannot overtake
"started". The database may be away (a backup, a restart, a full disk): the turn stays the first in the queue and is
tried again until it is written. What waits is bounded, and `check` says that something does.
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
MAX_WRITES = 1_000  # half a megabyte; an encoder that connects and leaves every ten seconds makes so many in an hour
ATTEMPTS = 5  # of a turn that the database refuses although it is there

Step = Callable[[], Awaitable[None]]


class Kind(Enum):
    STARTED = "started"
    LOST = "lost"
    RETURNED = "returned"
    ENDED = "ended"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """`write` may be called again after it failed, also when what failed was only the answer to the commit."""

    kind: Kind
    run: BroadcastRun
    write: Step


class WriteQueue:
    """`dropped` counts broadcasts that were never written, because too many turns waited. `look` raises while the
    database is away: not every error of a driver says that it is."""

    def __init__(self, look: Callable[[], Awaitable[object]]) -> None:
        self._look = look
        self._turns: deque[Write] = deque()
        self._news, self._closing = asyncio.Event(), False
        self._again = asyncio.Event()
        self._failed = 0  # attempts at the first turn
        self.dropped = 0

    @property
    def waiting(self) -> int:
        return len(self._turns)

    def put(self, turn: Write) -> None:
        """Have it written after all that was put before."""
        if len(self._turns) >= MAX_WRITES:
            self._make_room()
        self._turns.append(turn)
        self._news.set()

    def hurry(self) -> None:
        """Try again at once what waits for its next attempt."""
        self._again.set()

    async def run(self) -> None:
        """Write the turns until `close`, and then what is left of them."""
        while True:
            await self._news.wait()
            while self._turns:
                await self._write(self._turns[0])
            self._news.clear()
            if self._closing:
                return

    def close(self) -> None:
        """Let `run` end when all that was put is written."""
        self._closing = True
        self._news.set()

    async def check(self) -> str | None:
        """For readiness: "behind" while what happened cannot be written."""
        return "behind" if self._failed > 1 else None

    async def _write(self, turn: Write) -> None:
        """Write the first turn; when that fails, keep it and wait a little."""
        try:
            await turn.write()
        except Exception as error:
            self._failed += 1
            problem = named(error)
            if problem is None and self._failed >= ATTEMPTS and await self._is_there():
                # the heartbeat, or the broadcast's next turn, writes what is missing if that can be done at all
                log.exception("a broadcast's turn (%s) could not be written and is given up", turn.kind.value)
                self._over()
                return
            pause_s = min(FIRST_PAUSE_S * 2 ** min(self._failed - 1, 10), MAX_PAUSE_S)
            log.warning(
                "a broadcast's turn (%s) could not be written and is tried again in %g s, %d wait: %s",
                *(turn.kind.value, pause_s, len(self._turns), problem or repr(error)),
            )
            self._again.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await self._again.wait()
            except TimeoutError:
                pass
            return
        if self._failed:
            log.info("broadcasts are written again, %d turns wait", len(self._turns) - 1)
        self._over()

    async def _is_there(self) -> bool:
        try:
            await self._look()
        except Exception as error:
            log.warning("the database cannot be looked at: %r", error)
            return False
        return True

    def _over(self) -> None:
        self._failed = 0
        self._turns.popleft()

    def _make_room(self) -> None:
        """Leave out what nobody will miss; the first turn is being written and stays.

        First the gaps of encoders that have come back, then whole broadcasts that are over, the oldest first.
        """
        first, *rest = self._turns
        ordered: dict[Write, None] = {}
        gaps: dict[int, Write] = {}  # by broadcast; those of several channels stand between each other
        for turn in rest:
            gap = gaps.pop(id(turn.run), None)
            if turn.kind is Kind.RETURNED and gap is not None:
                del ordered[gap]
            elif turn.kind is not Kind.ALIVE:
                ordered[turn] = None
                if turn.kind is Kind.LOST:
                    gaps[id(turn.run)] = turn
        kept = list(ordered)
        if len(kept) + 1 >= MAX_WRITES:
            whole = next((turn.run for turn in kept if turn.kind is Kind.ENDED and turn.run is not first.run), None)
            if whole is not None:
                kept = [turn for turn in kept if turn.run is not whole]
                self.dropped += 1
                log.error("too much waits to be written: the broadcast of %s is left out", whole.started_at)
        self._turns = deque([first, *kept])
