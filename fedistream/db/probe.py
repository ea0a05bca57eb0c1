"""Examines the database before anything is changed: is it writable, is it Fedistream's, and what is its revision?"""

import importlib
import os
import sqlite3
from contextlib import closing
from typing import Any

from fedistream.db.address import PostgresAddress, SqliteAddress
from fedistream.db.orm import CONNECT_S
from fedistream.db.problems import DatabaseForeign, DriverMissing

VERSIONS = "alembic_version"
DRIVERS = ("asyncpg", "psycopg")
OURS = ("setting", "channel", "stream_key", "person", "broadcast")  # as of the first revision


def sqlite(address: SqliteAddress, wait_s: float) -> str | None:
    """Return the revision of the file, or None when it is empty. Makes the file and missing folders.

    They are private to the user, because the file has stream keys and password hashes. SQLite gives its -wal and -shm
    files the same mode. Raises OSError, sqlite3.Error and DatabaseForeign. Blocks for up to `wait_s` seconds.
    """
    address.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(address.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(address.path, timeout=wait_s, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # fails now, not later, if the file is locked or read-only
        try:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if VERSIONS in tables:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                if row is not None:
                    return str(row[0])
            if others := sorted(tables - {VERSIONS, "sqlite_sequence"}):
                raise _foreign(str(address), others)
            return None
        finally:
            connection.execute("ROLLBACK")


async def postgres(address: PostgresAddress) -> str | None:
    """Return the revision of the database, or None when it has none of Fedistream's tables.

    Raises what asyncpg raises, OSError, DatabaseForeign and DriverMissing.
    """
    try:
        for name in DRIVERS:
            importlib.import_module(name)
    except ImportError as error:
        raise DriverMissing("PostgreSQL needs its drivers: install fedistream[postgres]") from error
    connection = await connect(address)
    try:
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", VERSIONS):
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
            if revision is not None:
                return str(revision)
        # other programs' tables may be in the database; only a name that is needed here conflicts
        found = [name for name in OURS if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", name)]
        if found:
            raise _foreign(str(address), found)
        return None
    finally:
        await connection.close(timeout=CONNECT_S)


async def connect(address: PostgresAddress) -> Any:
    """Return a new asyncpg connection. Raises what asyncpg raises, and OSError."""
    return await importlib.import_module("asyncpg").connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        database=address.database,
        ssl=address.sslmode,
        timeout=CONNECT_S,
    )


def _foreign(where: str, tables: list[str]) -> DatabaseForeign:
    shown = ", ".join(tables[:3])
    return DatabaseForeign(f"{where} belongs to another program (it has the tables {shown}). Nothing was changed.")
