"""The newest tables in one step are the tables that the migrations lead to, on both systems."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fedistream.db import newest, write_newest
from fedistream.db.address import Address, PostgresAddress, SqliteAddress, parse
from fedistream.db.migrate import connected, differences, upgrade
from fedistream.db.revisions import HEAD
from tests.kit.database import opened
from tests.kit.postgres import Postgres


def new_database(kind: str, request: pytest.FixtureRequest, folder: Path, name: str) -> str:
    if kind == "sqlite":
        return f"sqlite://{folder / name}.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.make()


async def make(url: str) -> bool:
    address = parse(url)
    if isinstance(address, SqliteAddress):
        return newest.make_sqlite(address, 5)
    assert isinstance(address, PostgresAddress)
    return await newest.make_postgres(address)


def described(address: Address) -> dict[str, Any]:
    """All tables with their columns, keys, constraints and indexes, in an order of their own."""
    with connected(address) as connection:
        look = sa.inspect(connection)
        return {
            table: {
                "columns": {
                    column["name"]: (str(column["type"]), column["nullable"], column["default"])
                    for column in look.get_columns(table)
                },
                "primary key": look.get_pk_constraint(table)["constrained_columns"],
                "foreign keys": sorted(str(key) for key in look.get_foreign_keys(table)),
                "unique": sorted(str(each["column_names"]) for each in look.get_unique_constraints(table)),
                "checks": sorted(str(each["sqltext"]) for each in look.get_check_constraints(table)),
                "indexes": sorted(
                    (str(each["name"]), str(each["column_names"]), bool(each["unique"]))
                    for each in look.get_indexes(table)
                ),
            }
            for table in look.get_table_names()
        }


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_stored_statements_are_those_of_the_models(dialect: str) -> None:
    # when this fails: python -m fedistream.db.write_newest
    assert (newest.FOLDER / f"{dialect}.sql").read_text() == write_newest.written(dialect)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_one_step_and_all_migrations_lead_to_the_same_tables(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    made, migrated = (new_database(kind, request, tmp_path, name) for name in ("made", "migrated"))
    assert await make(made)
    await asyncio.to_thread(upgrade, parse(migrated))
    assert described(parse(made)) == described(parse(migrated))
    assert differences(parse(made)) == []
    with connected(parse(made)) as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def test_ids_are_never_given_twice_in_either_way_of_making_a_table(tmp_path: Path) -> None:
    numbered = []
    for name, make_tables in (("made", lambda at: newest.make_sqlite(at, 5)), ("migrated", upgrade)):
        address = SqliteAddress(tmp_path / name)
        make_tables(address)
        with closing(sqlite3.connect(address.path)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'").fetchall()
        numbered.append(sorted(rows))
    made, migrated = numbered
    assert migrated
    assert migrated == made


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_tables_that_are_there_are_left_as_they_are(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = new_database(kind, request, tmp_path, "twice")
    assert [await make(url), await make(url)] == [True, False]
    async with opened(url) as database:
        assert await database.check() is None


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_an_old_database_is_upgraded_step_by_step(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = new_database(kind, request, tmp_path, "old")
    await asyncio.to_thread(upgrade, parse(url), "0005")
    async with opened(url):
        pass
    assert differences(parse(url)) == []


async def test_a_statement_that_fails_leaves_an_empty_file(tmp_path: Path) -> None:
    address = SqliteAddress(tmp_path / "full.db")
    with closing(sqlite3.connect(address.path)) as connection:
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    with closing(sqlite3.connect(address.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            newest.make_sqlite(address, 0.05)
    with closing(sqlite3.connect(address.path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert newest.make_sqlite(address, 5)
