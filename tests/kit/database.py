"""Empty databases of a test's own, with all tables, on both systems. Made once and copied, as migrating takes a second."""

import tempfile
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest

from fedistream.db import Database
from fedistream.db.address import parse
from fedistream.db.migrate import upgrade
from tests.kit.postgres import Postgres

KINDS = ("sqlite", "postgres")


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        upgrade(parse(f"sqlite://{path}"))
        return path.read_bytes()


def sqlite_url(folder: Path) -> str:
    """The URL of a new file in the folder."""
    path = folder / "test.db"
    path.write_bytes(_empty())
    return f"sqlite://{path}"


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a database with all tables, for others to be made after."""
    url = postgres.make()
    upgrade(parse(url))
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with all tables; the test runs once on each system."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    return server.make(request.getfixturevalue("postgres_template"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database. The models find it by themselves."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.close()
