"""Makes the newest tables of an empty database in one step. Older databases are migrated.

The statements are in files, so that a first start loads neither SQLAlchemy nor Alembic. `python -m
fedistream.db.write_newest` writes the files from the models, and tests compare them with the result of the migrations.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from fedistream.db.address import PostgresAddress, SqliteAddress
from fedistream.db.orm import CONNECT_S
from fedistream.db.probe import connect
from fedistream.db.revisions import HEAD

FOLDER = Path(__file__).parent / "newest_tables"
ADVISORY_LOCK = 7203501  # also used by migrations; any number that no other program in this database uses
LOCK_WAIT_S = 60  # seconds for another process that makes the tables at the same time


def statements(dialect: str) -> tuple[str, ...]:
    """Return the statements that make all tables and note the revision. `dialect` is "sqlite" or "postgresql"."""
    text = (FOLDER / f"{dialect}.sql").read_text(encoding="utf-8")
    return tuple(each.strip() for each in text.split(";\n") if each.strip())


def make_sqlite(address: SqliteAddress, wait_s: float) -> bool:
    """Make the tables in one transaction. Return False, having changed nothing, when there are tables already.

    Raises sqlite3.Error. Blocks: about 30 ms.
    """
    with closing(sqlite3.connect(address.path, timeout=wait_s, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
                connection.execute("ROLLBACK")
                return False
            for statement in statements("sqlite"):
                connection.execute(statement)
            connection.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return True


async def make_postgres(address: PostgresAddress) -> bool:
    """Make the tables in one transaction. Return False, having changed nothing, when ours are there already.

    Raises what asyncpg raises, and OSError.
    """
    connection = await connect(address)
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
            if await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
                return False
            for statement in statements("postgresql"):
                await connection.execute(statement)
            await connection.execute("INSERT INTO alembic_version (version_num) VALUES ($1)", HEAD)
    finally:
        await connection.close(timeout=CONNECT_S)
    return True
