"""Transactions. All of them are run by `atomic`.

A task that is cancelled inside Tortoise's `in_transaction()` never releases its lock or connection, and web servers
cancel tasks whenever a client disconnects. So a transaction runs in a task of its own, which is never cancelled.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any, TypeVar, TypeVarTuple

from tortoise.transactions import in_transaction  # noqa: TID251 this module wraps it

from fedistream.db.problems import named

log = logging.getLogger(__name__)

Ts = TypeVarTuple("Ts")
R = TypeVar("R")

_running: set[asyncio.Task[Any]] = set()
# the calls for after the commit; None outside a transaction
_after: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_the_commit", default=None)


class TurnInside(Exception):
    """A bug in the program: see `atomic`."""


async def atomic(
    fn: Callable[[*Ts], Awaitable[R]],
    *args: *Ts,
    on_committed: Callable[[R], None] | None = None,
    turn: asyncio.Lock | None = None,
) -> R:
    """Run `await fn(*args)` in a transaction and return its result. If it raises, nothing was written.

    `on_committed(result)` is called right after the commit, even when the caller was cancelled meanwhile. It updates
    memory that mirrors rows, and publishes facts. Inside another `atomic` this is a savepoint, and `on_committed` waits
    for the outermost commit. With `turn`, all calls that share the lock run one after the other, `on_committed`
    included; inside another `atomic` that raises TurnInside.

    `fn` may await nothing but the database, because SQLite has one connection. It may start no tasks, which would
    inherit the transaction. Raises DatabaseProblem for a full disk, a lock and the like.
    """

    if turn is not None and within():
        # one task with the turn that waits for the database, and one with the database that waits for the turn, would
        # deadlock; and the turn would end before the outermost commit
        raise TurnInside("a turn cannot be taken inside a transaction: take it with the outermost one")

    async def carry_out() -> R:
        async with turn or nullcontext():
            outer = _after.get()
            result, after = await _commit(fn, args, on_committed)
            if outer is not None:
                outer.extend(after)
            else:
                for call in after:
                    call()
            return result

    task = asyncio.create_task(carry_out(), name=f"transaction {getattr(fn, '__qualname__', fn)}")
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_report)
        raise


def after_commit(call: Callable[[], None]) -> None:
    """Call a function after the running transaction commits, and not if it fails; without a transaction, call it at
    once."""
    waiting = _after.get()
    if waiting is None:
        call()
    else:
        waiting.append(call)


def within() -> bool:
    """Return whether a transaction is running in this task."""
    return _after.get() is not None


async def _commit(
    fn: Callable[..., Awaitable[R]], args: tuple[Any, ...], on_committed: Callable[[R], None] | None
) -> tuple[R, list[Callable[[], None]]]:
    """Return the result and the calls for after the outermost commit: those of inner transactions first, then
    `on_committed`."""
    after: list[Callable[[], None]] = []
    token = _after.set(after)
    try:
        async with in_transaction():
            result = await fn(*args)
    except Exception as error:
        if (problem := named(error)) is not None and problem is not error:
            raise problem from error
        raise
    finally:
        _after.reset(token)
    if on_committed is not None:
        after.append(lambda: on_committed(result))
    return result, after


def _report(task: asyncio.Task[Any]) -> None:
    """Log the failure of a transaction whose caller was cancelled."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed after its caller had gone", task.get_name(), exc_info=error)


async def settle() -> None:
    """Wait until all transactions of this loop are over, including those that begin meanwhile."""
    loop = asyncio.get_running_loop()
    while mine := {task for task in _running if task.get_loop() is loop}:
        await asyncio.wait(mine)
