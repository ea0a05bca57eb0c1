"""The revisions: they lead to what the models say, there and back, and lose no row."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.channels.models import ChannelRow
from fedistream.db import DatabaseProblem
from fedistream.db.address import Address, SqliteAddress, parse
from fedistream.db.migrate import connected, differences, downgrade, upgrade
from fedistream.db.migration_process import URL, migrate
from fedistream.db.revisions import HEAD, KNOWN, MIGRATIONS
from tests.kit.database import opened
from tests.kit.postgres import Postgres

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path / 'test.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.make()


def tables(address: Address) -> set[str]:
    with connected(address) as connection:
        return set(sa.inspect(connection).get_table_names())


def alembic(url: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command as a developer calls it."""
    command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), *arguments]
    environment = os.environ | {URL: url, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_revisions_lead_to_what_the_models_say(url: str) -> None:
    address = parse(url)
    upgrade(address)
    # when this fails: write the next one by `alembic revision --autogenerate -m "what changed"` on PostgreSQL
    assert differences(address) == []


def test_each_revision_can_be_taken_back_and_made_again(url: str) -> None:
    address = parse(url)
    for revision in KNOWN:
        upgrade(address, revision)
        before = tables(address)
        downgrade(address, "-1")
        upgrade(address, revision)
        assert tables(address) == before
    downgrade(address, "base")
    assert tables(address) == {"alembic_version"}
    upgrade(address)
    assert differences(address) == []


async def test_rows_survive_a_table_that_is_rebuilt(url: str) -> None:
    address = parse(url)
    await migrate(url)
    async with opened(url):
        channel = await ChannelRow.create(slug="home", created_at=NOW)
        log = BroadcastRepository()
        for n in range(200):
            await log.start(channel.id, f"title {n}", NOW + timedelta(seconds=n), {"n": n})
    with connected(address) as connection:
        operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
        with operations.batch_alter_table("channel") as batch:  # rebuilt on SQLite, with the broadcasts hanging on it
            batch.alter_column("slug", type_=sa.String(60), existing_type=sa.String(40), existing_nullable=False)
        assert connection.execute(sa.text("SELECT count(*) FROM broadcast")).scalar() == 200
        if isinstance(address, SqliteAddress):
            assert connection.execute(sa.text("PRAGMA foreign_key_check")).fetchall() == []
        connection.commit()
    assert "modify_type" in str(differences(address))
    async with opened(url):
        assert [row.slug for row in await ChannelRow.all()] == ["home"]


async def test_a_revision_that_fails_leaves_nothing_of_itself_behind(url: str) -> None:
    address = parse(url)
    with connected(address) as connection:
        # in the way of the last table of the first revision
        connection.execute(sa.text("CREATE TABLE stream_key (id INTEGER PRIMARY KEY)"))
        connection.commit()
    with pytest.raises(sa.exc.DBAPIError, match="already exists"):
        upgrade(address)
    assert tables(address) == {"stream_key"}
    with pytest.raises(DatabaseProblem, match="could not be brought up to date") as problem:
        await migrate(url)
    assert len(str(problem.value).splitlines()) == 1


def test_ids_are_never_given_twice(tmp_path: Path) -> None:
    upgrade(SqliteAddress(tmp_path / "test.db"))
    with closing(sqlite3.connect(tmp_path / "test.db")) as connection:
        insert = "INSERT INTO channel (slug, created_at) VALUES ('a', '') RETURNING id"
        first = connection.execute(insert).fetchone()
        connection.execute("DELETE FROM channel")
        assert connection.execute(insert).fetchone() > first


def test_revisions_are_numbered_and_in_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(KNOWN))
    assert list(KNOWN) == [f"{n:04d}" for n in range(1, len(KNOWN) + 1)]


def test_developers_commands_work_from_the_root(url: str) -> None:
    upgrade(parse(url))
    check = alembic(url, "check")
    assert "No new upgrade operations detected" in check.stdout, check.stderr


def test_a_developers_database_is_the_nodes_own_if_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert alembic("", "upgrade", "head", cwd=tmp_path).returncode == 0
    assert differences(SqliteAddress(tmp_path / "data" / "fedistream.db")) == []


def test_migrating_needs_no_alembic_ini_and_no_checkout(tmp_path: Path) -> None:
    find = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    program = f"{find}; import asyncio; from fedistream.db.migration_process import migrate"
    program += "; asyncio.run(migrate(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", program, "sqlite://test.db"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert differences(SqliteAddress(tmp_path / "test.db")) == []


def test_a_node_that_runs_carries_no_alembic() -> None:
    heavy = {"alembic", "sqlalchemy", "psycopg"}
    program = f"import sys, fedistream.db, fedistream.db.postgres; print([*sys.modules.keys() & {heavy}])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
