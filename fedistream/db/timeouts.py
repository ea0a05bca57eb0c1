"""What every statement has, on both databases: errors with a name, and an end to waiting for a connection."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from fedistream.db.problems import DatabaseLocked, DatabaseUnreachable, named

Statement = TypeVar("Statement", bound=Callable[..., Coroutine[Any, Any, Any]])

TURN_S = 10.0  # for a connection: a transaction takes milliseconds, so whoever waits so long waits in vain


def with_names(statement: Statement) -> Statement:
    """Let a method of a client raise DatabaseProblem instead of what the driver raises for one."""

    @wraps(statement)
    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return await statement(*args, **kwargs)
        except Exception as error:
            if (problem := named(error)) is not None and problem is not error:
                raise problem from error
            raise

    return cast(Statement, call)


class TurnLock(asyncio.Lock):
    """The lock of SQLite's one connection. Whoever does not get it in time is told that the database is locked."""

    async def acquire(self) -> Literal[True]:
        try:
            async with asyncio.timeout(TURN_S):
                return await super().acquire()
        except TimeoutError as error:
            raise DatabaseLocked(f"The database did not have time for a statement within {TURN_S:g} s") from error


async def connection_of(pool: Any) -> Any:
    """A connection of an asyncpg pool. Raises DatabaseUnreachable when none is free in time."""
    try:
        return await pool.acquire(timeout=TURN_S)
    except TimeoutError as error:
        raise DatabaseUnreachable(f"No connection to the database was free within {TURN_S:g} s") from error
