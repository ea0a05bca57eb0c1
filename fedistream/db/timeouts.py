"""Named errors for every statement on both databases, and a limit on the wait for a connection."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from fedistream.db.problems import DatabaseLocked, DatabaseUnreachable, named

Statement = TypeVar("Statement", bound=Callable[..., Coroutine[Any, Any, Any]])

TURN_S = 10.0  # seconds to wait for a connection; a transaction takes milliseconds


def with_names(statement: Statement) -> Statement:
    """Wrap a client's method so that it raises DatabaseProblem in place of the driver's error."""

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
    """The lock of SQLite's one connection. Raises DatabaseLocked after TURN_S seconds."""

    async def acquire(self) -> Literal[True]:
        try:
            async with asyncio.timeout(TURN_S):
                return await super().acquire()
        except TimeoutError as error:
            raise DatabaseLocked(f"The database did not have time for a statement within {TURN_S:g} s") from error


async def connection_of(pool: Any) -> Any:
    """Return a connection of an asyncpg pool. Raises DatabaseUnreachable when none is free within TURN_S seconds."""
    try:
        return await pool.acquire(timeout=TURN_S)
    except TimeoutError as error:
        raise DatabaseUnreachable(f"No connection to the database was free within {TURN_S:g} s") from error
