"""Opening the database, and the ways in which it cannot be: each has its name, one line, and changes nothing."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tortoise.exceptions import OperationalError

from fedistream.channels.models import ChannelRow
from fedistream.db import (
    BadAddress,
    Database,
    DatabaseCorrupt,
    DatabaseForeign,
    DatabaseLocked,
    DatabaseProblem,
    DatabaseTooNew,
    DatabaseUnreachable,
    NotWritable,
    atomic,
    statement,
)
from fedistream.db.revisions import HEAD
from fedistream.db.versions import bump_version
from fedistream.people.models import PersonRow
from tests.kit.database import empty_database, opened
from tests.kit.outage import held
from tests.kit.postgres import Postgres, free_port, name_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534

OPEN = """
import asyncio, resource, sys
from datetime import UTC, datetime
from fedistream.db import Database, DatabaseProblem, atomic
from fedistream.channels.models import ChannelRow
from fedistream.broadcasts.repository import BroadcastRepository

async def main(url, rows):
    database = Database(url)
    try:
        await database.open()
        for n in range(rows):
            await atomic(write, n)
        print("fine")
    except DatabaseProblem as problem:
        print(f"{type(problem).__name__}: {problem}")
    finally:
        await database.close()

async def write(n):
    await ChannelRow.get_or_create(id=1, defaults={"slug": "a", "created_at": datetime.now(UTC)})
    await BroadcastRepository().start(1, "x" * 200, datetime.now(UTC), {"filling": "x" * 20000})
"""


def open_elsewhere(url: str, rows: int = 0, before: str = "") -> str:
    """Open the database in a process of its own, which first runs `before`; what it says of it."""
    program = f"{OPEN}\n{before}\nasyncio.run(main({url!r}, {rows}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def one_line(problem: pytest.ExceptionInfo[DatabaseProblem]) -> str:
    text = str(problem.value)
    assert len(text.splitlines()) == 1
    return text


async def refused(url: str, kind: type[DatabaseProblem], wait_s: float = 0.05) -> str:
    """Opening is refused for this reason; returns the line for the operator. Afterwards another can be opened."""
    database = Database(url, wait_s=wait_s)
    with pytest.raises(kind) as problem:
        await database.open()
    await database.close()
    return one_line(problem)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with all tables and one row."""
    empty_database(tmp_path)
    with closing(sqlite3.connect(tmp_path / "test.db")) as connection, connection:
        connection.execute("INSERT INTO channel (slug, created_at) VALUES ('home', '2026-05-01 12:00:00+00:00')")
    return tmp_path / "test.db"


async def test_what_is_made_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data" / "node.db"
    async with opened(f"sqlite://{path}"):
        await ChannelRow.create(slug="home", created_at="2026-05-01T12:00:00Z")
        made = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert made == {"node.db": 0o600, "node.db-wal": 0o600, "node.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_folder_and_a_file_that_are_there_keep_their_modes(tmp_path: Path, file: Path) -> None:
    tmp_path.chmod(0o750)
    file.chmod(0o640)
    async with opened(f"sqlite://{file}"):
        pass
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


async def test_sqlite_is_set_up_for_a_server(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path), wait_s=7) as database:
        assert database.address is not None
        connection = ChannelRow._meta.db
        found = {}
        for pragma in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys"):
            _, rows = await connection.execute_query(f"PRAGMA {pragma}")
            found[pragma] = rows[0][0]
    assert found == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 7000, "foreign_keys": 1}


async def test_a_new_database_gets_its_tables_and_keeps_its_rows(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path / 'new.db'}"
    async with opened(url) as database:
        await PersonRow.create(name="ann", role="", password_hash="", created_at="2026-05-01T12:00:00Z")
        assert await database.check() is None
    async with opened(url):
        assert [row.name for row in await PersonRow.all()] == ["ann"]


async def test_rows_are_found_from_tasks_that_began_before_the_database_was_open(database_url: str) -> None:
    ready = asyncio.Event()

    async def count() -> int:
        await ready.wait()
        return await PersonRow.all().count()

    early = asyncio.create_task(count())
    await asyncio.sleep(0)
    async with opened(database_url):
        ready.set()
        assert await early == 0


async def test_times_come_back_as_they_were_with_their_zone(database_url: str) -> None:
    async with opened(database_url):
        await ChannelRow.create(slug="a", created_at="2026-05-01T14:00:00.123456+02:00")
        row = await ChannelRow.get(slug="a")
    assert row.created_at.isoformat() == "2026-05-01T12:00:00.123456+00:00"


async def test_a_closed_database_says_so_and_may_be_closed_again(database_url: str) -> None:
    database = Database(database_url)
    await database.open()
    await database.close()
    await database.close()
    assert await database.check() == "closed"


async def until(database: Database, word: str | None) -> None:
    """Wait for an answer of the check, which looks once a second."""
    async with asyncio.timeout(30):
        while await database.check() != word:
            await asyncio.sleep(0.05)


async def test_a_database_that_fails_while_it_is_open_is_named_by_the_check(
    postgres: Postgres, postgres_template: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = postgres.make(postgres_template)
    name = name_of(url)
    async with opened(url + "&minsize=1&maxsize=1") as database:
        postgres.say(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres.say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fedistream'")
        await until(database, "unreachable")
        assert "is not currently accepting connections" in caplog.text
        postgres.say(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await until(database, None)


async def test_a_database_that_can_be_read_and_not_written_is_not_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(empty_database(tmp_path), wait_s=0.1) as database:
        with held(tmp_path / "test.db"):
            assert await ChannelRow.all().count() == 0
            await until(database, "locked")
        await until(database, None)
        await statement.rows("PRAGMA query_only = ON", {})
        await until(database, "read-only")
        await statement.rows("PRAGMA query_only = OFF", {})
        await until(database, None)
    told = [record.getMessage() for record in caplog.records if record.name == "fedistream.db.engine"]
    assert [line.partition(" to ")[0] for line in told if line.startswith("nothing")] == ["nothing can be written"] * 2
    assert str(tmp_path) in told[0]


@pytest.mark.parametrize("replace", [False, True])
async def test_a_file_that_is_deleted_or_replaced_while_it_is_open_is_noticed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, replace: bool
) -> None:
    async with opened(empty_database(tmp_path)) as database:
        assert await database.check() is None
        file = tmp_path / "test.db"
        file.rename(tmp_path / "moved.db")
        if replace:
            empty_database(tmp_path)
        await until(database, "replaced")
        assert "was deleted, moved or replaced, and what is written now is lost" in caplog.text
        (tmp_path / "moved.db").replace(file)
        await until(database, None)


async def test_a_database_that_does_not_answer_is_closed_in_time(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path), wait_s=20) as database:
        with held(tmp_path / "test.db"):
            writing = asyncio.create_task(atomic(bump_version, "test"))
            await asyncio.sleep(0.1)
            async with asyncio.timeout(10):
                await database.close(within_s=0.2)
            assert not writing.done()
        await asyncio.gather(writing, return_exceptions=True)
        await database.close()


async def test_data_of_a_newer_version_are_left_as_they_are(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    said = await refused(f"sqlite://{file}", DatabaseTooNew)
    assert str(file) in said
    assert "newer version" in said
    assert "9999" in said
    assert HEAD in said
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]


async def test_data_of_a_newer_version_on_a_server_are_left_as_they_are(
    postgres: Postgres, postgres_template: str
) -> None:
    url = postgres.make(postgres_template)
    name = name_of(url)
    postgres.say("UPDATE alembic_version SET version_num = '9999'", name)
    assert "9999" in await refused(url, DatabaseTooNew)


async def test_another_programs_file_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "theirs.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE datastore (key TEXT, value BLOB)")
    before = file.read_bytes()
    assert "another program" in await refused(f"sqlite://{file}", DatabaseForeign)
    assert file.read_bytes() == before


async def test_another_programs_tables_beside_ours_are_fine_on_a_server_but_not_under_our_names(
    postgres: Postgres,
) -> None:
    url = postgres.make()
    name = name_of(url)
    postgres.say("CREATE TABLE spatial_ref_sys (id int)", name)
    async with opened(url):
        assert await PersonRow.all().count() == 0
    url = postgres.make()
    postgres.say("CREATE TABLE person (id int)", name_of(url))
    assert "it has the tables person" in await refused(url, DatabaseForeign)


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
@pytest.mark.parametrize("journal", ["wal", "delete"])
async def test_a_locked_database_is_refused_and_opens_when_it_is_free(file: Path, how: str, journal: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute(f"PRAGMA journal_mode = {journal}")
        other.execute(how)
        said = await refused(f"sqlite://{file}", DatabaseLocked)
        assert f"{file} is locked: another process holds it" in said
        other.execute("ROLLBACK")
    async with opened(f"sqlite://{file}"):
        assert await ChannelRow.all().count() == 1


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_bytes(b"Dear node, please keep my letter. " * 400)
    before = file.read_bytes()
    assert "damaged or no database" in await refused(f"sqlite://{file}", DatabaseCorrupt)
    assert file.read_bytes() == before


async def test_a_file_that_is_cut_in_the_middle_is_left_as_it_is(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: 4096 * 2 + 100])
    before = file.read_bytes()
    assert "damaged" in await refused(f"sqlite://{file}", DatabaseCorrupt)
    assert file.read_bytes() == before


async def test_a_table_of_tables_with_nonsense_in_it_is_named(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[100:4096] = b"\xff" * 3996  # the first page after the header: the list of tables
    file.write_bytes(whole)
    assert "damaged" in await refused(f"sqlite://{file}", DatabaseCorrupt)


async def test_a_folder_in_the_files_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "node.db").mkdir()
    assert "cannot be written" in await refused(f"sqlite://{tmp_path / 'node.db'}", NotWritable)


async def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "cannot be written" in await refused(f"sqlite://{tmp_path / 'data' / 'node.db'}", NotWritable)


def test_what_may_only_be_read_is_named(tmp_path: Path, file: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    file.chmod(0o444)
    # root may write everything; what the program loads later is loaded before, as somebody else may not read it
    be_nobody = f"import concurrent.futures.thread, os\nos.geteuid() or os.seteuid({NOBODY})"
    for url in (f"sqlite://{file}", f"sqlite://{tmp_path / 'new.db'}", f"sqlite://{tmp_path / 'new' / 'node.db'}"):
        tmp_path.chmod(0o555)
        assert open_elsewhere(url, before=be_nobody).startswith("NotWritable: ")
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_a_limit_on_the_size_of_files_is_no_room(file: Path) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))"
    said = open_elsewhere(f"sqlite://{file}", rows=40, before=limit)
    assert said.startswith("DiskFull: ")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT slug FROM channel").fetchone() == ("home",)


TINY_KIB = 1024  # room for the empty tables, their log, and a few broadcasts


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with TINY_KIB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TINY_KIB}k", "none", str(folder)], capture_output=True, check=False
    )
    if mount.returncode != 0:
        pytest.skip("a small file system cannot be mounted here (that needs root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_is_named_and_keeps_what_was_committed(tiny_disk: Path) -> None:
    url = empty_database(tiny_disk)
    assert open_elsewhere(url, rows=1) == "fine"
    assert open_elsewhere(url, rows=40).startswith("DiskFull: There is no room left")
    with closing(sqlite3.connect(tiny_disk / "test.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM broadcast").fetchone() >= (1,)


def test_a_new_database_on_a_full_disk_is_named_and_can_be_made_when_there_is_room(tiny_disk: Path) -> None:
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(b"x" * (TINY_KIB - 56 << 10))
    url = f"sqlite://{tiny_disk / 'node.db'}"
    assert open_elsewhere(url).startswith("DiskFull: ")
    ballast.unlink()
    assert open_elsewhere(url) == "fine"


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    said = await refused(f"postgresql://ann:s3cret@127.0.0.1:{free_port()}/node", DatabaseUnreachable)
    assert "cannot be reached" in said
    assert "postgresql://ann@127.0.0.1:" in said
    assert "s3cret" not in said


async def test_a_name_that_nobody_has_is_named() -> None:
    assert "cannot be reached" in await refused("postgresql://ann@db.invalid/node", DatabaseUnreachable)


async def test_a_wrong_password_and_a_missing_database_are_named(postgres: Postgres) -> None:
    postgres.say("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    hba = postgres.host / "data" / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + before)
    postgres.say("SELECT pg_reload_conf()")
    address = f"127.0.0.1:{postgres.port}"
    for _ in range(100):  # the server takes the new rules when it comes to it
        try:
            said = await refused(f"postgresql://guarded:wrong@{address}/postgres", DatabaseUnreachable)
            break
        except pytest.fail.Exception:
            await asyncio.sleep(0.1)
    assert "password authentication failed" in said
    assert "wrong" not in said
    assert "does not exist" in await refused(f"postgresql://tester@{address}/nowhere", DatabaseUnreachable)
    assert "cannot be written" in await refused(f"postgresql://guarded:right@{address}/postgres", NotWritable)


def test_missing_drivers_are_named() -> None:
    without = "sys.modules['asyncpg'] = None"
    said = open_elsewhere("postgresql://ann@127.0.0.1:1/node", before=without)
    assert said == "DriverMissing: PostgreSQL needs its drivers: install fedistream[postgres]"


def test_a_url_that_cannot_be_understood_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(BadAddress):
        Database("mysql://ann@host/node")


async def test_two_cannot_be_open_at_once_and_the_second_harms_not_the_first(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path)):
        (tmp_path / "other").mkdir()
        second = Database(empty_database(tmp_path / "other"))
        with pytest.raises(Exception, match="already enabled"):
            await second.open()
        assert await ChannelRow.all().count() == 0


async def test_an_error_in_a_query_is_no_problem_of_the_database(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path)):
        with pytest.raises(OperationalError):
            await ChannelRow._meta.db.execute_query("SELECT nonsense")


def test_three_nodes_that_start_at_once_make_the_tables_once(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path / 'node.db'}"
    program = f"{OPEN}\nasyncio.run(main({url!r}, 1))"
    nodes = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [node.communicate(timeout=100)[0].strip() for node in nodes] == ["fine"] * 3
    with closing(sqlite3.connect(tmp_path / "node.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert connection.execute("SELECT count(*) FROM broadcast").fetchone() == (3,)
