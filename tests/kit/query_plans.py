"""The statements that ran, and how a database would carry them out: which tables it would read from end to end."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections

from fedistream.db import atomic, statement

# Tortoise logs each statement with its values before it sends it
LOGGER = logging.getLogger("tortoise.db_client")
PLANNED = re.compile(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", re.IGNORECASE)


class Statements(logging.Handler):
    """The statements with the values of one run each: those of many runs have the same plan."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: dict[str, list[Any]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple) and len(record.args) == 2:
            text, values = record.args
            if isinstance(text, str) and PLANNED.match(text) and isinstance(values, list | tuple | None):
                flat = list(values or ())
                # of execute_many, the first row
                self.found[text] = list(flat[0]) if flat and isinstance(flat[0], list | tuple) else flat


@contextmanager
def statements_run() -> Iterator[Statements]:
    """Gather what runs within."""
    found, level = Statements(), LOGGER.level
    LOGGER.addHandler(found)
    LOGGER.setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        LOGGER.setLevel(level)
        LOGGER.removeHandler(found)


async def full_scans(found: Statements) -> list[str]:
    """Return each table that a statement would read from end to end, with the statement."""
    return await atomic(_scans, dict(found.found))


async def _scans(found: dict[str, list[Any]]) -> list[str]:
    handler = get_connections()
    (alias,) = handler.db_config
    connection, scans = handler.get(alias), []
    look = _postgres_scans if statement.is_postgres() else _sqlite_scans
    for text, values in found.items():
        scans += [f"{table}: {text}" for table in await look(connection, text, values)]
    return sorted(scans)


async def _sqlite_scans(connection: BaseDBAsyncClient, text: str, values: list[Any]) -> list[str]:
    plan = await connection.execute_query_dict(f"EXPLAIN QUERY PLAN {text}", values)
    steps = [(int(row["id"]), int(row["parent"]), str(row["detail"])) for row in plan]
    # a table that is read in the order of an index and not sorted afterwards ends with its LIMIT
    sorts = any("USE TEMP B-TREE" in detail for _, _, detail in steps)
    limited = re.search(r"\bLIMIT\b", text, re.IGNORECASE) is not None and not sorts
    found = [re.match(r"SCAN (\w+)( USING)?", detail) for _, _, detail in steps]
    return [each[1] for each in found if each is not None and each[1] != "CONSTANT" and not (limited and each[2])]


async def _postgres_scans(connection: BaseDBAsyncClient, text: str, values: list[Any]) -> list[str]:
    # on small tables a scan is cheaper than an index: what is asked is whether an index can serve at all
    await connection.execute_query("SET LOCAL enable_seqscan = off")
    plan = (await connection.execute_query_dict(f"EXPLAIN (FORMAT JSON) {text}", values))[0]["QUERY PLAN"]
    return list(_whole(json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"], limited=False))


def _whole(node: dict[str, Any], *, limited: bool) -> Iterator[str]:
    kind = node["Node Type"]
    limited = kind == "Limit" or (limited and kind not in ("Sort", "Hash", "Aggregate", "Incremental Sort"))
    table = node.get("Relation Name")
    if table is not None and (
        kind == "Seq Scan" or (kind.startswith("Index") and "Index Cond" not in node and not limited)
    ):
        yield str(table)
    for inner in node.get("Plans", ()):
        yield from _whole(inner, limited=limited)
