"""SQL that is the same text for both databases, but for how a parameter is written: `:name` here."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections

_NOTHING = "SELECT NULL WHERE 1 = 0"  # a bare NULL would make NOT IN false as well
_PARAMETER = re.compile(r"(?<!:):(\w+)")


def is_postgres() -> bool:
    return _connection().capabilities.dialect == "postgres"


async def rows(sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Carry out one statement, in the transaction that is running if there is one, and return its rows. A value that
    is a list is written as that many parameters, for `IN (:names)`; in an empty list of texts nothing is found."""
    connection = _connection()
    text, given = _bind(sql, values, connection.capabilities.dialect)
    found: list[dict[str, Any]] = [dict(row) for row in await connection.execute_query_dict(text, given)]
    return found


async def change(sql: str, values: Mapping[str, Any]) -> int:
    """As `rows`, for a statement without any; returns how many were changed."""
    connection = _connection()
    text, given = _bind(sql, values, connection.capabilities.dialect)
    count, _ = await connection.execute_query(text, given)
    return int(count)


def table(lines: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """`lines`, at least one and all with the same names, as what comes after VALUES, and the values for its parameters:
    many rows in one statement cost little more than one does."""
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
