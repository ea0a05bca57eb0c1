"""Copies all tables as they are at one moment, while others write, and puts them back.

SQLite is copied page by page with pauses, under one read transaction: with a write-ahead log, writers do not wait for a
reader, and the copy does not begin again when they write. PostgreSQL is copied table by table in one snapshot.
"""

import asyncio
import os
import re
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fedistream.db import newest
from fedistream.db.address import PostgresAddress, SqliteAddress
from fedistream.db.probe import VERSIONS, connect
from fedistream.db.revisions import HEAD

STEP_PAGES = 256  # 1 MiB; between two steps the disk is free for the chat
PAUSE_S = 0.01
WAIT_S = 30.0  # for a lock

Progress = Callable[[int, int], None]
"""Called with how much is done, and how much there is."""

# constraints of foreign keys between our tables: the table, and the one that it refers to
_REFERENCES = """
SELECT a.relname AS child, b.relname AS parent FROM pg_constraint c
JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid WHERE c.contype = 'f'
"""
_COLUMNS = """
SELECT table_name, column_name, column_default, is_identity FROM information_schema.columns
WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position
"""


class Unreadable(Exception):
    """The database cannot be copied or replaced. The text says why."""


def copy_sqlite(address: SqliteAddress, to: Path, progress: Progress) -> str:
    """Copy the database into a new file. Returns its revision. Blocks for about 10 s a GiB, most of it in pauses.

    Raises sqlite3.Error, OSError and Unreadable.
    """
    if not address.path.is_file():
        raise Unreadable(f"there is no database {address}")
    os.close(os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    where = f"file:{quote(str(address.path.resolve()))}?mode=ro"
    with (
        closing(sqlite3.connect(where, uri=True, timeout=WAIT_S, isolation_level=None)) as source,
        closing(sqlite3.connect(to, isolation_level=None)) as copy,
    ):
        source.execute("BEGIN")
        revision = _revision(source, str(address))

        def step(_status: int, remaining: int, total: int) -> None:
            progress(total - remaining, total)
            time.sleep(PAUSE_S)

        source.backup(copy, pages=STEP_PAGES, progress=step)
        source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")
    return revision


def check_sqlite(path: Path) -> str:
    """Return the revision of a copy that is sound. Raises sqlite3.Error and Unreadable."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise Unreadable(f"the database in it is damaged ({found})")
        return _revision(connection, "the database in it")


def _revision(connection: sqlite3.Connection, name: str) -> str:
    try:
        row = connection.execute(f"SELECT version_num FROM {VERSIONS}").fetchone()  # noqa: S608 a name of ours
    except sqlite3.OperationalError:
        row = None
    if row is None:
        raise Unreadable(f"{name} has no tables of a node")
    return str(row[0])


async def copy_postgres(address: PostgresAddress, folder: Path, progress: Progress) -> tuple[str, dict[str, list[str]]]:
    """Copy each table into a file of its name. Returns the revision, and the columns of each table.

    Raises what asyncpg raises, OSError and Unreadable.
    """
    connection = await connect(address)
    try:
        # one snapshot for all tables; a migration that begins meanwhile waits for the locks
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            columns = await _columns(connection)
            if VERSIONS not in columns:
                raise Unreadable(f"{address} has no tables of a node")
            revision = str(await connection.fetchval(f"SELECT version_num FROM {VERSIONS}"))  # noqa: S608
            del columns[VERSIONS]
            for done, (table, names) in enumerate(columns.items()):
                progress(done, len(columns))
                with (folder / table).open("xb") as file:
                    await connection.copy_from_table(table, columns=names, output=file, timeout=None)
        progress(len(columns), len(columns))
        return revision, columns
    finally:
        await connection.close()


async def load_postgres(
    address: PostgresAddress, folder: Path, tables: Mapping[str, Sequence[str]], revision: str, progress: Progress
) -> None:
    """Replace what is in the tables, in one transaction. An empty database gets tables first.

    Raises what asyncpg raises, OSError, and Unreadable for tables of another revision.
    """
    connection = await connect(address)
    try:
        if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", VERSIONS):
            if revision != HEAD:
                raise Unreadable(
                    f"the backup is of the tables {revision}, and this version makes {HEAD}: restore it with the "
                    "version that made it, then start this one"
                )
            await newest.make_postgres(address)
        async with connection.transaction():
            present = str(await connection.fetchval(f"SELECT version_num FROM {VERSIONS}"))  # noqa: S608
            there = await _columns(connection)
            if present != revision or any(set(names) - set(there.get(table, ())) for table, names in tables.items()):
                raise Unreadable(
                    f"the tables of {address} are at {present}, and those of the backup at {revision}: give an empty "
                    "database, or the version that made the backup"
                )
            ordered = await _ordered(connection, list(tables))
            await connection.execute(f"TRUNCATE {', '.join(_quoted(table) for table in ordered)}")
            for done, table in enumerate(ordered):
                progress(done, len(ordered))
                with (folder / table).open("rb") as file:
                    await connection.copy_to_table(table, source=file, columns=list(tables[table]), timeout=None)
            await _count_on(connection, ordered)
        progress(len(tables), len(tables))
    finally:
        await connection.close()


async def is_empty_postgres(address: PostgresAddress) -> bool:
    """Return whether the database has no tables of a node. Raises what asyncpg raises, and OSError."""
    connection = await connect(address)
    try:
        return not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", VERSIONS)
    finally:
        await connection.close()


async def _columns(connection: Any) -> dict[str, list[str]]:
    """Return the columns of our tables, by table: other programs may have tables in the database too."""
    ours = set(_own_tables())
    found: dict[str, list[str]] = {}
    for row in await connection.fetch(_COLUMNS):
        if row["table_name"] in ours:
            found.setdefault(row["table_name"], []).append(row["column_name"])
    return found


def _own_tables() -> list[str]:
    text = ";".join(newest.statements("postgresql"))
    return re.findall(r'CREATE TABLE "?(\w+)', text)


async def _ordered(connection: Any, tables: list[str]) -> list[str]:
    """Return the tables so that each comes after those that its rows refer to."""
    waiting: dict[str, set[str]] = {table: set() for table in tables}
    for row in await connection.fetch(_REFERENCES):
        if row["child"] in waiting and row["parent"] in waiting and row["child"] != row["parent"]:
            waiting[row["child"]].add(row["parent"])
    ordered: list[str] = []
    while waiting:
        free = sorted(table for table, needs in waiting.items() if not needs & waiting.keys())
        if not free:
            raise Unreadable("tables refer to each other in a circle")
        ordered += free
        for table in free:
            del waiting[table]
    return ordered


async def _count_on(connection: Any, tables: Sequence[str]) -> None:
    """Let each sequence of numbers go on after the highest that is in its table."""
    for row in await connection.fetch(_COLUMNS):
        table, column = row["table_name"], row["column_name"]
        if table not in tables or not (row["is_identity"] == "YES" or "nextval" in (row["column_default"] or "")):
            continue
        text = f"SELECT setval(pg_get_serial_sequence($1, $2), max({_quoted(column)})) FROM {_quoted(table)}"  # noqa: S608
        await connection.fetchval(text, table, column)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def copy(address: SqliteAddress | PostgresAddress, folder: Path, progress: Progress) -> Any:
    """Copy the database into a folder: one file for SQLite, one for each table for PostgreSQL."""
    if isinstance(address, PostgresAddress):
        return await copy_postgres(address, folder, progress)
    revision = await asyncio.to_thread(copy_sqlite, address, folder / SQLITE, progress)
    return revision, {}


SQLITE = "fedistream.db"
