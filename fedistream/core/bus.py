"""The bus: passes facts to their reactions in this process, and to the outbox.

There are four kinds of reactions. "now" is called at once, for bookkeeping only. "live" is called soon, in the order
of its channel, and dropped when `capacity` of one channel wait. "job" becomes a row of the outbox. "store" is awaited
in the transaction with all facts of one `emit_all`, and writes rows itself. A fact that changed rows is emitted
(`emit`, `emit_all`) inside their transaction; one without rows is published (`publish`).
"""

import asyncio
import inspect
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fedistream.core.events import FACTS, ROWLESS, Fact
from fedistream.core.supervisor import go
from fedistream.db import after_commit

log = logging.getLogger(__name__)

Kind = Literal["now", "live", "job", "store"]
KINDS = ("now", "live", "job", "store")
IN_TRANSACTION = ("job", "store")  # the kinds that write rows
_ID = re.compile(r"[a-z_]+\.[a-z_]+")
MAX_ID = 40  # so that it fits the outbox's group column together with a channel's id


class WrongReaction(Exception):
    """A row of the table of reactions is invalid; the node must not start with it."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One row of the table: call `act` with each fact of the type `fact`. "now" acts are functions, others are
    coroutines. A "store" act is called with a tuple of facts, and may await nothing but the database.

    `id` names `act`, as "<feature>.<verb>". Stored jobs and the log use it, so it never changes. Several rows share an
    id only when they call the same function for different facts. `when` selects the facts that matter: for others,
    nothing is stored and `act` is not called.
    """

    id: str
    fact: type[Fact]
    kind: Kind
    act: Callable[[Any], Any]
    when: Callable[[Any], bool] | None = None

    def applies_to(self, fact: Fact) -> bool:
        """Return whether the fact matters to this reaction."""
        return self.when is None or self.when(fact)


Enqueue = Callable[[Sequence[tuple[Fact, Sequence[str]]]], Awaitable[None]]


class Bus:
    """Passes facts on. `attach` the table once, `emit` and `publish` facts, and keep `run` running.

    `await enqueue([(fact, ids of reactions), …])` stores jobs, all at once. `dropped` counts live reactions that were
    dropped.
    """

    def __init__(self, enqueue: Enqueue | None = None, *, capacity: int = 1000, limit_s: float = 10) -> None:
        """`capacity` is how many live reactions of one channel may wait.

        `limit_s` is how many seconds one may take, because the others of its channel wait for it.
        """
        self.dropped = 0
        self._enqueue = enqueue
        self._limit_s = limit_s
        self._by_fact: dict[type[Fact], list[Reaction]] = {}
        self._capacity = capacity
        # by channel, so that a slow reaction delays no other channel; None is for facts without a channel. A channel is
        # removed when nothing waits and nothing runs for it
        self._live: dict[int | None, deque[tuple[Reaction, Fact]]] = {}
        self._wake = asyncio.Event()

    def attach(self, reactions: Iterable[Reaction]) -> None:
        """Set the table of reactions. Raises WrongReaction."""
        by_fact: dict[type[Fact], list[Reaction]] = {}
        acts: dict[str, Callable[[Any], Any]] = {}
        for reaction in reactions:
            self._check(reaction)
            if acts.setdefault(reaction.id, reaction.act) != reaction.act:
                raise WrongReaction(f"{reaction.id} is the id of two functions")
            rows = by_fact.setdefault(reaction.fact, [])
            if any(row.act == reaction.act for row in rows):
                raise WrongReaction(f"{reaction.id} reacts to {reaction.fact.name()} twice")
            rows.append(reaction)
        self._by_fact = by_fact

    def reactions(self) -> tuple[Reaction, ...]:
        """Return the table."""
        return tuple(reaction for rows in self._by_fact.values() for reaction in rows)

    async def emit(self, fact: Fact) -> None:
        """Emit a fact inside the transaction of its change.

        Its jobs are stored with the change, and all other reactions follow after the commit. Raises DatabaseProblem.
        Without a transaction the reactions follow at once, and a process that dies in between could lose the jobs.
        """
        await self.emit_all((fact,))

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        """Emit facts in their order. All their jobs are stored at once, which costs little more than those of one.

        Nothing is stored when no job reacts to them.
        """
        emitted = tuple(facts)
        jobs = [(fact, ids) for fact in emitted if (ids := self._jobs(fact))]
        if jobs and self._enqueue is not None:
            await self._enqueue(jobs)
        for store, some in self._stores(emitted).items():
            await store(tuple(some))
        if emitted:
            after_commit(lambda: self._dispatch_all(emitted))

    def publish(self, fact: Fact) -> None:
        """Pass on a fact that changed no row. Never waits and never raises; an exception of a reaction is logged.

        To be called in the event loop's thread.
        """
        if self._jobs(fact) or self._stores((fact,)):
            log.error("%s was published and not emitted: its jobs are lost", fact.name())
        self._dispatch(fact)

    def relay(self, fact: Fact) -> None:
        """Pass on a fact that another process has emitted, with its jobs: only this process's own reactions follow.

        Never waits and never raises. To be called in the event loop's thread.
        """
        self._dispatch(fact)

    def _jobs(self, fact: Fact) -> list[str]:
        """Return the ids of the jobs that react to this fact."""
        found = self._by_fact.get(type(fact), ())
        return [reaction.id for reaction in found if reaction.kind == "job" and reaction.applies_to(fact)]

    def _stores(self, facts: Sequence[Fact]) -> dict[Callable[[Any], Any], list[Fact]]:
        """Return the functions that store rows for these facts, each with the facts that it is called with."""
        found: dict[Callable[[Any], Any], list[Fact]] = {}
        for fact in facts:
            for reaction in self._by_fact.get(type(fact), ()):
                if reaction.kind == "store" and reaction.applies_to(fact):
                    found.setdefault(reaction.act, []).append(fact)
        return found

    def _dispatch_all(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self._dispatch(fact)

    def _dispatch(self, fact: Fact) -> None:
        for reaction in self._by_fact.get(type(fact), ()):
            try:
                if reaction.kind in IN_TRANSACTION or not reaction.applies_to(fact):
                    continue
                if reaction.kind == "now":
                    reaction.act(fact)
                else:
                    self._queue(reaction, fact)
            except Exception:
                log.exception("%s failed on %s", reaction.id, fact.name())

    def _queue(self, reaction: Reaction, fact: Fact) -> None:
        waiting = self._live.setdefault(getattr(fact, "channel_id", None), deque())
        if len(waiting) >= self._capacity:
            self.dropped += 1
            return
        waiting.append((reaction, fact))
        self._wake.set()

    async def run(self) -> None:
        """Run live reactions until cancelled: those of one channel in order, those of several channels concurrently."""
        tasks: dict[int | None, asyncio.Task[None]] = {}

        async def drain(channel_id: int | None) -> None:
            waiting = self._live[channel_id]
            try:
                while waiting:
                    await self._carry_out(*waiting.popleft())
            finally:
                del tasks[channel_id]
            # nothing was awaited since the last check, so nothing can have been added
            del self._live[channel_id]

        try:
            while True:
                self._wake.clear()
                # started here and not in `_dispatch`: a task inherits the transaction in which it is started
                for channel_id in [each for each in self._live if each not in tasks]:
                    tasks[channel_id] = go(f"live reactions of channel {channel_id}", drain(channel_id))
                await self._wake.wait()
        finally:
            begun = list(tasks.values())
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)

    async def _carry_out(self, reaction: Reaction, fact: Fact) -> None:
        try:
            async with asyncio.timeout(self._limit_s):
                await reaction.act(fact)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            log.warning("%s was cancelled from within on %s", reaction.id, fact.name())
        except Exception:
            log.exception("%s failed on %s", reaction.id, fact.name())

    def _check(self, reaction: Reaction) -> None:
        if not _ID.fullmatch(reaction.id) or len(reaction.id) > MAX_ID:
            raise WrongReaction(f"{reaction.id!r} is no id of the form <feature>.<verb>")
        # equal functions are equal reactions, which does not hold for other callables (functools.partial)
        if not hasattr(reaction.act, "__qualname__"):
            raise WrongReaction(f"{reaction.act!r} has no name; a reaction is a function or a method")
        if FACTS.get(reaction.fact.name()) is not reaction.fact:
            raise WrongReaction(f"{reaction.id} reacts to {reaction.fact.__name__}, which is no fact of the table")
        if reaction.kind not in KINDS:
            raise WrongReaction(f"{reaction.id} has the unknown kind {reaction.kind!r}")
        if (reaction.kind == "now") == inspect.iscoroutinefunction(reaction.act):
            raise WrongReaction(f"{reaction.id} is {reaction.kind}: only what is not now may be a coroutine function")
        if reaction.kind in IN_TRANSACTION and reaction.fact in ROWLESS:
            raise WrongReaction(
                f"{reaction.id} is a {reaction.kind}, and {reaction.fact.name()} has no transaction to be kept in"
            )
        if reaction.kind == "job" and self._enqueue is None:
            raise WrongReaction(f"{reaction.id} is a job, and there is no outbox to write it to")
