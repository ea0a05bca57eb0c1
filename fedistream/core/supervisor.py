"""Tasks in the background: each has a name, is heard of at once when it dies, and is begun again or stops the node.

`Supervisor.start` is for what runs as long as the process, `beside` for what runs as long as its caller, `go` for what
is done once. `asyncio.create_task` alone keeps the exception to itself until somebody asks (a house test refuses it).
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

CANCEL_S = 1.0  # how long a cancelled task may take to end

Work = Callable[[], Awaitable[None]]
"""Begins the work anew, each time it is called."""


class OnDeath(Enum):
    """What follows when a task raises, or returns although it should run for good."""

    RESTART = "restart"  # after a pause that doubles with every death
    STOP = "stop"  # the node cannot do without it


class State(Enum):
    RUNNING = "running"
    PAUSED = "paused"  # it has died and waits to be begun again
    DEAD = "dead"  # it has died, and the node is told to stop
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before a dead task is begun again. A task that ran for `steady_s` begins with `first_s` again."""

    first_s: float = 1.0
    most_s: float = 60.0
    steady_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Status:
    """One task as operators see it. `last_error` is the class of what it died of, empty while it never died."""

    name: str
    state: State
    deaths: int
    last_error: str


class Runner:
    """One supervised task. `end` it before what it uses is closed."""

    def __init__(self, name: str, supervisor: "Supervisor", on_death: OnDeath, *, ends: bool) -> None:
        self.name, self._supervisor, self._on_death, self._ends = name, supervisor, on_death, ends
        self._state, self._deaths, self._last_error = State.RUNNING, 0, ""
        self._task: asyncio.Task[None] | None = None

    def status(self) -> Status:
        return Status(self.name, self._state, self._deaths, self._last_error)

    def begin(self, work: Work, pauses: Pauses, clock: Callable[[], float]) -> None:
        """Called once, by the supervisor."""
        self._task = asyncio.create_task(self._run(work, pauses, clock), name=self.name)

    async def end(self, wait_s: float = 0.0) -> None:
        """Give it `wait_s` to end by itself, then cancel it. Returns when it is over, or has not obeyed in time."""
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
        """What it died of; None when it ended as it may."""
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
    """`give_up(name)` is called when a task dies that the node cannot do without."""

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
        """Run `work()` from now on. With `ends` it may return, and is over then; without, returning is a death too."""
        runner = Runner(name, self, on_death, ends=ends)
        self._runners.append(runner)
        runner.begin(work, self._pauses, self._clock)
        return runner

    def forget(self, runner: Runner) -> None:
        """The runner has ended."""
        if runner in self._runners:
            self._runners.remove(runner)

    def status(self) -> tuple[Status, ...]:
        """All tasks that have not been ended, in the order they were started."""
        return tuple(runner.status() for runner in self._runners)

    async def check(self) -> str | None:
        """For `/readyz`: "not running" while a task is down, or None. Which one is in the log, and in `status`."""
        down = any(each.state in (State.PAUSED, State.DEAD) for each in self.status())
        return "not running" if down else None

    async def close(self) -> None:
        """End what still runs, the youngest first."""
        for runner in reversed(tuple(self._runners)):
            await runner.end()


# the supervisor of the task that runs here, and the task's name
_current: ContextVar[tuple[Supervisor, str] | None] = ContextVar("supervised", default=None)
_once: set[asyncio.Task[Any]] = set()  # the loop itself keeps no reference


@asynccontextmanager
async def beside(name: str, work: Work, *, on_death: OnDeath = OnDeath.RESTART) -> AsyncIterator[Runner]:
    """Run `work()` until the block is left, under the supervisor of the task that we are in, as a part of it. Outside
    of any, a death is logged and the work begun again all the same."""
    supervisor, outer = _current.get() or (Supervisor(), "")
    runner = supervisor.start(f"{outer}.{name}" if outer else name, work, on_death=on_death)
    try:
        yield runner
    finally:
        await runner.end()


def go(name: str, work: Coroutine[Any, Any, R], *, expected: tuple[type[BaseException], ...] = ()) -> "asyncio.Task[R]":
    """Do it once. What it raises is logged at once, whoever waits for the task or not, unless it is `expected`."""
    task = asyncio.create_task(work, name=name)
    _once.add(task)

    def over(task: "asyncio.Task[R]") -> None:
        _once.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, expected):
            log.error("%s failed", name, exc_info=error)

    task.add_done_callback(over)
    return task
