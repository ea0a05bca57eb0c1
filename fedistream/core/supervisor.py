"""Background tasks. Each has a name, is logged at once when it dies, and is restarted or stops the node.

`Supervisor.start` is for tasks that run as long as the process, `beside` for tasks that run as long as their caller,
and `go` for work that is done once. `asyncio.create_task` alone hides an exception until the task is awaited, so a
house test refuses it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

log = logging.getLogger(__name__)

R = TypeVar("R")

CANCEL_S = 1.0  # seconds that a cancelled task may take to end

Work = Callable[[], Awaitable[None]]
"""Starts the work; called again for each restart."""


class OnDeath(Enum):
    """The reaction when a task raises, or returns although it should run for ever."""

    RESTART = "restart"  # after a pause that doubles with every death
    STOP = "stop"  # the node cannot do without it


class State(Enum):
    """The state of a supervised task."""

    RUNNING = "running"
    PAUSED = "paused"  # it has died and waits for its restart
    DEAD = "dead"  # it has died, and the node is told to stop
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before a dead task is restarted. After `steady_s` seconds without a death the pause is `first_s`
    again."""

    first_s: float = 1.0
    most_s: float = 60.0
    steady_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one task for operators. `last_error` is the class of its last exception, "" if it never died."""

    name: str
    state: State
    deaths: int
    last_error: str


class Runner:
    """One supervised task. It must be ended before the things it uses are closed."""

    def __init__(self, name: str, supervisor: "Supervisor", on_death: OnDeath, *, ends: bool) -> None:
        self.name, self._supervisor, self._on_death, self._ends = name, supervisor, on_death, ends
        self._state, self._deaths, self._last_error = State.RUNNING, 0, ""
        self._task: asyncio.Task[None] | None = None

    def status(self) -> Status:
        return Status(self.name, self._state, self._deaths, self._last_error)

    def begin(self, work: Work, pauses: Pauses, clock: Callable[[], float]) -> None:
        """Start the task. Called once, by the supervisor."""
        self._task = asyncio.create_task(self._run(work, pauses, clock), name=self.name)

    async def end(self, wait_s: float = 0.0) -> None:
        """Wait `wait_s` seconds for the task to end, then cancel it. Returns when it has ended, or after CANCEL_S more
        seconds."""
        task = self._task
        if task is None:
            return
        if wait_s > 0:
            await asyncio.wait([task], timeout=wait_s)
        task.cancel()
        _, late = await asyncio.wait([task], timeout=CANCEL_S)
        if late:
            log.error("the task %s did not end within %g s of being cancelled", self.name, CANCEL_S)
        self._state = State.ENDED
        self._supervisor.forget(self)

    async def _run(self, work: Work, pauses: Pauses, clock: Callable[[], float]) -> None:
        _current.set((self._supervisor, self.name))
        pause_s = pauses.first_s
        while True:
            began = clock()
            self._state = State.RUNNING
            error = await self._once(work)
            if error is None:
                self._state = State.ENDED
                return
            if clock() - began >= pauses.steady_s:
                pause_s = pauses.first_s
            self._deaths += 1
            self._last_error = type(error).__name__
            if self._on_death is OnDeath.STOP:
                self._state = State.DEAD
                log.critical("the task %s died, and the node stops", self.name, exc_info=error)
                self._supervisor.give_up(self.name)
                return
            self._state = State.PAUSED
            log.error("the task %s died and is started again in %g s", self.name, pause_s, exc_info=error)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, pauses.most_s)

    async def _once(self, work: Work) -> Exception | None:
        """Run the work once. Returns the exception that it died of, or None when it ended as it may."""
        try:
            await work()
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            failure = RuntimeError("it was cancelled from within")
            failure.__cause__ = error
            return failure
        except Exception as error:
            return error
        return None if self._ends else RuntimeError("it returned, although it should run for good")


class Supervisor:
    """Starts and restarts tasks. `give_up(name)` is called when a task dies that the node needs."""

    def __init__(
        self,
        give_up: Callable[[str], None] = lambda name: None,
        *,
        pauses: Pauses | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.give_up = give_up
        self._pauses, self._clock = pauses or Pauses(), clock
        self._runners: list[Runner] = []

    def start(self, name: str, work: Work, *, on_death: OnDeath = OnDeath.RESTART, ends: bool = False) -> Runner:
        """Run `work()` from now on. With `ends` it may return and is over; without, returning counts as a death."""
        runner = Runner(name, self, on_death, ends=ends)
        self._runners.append(runner)
        runner.begin(work, self._pauses, self._clock)
        return runner

    def forget(self, runner: Runner) -> None:
        """Remove a runner that has ended."""
        if runner in self._runners:
            self._runners.remove(runner)

    def status(self) -> tuple[Status, ...]:
        """Return the status of all tasks that were not ended, in the order in which they were started."""
        return tuple(runner.status() for runner in self._runners)

    async def check(self) -> str | None:
        """Return "not running" for `/readyz` while a task is down, else None. `status` and the log name the task."""
        down = any(each.state in (State.PAUSED, State.DEAD) for each in self.status())
        return "not running" if down else None

    async def close(self) -> None:
        """End all tasks, the last started first."""
        for runner in reversed(tuple(self._runners)):
            await runner.end()


# the supervisor of the present task, and the task's name
_current: ContextVar[tuple[Supervisor, str] | None] = ContextVar("supervised", default=None)
_once: set[asyncio.Task[Any]] = set()  # the loop itself keeps no reference


@asynccontextmanager
async def beside(name: str, work: Work, *, on_death: OnDeath = OnDeath.RESTART) -> AsyncIterator[Runner]:
    """Run `work()` until the block is left, under the supervisor of the present task.

    Outside a supervised task, a death is logged and the work is restarted all the same.
    """
    supervisor, outer = _current.get() or (Supervisor(), "")
    runner = supervisor.start(f"{outer}.{name}" if outer else name, work, on_death=on_death)
    try:
        yield runner
    finally:
        await runner.end()


def go(name: str, work: Coroutine[Any, Any, R], *, expected: tuple[type[BaseException], ...] = ()) -> "asyncio.Task[R]":
    """Start work that is done once. An exception is logged at once, unless it is of an `expected` type."""
    task = asyncio.create_task(work, name=name)
    _once.add(task)

    def over(task: "asyncio.Task[R]") -> None:
        _once.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, expected):
            log.error("%s failed", name, exc_info=error)

    task.add_done_callback(over)
    return task
