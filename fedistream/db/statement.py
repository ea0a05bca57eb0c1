"""Runs SQL with the same text on both databases. Parameters are written as `:name`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections

_NOTHING = "SELECT NULL WHERE 1 = 0"  # a bare NULL would make NOT IN false as well
_PARAMETER = re.compile(r"(?<!:):(\w+)")


def is_postgres() -> bool:
    """Return whether the database is PostgreSQL."""
    return _connection().capabilities.dialect == "postgres"


async def rows(sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run one statement, in the running transaction if there is one, and return its rows.

    A list value becomes as many parameters, for `IN (:names)`. An empty list matches nothing.
    """
    connection = _connection()
    text, given = _bind(sql, values, connection.capabilities.dialect)
    found: list[dict[str, Any]] = [dict(row) for row in await connection.execute_query_dict(text, given)]
    return found


async def change(sql: str, values: Mapping[str, Any]) -> int:
    """Run a statement that returns no rows. Returns how many rows were changed."""
    connection = _connection()
    text, given = _bind(sql, values, connection.capabilities.dialect)
    count, _ = await connection.execute_query(text, given)
    return int(count)


async def change_each(sql: str, lines: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement that returns no rows once for each of these lines of values, which must have the same names.

    To be called in a transaction. It costs a fraction of as many calls of `change`. Lists are not possible.
    """
    connection = _connection()
    if lines:
        names = {name: name for name in lines[0]}
        text, order = _bind(sql, names, connection.capabilities.dialect)
        await connection.execute_many(text, [[line[name] for name in order] for line in lines])


def table(lines: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return the text after VALUES for these lines, and the values of its parameters.

    `lines` must have at least one line, and all lines the same names. Many rows in one statement cost little more than
    one.
    """
    assert lines, "a statement without rows"
    text = ", ".join(f"({', '.join(f':{name}_{at}' for name in line)})" for at, line in enumerate(lines))
    return text, {f"{name}_{at}": value for at, line in enumerate(lines) for name, value in line.items()}


def _connection() -> BaseDBAsyncClient:
    handler = get_connections()
    (alias,) = handler.db_config
    return handler.get(alias)


def _bind(sql: str, values: Mapping[str, Any], dialect: str) -> tuple[str, list[Any]]:
    given: list[Any] = []

    def mark(value: Any) -> str:
        given.append(value)
        return f"${len(given)}" if dialect == "postgres" else "?"

    def write(found: re.Match[str]) -> str:
        value = values[found[1]]
        if isinstance(value, Sequence) and not isinstance(value, str):
            return ", ".join(map(mark, value)) or _NOTHING
        return mark(value)

    return _PARAMETER.sub(write, sql), given
