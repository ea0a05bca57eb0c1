"""The bus: hands a fact to those who act on it. Publishing never waits and never raises. It never leaves the process.

Three kinds of reaction: "now" is called at once (pure bookkeeping), "live" soon and in order (dropped when more than
`capacity` wait), "job" becomes a row of the outbox, written in the transaction of the fact (`enqueue`).
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from fedistream.events import FACTS, Fact

log = logging.getLogger(__name__)

Kind = Literal["now", "live", "job"]
KINDS = ("now", "live", "job")


class WrongReaction(Exception):
    """A row of the reactions table cannot work; the node must not start with it."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One row of the table: on `fact`, call `act` with it. "now" acts are plain functions, the others coroutines."""

    fact: type[Fact]
    kind: Kind
    act: Callable[[Any], Any]

    @property
    def name(self) -> str:
        act = self.act
        return f"{act.__module__}.{act.__qualname__}"


class Bus:
    """Make it, `attach` the table once, `publish` facts, and keep `run` running.

    `enqueue(fact name, reaction name, fact)` writes a job down. `dropped` counts the live reactions that nobody had
    time for.
    """

    def __init__(
        self, enqueue: Callable[[str, str, Fact], None] | None = None, *, capacity: int = 1000, limit_s: float = 10
    ) -> None:
        """`capacity`: live reactions that may wait. `limit_s`: how long one may take, as the others wait for it."""
        self.dropped = 0
        self._enqueue = enqueue
        self._limit_s = limit_s
        self._by_fact: dict[type[Fact], list[Reaction]] = {}
        self._live: asyncio.Queue[tuple[Reaction, Fact]] = asyncio.Queue(capacity)

    def attach(self, reactions: Iterable[Reaction]) -> None:
        """Take the table. Raises WrongReaction."""
        by_fact: dict[type[Fact], list[Reaction]] = {}
        for reaction in reactions:
            self._check(reaction)
            rows = by_fact.setdefault(reaction.fact, [])
            # jobs are found again by name, so two objects' methods of one name cannot both be jobs
            twice = [row for row in rows if row.act == reaction.act or reaction.kind == row.kind == "job"]
            if any(row.act == reaction.act or row.name == reaction.name for row in twice):
                raise WrongReaction(f"{reaction.name} reacts to {reaction.fact.name()} twice")
            rows.append(reaction)
        self._by_fact = by_fact

    def publish(self, fact: Fact) -> None:
        """Tell everybody. Never waits and never raises: what a reaction raises is logged, and the next one is called.
        Call it in the event loop's thread."""
        for reaction in self._by_fact.get(type(fact), ()):
            try:
                if reaction.kind == "now":
                    reaction.act(fact)
                elif reaction.kind == "live":
                    self._live.put_nowait((reaction, fact))
                elif self._enqueue is not None:
                    self._enqueue(fact.name(), reaction.name, fact)
            except asyncio.QueueFull:
                self.dropped += 1
            except Exception:
                log.exception("%s failed on %s", reaction.name, fact.name())

    async def run(self) -> None:
        """Carry out the live reactions, one after the other, until cancelled."""
        while True:
            reaction, fact = await self._live.get()
            try:
                async with asyncio.timeout(self._limit_s):
                    await reaction.act(fact)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                log.warning("%s was cancelled from within on %s", reaction.name, fact.name())
            except Exception:
                log.exception("%s failed on %s", reaction.name, fact.name())

    def _check(self, reaction: Reaction) -> None:
        if not hasattr(reaction.act, "__qualname__"):
            raise WrongReaction(f"{reaction.act!r} has no name; a reaction is a function or a method")
        if FACTS.get(reaction.fact.name()) is not reaction.fact:
            raise WrongReaction(f"{reaction.name} reacts to {reaction.fact.__name__}, which is no fact of the table")
        if reaction.kind not in KINDS:
            raise WrongReaction(f"{reaction.name} has the unknown kind {reaction.kind!r}")
        if (reaction.kind == "now") == inspect.iscoroutinefunction(reaction.act):
            raise WrongReaction(f"{reaction.name} is {reaction.kind}: only what is not now may be a coroutine function")
        if reaction.kind == "job" and self._enqueue is None:
            raise WrongReaction(f"{reaction.name} is a job, and there is no outbox to write it to")
