"""The one door to a transaction.

A task that is cancelled inside Tortoise's own `in_transaction()` leaves its lock or connection taken for good, and
web servers cancel tasks whenever a client goes away. So a transaction runs in a task of its own, which nobody cancels.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any, TypeVar, TypeVarTuple

from tortoise.transactions import in_transaction  # noqa: TID251 this module is the door

from fedistream.db.problems import named

log = logging.getLogger(__name__)

Ts = TypeVarTuple("Ts")
R = TypeVar("R")

_running: set[asyncio.Task[Any]] = set()
# what is to be called after the commit; None outside a transaction
_after: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_the_commit", default=None)


class TurnInside(Exception):
    """A mistake in the program: see `atomic`."""


async def atomic(
    fn: Callable[[*Ts], Awaitable[R]],
    *args: *Ts,
    on_committed: Callable[[R], None] | None = None,
    turn: asyncio.Lock | None = None,
) -> R:
    """Run `await fn(*args)` in a transaction and return its result; if it raises, nothing has happened.

    `on_committed(result)` is called right after the commit, even when the caller has been cancelled meanwhile: memory
    that mirrors rows is brought up to date there, and facts are published. Inside another `atomic` this is a savepoint,
    and `on_committed` waits for the outermost commit. With `turn`, all calls that share the lock run one after the
    other, `on_committed` included; inside another `atomic` that is refused with TurnInside.

    `fn` may await nothing but the database (SQLite has one connection, and everybody waits for it) and may start no
    tasks, which would take the transaction along. Raises DatabaseProblem for a full disk, a lock and the like.
    """

    if turn is not None and within():
        # one who has the turn and waits for the database, and one who has the database and waits for the turn, would
        # wait for ever; and the turn would be over before the outermost commit
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
    """Have it called after the commit of the transaction that is running, and never if that fails; at once if there
    is none."""
    waiting = _after.get()
    if waiting is None:
        call()
    else:
        waiting.append(call)


def within() -> bool:
    """Whether a transaction is running here."""
    return _after.get() is not None


async def _commit(
    fn: Callable[..., Awaitable[R]], args: tuple[Any, ...], on_committed: Callable[[R], None] | None
) -> tuple[R, list[Callable[[], None]]]:
    """The result, and what is to be called when all is committed: by those inside first, then `on_committed`."""
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
    """Nobody waits for this one any more, so its failure is told here."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed after its caller had gone", task.get_name(), exc_info=error)


async def settle() -> None:
    """Wait until the transactions that run in this loop are over. Those that begin meanwhile are waited for too."""
    loop = asyncio.get_running_loop()
    while mine := {task for task in _running if task.get_loop() is loop}:
        await asyncio.wait(mine)
