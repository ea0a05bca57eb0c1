"""Empty databases of a test's own with all tables, on both systems. Made once and copied: migrating takes a second."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

from fedistream.db import Database
from fedistream.db.address import parse
from fedistream.db.migrate import upgrade
from tests.kit.postgres import Postgres, name_of

KINDS = ("sqlite", "postgres")


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        upgrade(parse(f"sqlite://{path}"))
        return path.read_bytes()


def empty_database(folder: Path) -> str:
    """A new SQLite file in the folder; returns its URL."""
    path = folder / "test.db"
    path.write_bytes(_empty())
    return f"sqlite://{path}"


def kept_database(path: Path) -> str:
    """The URL of the SQLite file, which is made with all tables if there is none. What is in it stays."""
    if not path.exists():
        path.write_bytes(_empty())
    return f"sqlite://{path}"


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a database with all tables, for others to be made after."""
    url = postgres.make()
    upgrade(parse(url))
    return name_of(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with all tables; the test runs once on each system."""
    if request.param == "sqlite":
        return empty_database(tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    return server.make(request.getfixturevalue("postgres_template"))


@pytest.fixture
def server(request: pytest.FixtureRequest, database_url: str) -> Postgres | None:
    """Return the server of the database, or None for SQLite."""
    if database_url.startswith("sqlite"):
        return None
    server: Postgres = request.getfixturevalue("postgres")
    return server


@asynccontextmanager
async def opened(url: str, wait_s: float = 5.0) -> AsyncIterator[Database]:
    """An open database. The models find it by themselves, so there can be but one at a time."""
    database = Database(url, wait_s=wait_s)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        yield database
