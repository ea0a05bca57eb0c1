"""Alembic, configured in code: applies migrations, reverts them, compares. `python -m fedistream.db.migrate` applies.

`alembic.ini` at the repository's root is for developers, and also runs this module through `migrations/env.py`.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import MigrationScript
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext

from fedistream.db import schema
from fedistream.db.address import Address, PostgresAddress, SqliteAddress, parse
from fedistream.db.migration_process import PROBLEM, URL
from fedistream.db.newest import ADVISORY_LOCK
from fedistream.db.orm import config
from fedistream.db.problems import named
from fedistream.db.revisions import MIGRATIONS

DEFAULT_URL = "sqlite://data/fedistream.db"
WAIT_S = 60  # seconds for the lock of another process, such as a second node that migrates


def upgrade(address: Address, revision: str = "head") -> None:
    """Apply the migrations up to this revision, in one transaction."""
    command.upgrade(_alembic(address), revision)


def downgrade(address: Address, revision: str) -> None:
    """Revert the migrations after this revision; "base" reverts all."""
    command.downgrade(_alembic(address), revision)


def differences(address: Address) -> list[Any]:
    """Return the differences between models and database; empty when they agree."""
    with connected(address) as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=_comparing()), _tables()))


def run(context: EnvironmentContext) -> None:
    """Carry out Alembic's command, for `migrations/env.py`."""
    address = context.config.attributes.get("address") or parse(os.environ.get(URL) or DEFAULT_URL)
    comparing = _comparing() if "address" not in context.config.attributes else {}
    with connected(address) as connection:
        context.configure(
            connection=connection,
            target_metadata=_tables() if comparing else None,
            render_as_batch=True,
            user_module_prefix="t.",
            transactional_ddl=True,
            process_revision_directives=_number,
            **comparing,
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def connected(address: Address) -> Iterator[sa.Connection]:
    """Yield a connection that locks out other migrations until it is closed."""
    engine = _engine(address)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text(f"SET lock_timeout = '{WAIT_S}s'"))
            connection.execute(sa.text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
            connection.commit()
        yield connection


def main() -> None:
    """Bring the database in the environment up to date. Prints a DatabaseProblem as JSON on stdout and exits with
    PROBLEM."""
    address = parse(os.environ[URL])
    try:
        upgrade(address)
    except Exception as error:
        problem = named(error, str(address))
        if problem is None:
            raise
        sys.stdout.write(json.dumps({"problem": type(problem).__name__, "text": str(problem)}) + "\n")
        sys.exit(PROBLEM)


def _alembic(address: Address) -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    alembic.set_main_option("path_separator", "os")
    alembic.attributes["address"] = address
    return alembic


def _engine(address: Address) -> sa.Engine:
    if isinstance(address, SqliteAddress):
        return _sqlite_engine(address)
    return _postgres_engine(address)


def _sqlite_engine(address: SqliteAddress) -> sa.Engine:
    url = sa.URL.create("sqlite", database=str(address.path))
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": WAIT_S})

    # Python's sqlite3 begins no transaction before a CREATE, so half a migration could remain: begin explicitly.
    # Foreign keys stay off here: rebuilding a table in batch mode would cascade.
    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres_engine(address: PostgresAddress) -> sa.Engine:
    query = {} if address.sslmode is None else {"sslmode": address.sslmode}
    if address.host is not None and address.host.startswith("/"):
        query["host"] = address.host
    url = sa.URL.create(
        "postgresql+psycopg",
        username=address.user,
        password=address.password,
        host=None if "host" in query else address.host,
        port=address.port,
        database=address.database,
        query=query,
    )
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": WAIT_S})


def _tables() -> sa.MetaData:
    return schema.build(config(SqliteAddress(MIGRATIONS)))  # the models are the same everywhere; nothing is opened


def _comparing() -> dict[str, Any]:
    return {"compare_type": True, "compare_server_default": True}


def _number(context: MigrationContext, revision: object, directives: list[MigrationScript]) -> None:
    """Number a new migration, because `revisions.py` takes the order from the file names."""
    for script in directives:
        environment = context.environment_context
        assert environment is not None
        head = environment.script.get_current_head()
        script.rev_id = f"{int(head or 0) + 1:04d}"


if __name__ == "__main__":
    main()
