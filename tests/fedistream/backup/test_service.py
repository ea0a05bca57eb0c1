"""Backups of a node and their return, on SQLite and PostgreSQL, also while others write."""

import asyncio
import gzip
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fedistream.backup.service import HourlyBackups, NotDone, Place, make, restore
from fedistream.channels.models import ChannelRow, StreamKeyRow
from fedistream.chat.models import MessageRow, VisitorRow
from fedistream.db.address import parse
from fedistream.db.revisions import HEAD
from fedistream.federation.models import FollowerRow, RemoteActorRow
from fedistream.jobs.models import OutboxRow
from fedistream.settings.models import SettingRow
from tests.house.tree import ROOT
from tests.kit.database import empty_database, kept_database, opened
from tests.kit.postgres import Postgres

AT = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
STAMP = (AT, "1.2.3")


def quiet(done: int, whole: int) -> None:
    assert 0 <= done <= whole


async def fill(name: str = "Nørd 🎉\t\\N") -> None:
    """Something in tables of every kind of column."""
    channel = await ChannelRow.create(slug="home", created_at=AT)
    await StreamKeyRow.create(channel_id=channel.id, key="key-one", comment=name, created_at=AT)
    visitor = await VisitorRow.create(
        id="abcdefghjk", name=name, likeness="x", colour=3, role="visitor", previous_names=["a", "b\n"], created_at=AT
    )
    for number in range(50):
        await MessageRow.create(
            id=(1 << 40) + number,
            channel_id=channel.id,
            visitor_id=visitor.id,
            kind="chat",
            origin="web",
            body="line\nbreak \\. " + name,
            html="<p>x</p>",
            more={"title": "t"} if number % 2 else None,
        )
    actor = await RemoteActorRow.create(
        url="https://far.example/a", key_id="", handle="a@far.example", name=name, inbox="", document={"a": [1, None]},
        fetched_at=AT,
    )  # fmt: skip
    await FollowerRow.create(channel_id=channel.id, actor_id=actor.id, state="accepted", follow={}, created_at=AT)
    await OutboxRow.create(kind="x", body="{}", due=1.5, created_at=2.25)
    await SettingRow.create(name="channel.name", channel_id=channel.id, value={"value": name})


def rows(url: str) -> dict[str, list[Any]]:
    """Everything in all tables."""
    if url.startswith("sqlite://"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as database:
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: sorted(database.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608
                for name in names
                if name != "sqlite_sequence"
            }
    with psycopg.connect(url) as connection:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = [name for (name,) in connection.execute(query).fetchall()]
        text = 'SELECT to_jsonb(t)::text FROM "{}" t'  # without the order of columns, which migrations change
        return {name: sorted(connection.execute(text.format(name).encode()).fetchall()) for name in names}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the files that a backup keeps, and some that it does not."""
    folder = tmp_path / "data"
    for name in (
        "node.key",
        "pictures/key",
        "emoji/fish.png",
        "stills/1.jpg",
        "pictures/cache/x",
        "node.lock",
        "other",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "emoji" / "link.png").symlink_to("/etc/hostname")
    return folder


@pytest.fixture
def place(database_url: str, data: Path) -> Place:
    asyncio.run(filled(database_url))
    return Place(parse(database_url), data)


async def filled(url: str, name: str = "Nørd 🎉\t\\N") -> None:
    async with opened(url):
        await fill(name)


async def change() -> None:
    await VisitorRow.filter(id="abcdefghjk").update(name="changed")
    await MessageRow.all().delete()
    await SettingRow.create(name="channel.title", channel_id=0, value={"value": "later"})


async def changed(url: str) -> None:
    async with opened(url):
        await change()


def save(place: Place, to: Path) -> None:
    asyncio.run(make(place, to, STAMP, quiet))


def bring_back(place: Place, source: Path) -> Path:
    return asyncio.run(restore(place, source, AT, quiet))[1]


def test_what_was_saved_comes_back_and_the_data_before_is_kept(place: Place, database_url: str, tmp_path: Path) -> None:
    before = rows(database_url)
    save(place, tmp_path / "node.tar.gz")
    asyncio.run(changed(database_url))
    (place.data_dir / "node.key").write_text("another")
    (place.data_dir / "emoji" / "new.png").write_text("new")
    assert rows(database_url) != before
    old = bring_back(place, tmp_path / "node.tar.gz")
    assert rows(database_url) == before
    assert (place.data_dir / "node.key").read_text() == "node.key"
    assert (place.data_dir / "pictures" / "key").read_text() == "pictures/key"
    assert sorted(path.name for path in (place.data_dir / "emoji").iterdir()) == ["fish.png"]
    assert (old / "node.key").read_text() == "another"
    assert (old / "emoji" / "new.png").exists()
    assert (place.data_dir / "other").exists()
    assert (place.data_dir / "pictures" / "cache" / "x").exists()
    assert not list(place.data_dir.glob(".backup-*"))

    async def use() -> None:
        """New rows get new numbers."""
        async with opened(database_url):
            channel = await ChannelRow.create(slug="second", created_at=AT)
            assert channel.id == 2
            assert (await SettingRow.create(name="x", channel_id=0, value={"value": 1})).id == 2

    asyncio.run(use())


def test_the_data_before_a_restore_can_be_restored(place: Place, database_url: str, tmp_path: Path) -> None:
    save(place, tmp_path / "node.tar.gz")
    asyncio.run(changed(database_url))
    later = rows(database_url)
    old = bring_back(place, tmp_path / "node.tar.gz")
    if database_url.startswith("sqlite"):
        assert rows(f"sqlite://{old / 'test.db'}") == later
        return
    asyncio.run(restore(place, old / "backup.tar.gz", AT + timedelta(hours=1), quiet))
    assert rows(database_url) == later


def test_a_node_without_data_gets_that_of_the_backup(
    place: Place, database_url: str, tmp_path: Path, server: Postgres | None
) -> None:
    save(place, tmp_path / "node.tar.gz")
    url = server.make() if server else f"sqlite://{tmp_path / 'fresh' / 'fedistream.db'}"
    bring_back(Place(parse(url), tmp_path / "fresh"), tmp_path / "node.tar.gz")
    assert rows(url) == rows(database_url)
    assert (tmp_path / "fresh" / "emoji" / "fish.png").exists()


def test_a_backup_of_the_other_kind_of_database_is_refused(place: Place, tmp_path: Path, postgres: Postgres) -> None:
    save(place, tmp_path / "node.tar.gz")
    other = f"sqlite://{tmp_path / 'x.db'}" if place.kind == "postgres" else postgres.make()
    with pytest.raises(NotDone, match="--database-url"):
        bring_back(Place(parse(other), tmp_path / "fresh"), tmp_path / "node.tar.gz")


@contextmanager
def writing(url: str) -> Iterator[list[int]]:
    """Somebody who writes two rows in each transaction, all the time; gives how many were written."""
    done, stop = [0], threading.Event()

    def pairs() -> None:
        insert = "INSERT INTO change_count (name, count) VALUES ('{}', 1)"
        if url.startswith("sqlite://"):
            with closing(sqlite3.connect(url.removeprefix("sqlite://"), timeout=30, isolation_level=None)) as database:
                while not stop.is_set():
                    database.execute("BEGIN IMMEDIATE")
                    database.execute(insert.format(f"a{done[0]}"))
                    database.execute(insert.format(f"b{done[0]}"))
                    database.execute("COMMIT")
                    done[0] += 1
            return
        with psycopg.connect(url) as connection:
            while not stop.is_set():
                connection.execute(insert.format(f"a{done[0]}").encode())
                connection.execute(insert.format(f"b{done[0]}").encode())
                connection.commit()
                done[0] += 1

    writer = threading.Thread(target=pairs)
    writer.start()
    try:
        yield done
    finally:
        stop.set()
        writer.join()


def test_a_backup_while_others_write_is_of_one_moment_and_nobody_waits(
    place: Place, database_url: str, tmp_path: Path, server: Postgres | None
) -> None:
    if database_url.startswith("sqlite://"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite://"))) as database, database:
            database.execute("CREATE TABLE ballast (x BLOB)")  # so that the copy takes many steps
            database.executemany("INSERT INTO ballast VALUES (?)", [(bytes(100_000),)] * 200)
    with writing(database_url) as done:
        while done[0] < 10:
            time.sleep(0.01)
        at_first = done[0]
        save(place, tmp_path / "node.tar.gz")
        assert done[0] > at_first  # the writer went on
    url = server.make() if server else f"sqlite://{tmp_path / 'fresh' / 'fedistream.db'}"
    bring_back(Place(parse(url), tmp_path / "fresh"), tmp_path / "node.tar.gz")
    names = [name for (name,) in counted(url)]
    assert sum(name.startswith("a") for name in names) >= at_first
    assert sorted(name[1:] for name in names if name.startswith("a")) == sorted(
        name[1:] for name in names if name.startswith("b")
    )


def counted(url: str) -> list[Any]:
    query = "SELECT name FROM change_count WHERE name LIKE 'a%' OR name LIKE 'b%'"
    if url.startswith("sqlite://"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as database:
            return database.execute(query).fetchall()
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def spoiled(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 4
    path.write_bytes(bytes(raw))


def cut(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * 2 // 3])


def gone(path: Path) -> None:
    path.unlink()


def newer(path: Path) -> None:
    plain = gzip.decompress(path.read_bytes())
    assert f'"revision": "{HEAD}"'.encode() in plain
    path.write_bytes(gzip.compress(plain.replace(f'"revision": "{HEAD}"'.encode(), b'"revision": "9999"')))


FAULTS: dict[Callable[[Path], None], str] = {
    spoiled: "cannot be restored",
    cut: "cannot be restored",
    gone: "No such file",
    newer: "newer version",
}


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_a_backup_with_a_fault_changes_nothing(
    place: Place, database_url: str, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    save(place, tmp_path / "node.tar.gz")
    asyncio.run(changed(database_url))
    before, files = rows(database_url), sorted(place.data_dir.rglob("*"))
    spoil(tmp_path / "node.tar.gz")
    with pytest.raises(NotDone, match=FAULTS[spoil]):
        bring_back(place, tmp_path / "node.tar.gz")
    assert rows(database_url) == before
    assert sorted(place.data_dir.rglob("*")) == files


def test_the_disk_may_be_full(tmp_path: Path, data: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], check=False, capture_output=True
    )
    if mount.returncode:
        pytest.skip("no file system of its own can be mounted here")
    try:
        place = Place(parse(empty_database(tmp_path)), data)
        with pytest.raises(NotDone, match="the disk is full"):
            save(place, small / "node.tar.gz")
        assert not list(small.iterdir())
        save(place, tmp_path / "node.tar.gz")
        with pytest.raises(NotDone, match=r"MiB of disk|the disk is full"):
            bring_back(Place(parse(f"sqlite://{small / 'x.db'}"), small), tmp_path / "node.tar.gz")
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_damaged_database_is_replaced_and_kept(tmp_path: Path, data: Path) -> None:
    url = empty_database(tmp_path)
    asyncio.run(filled(url))
    before = rows(url)
    place = Place(parse(url), data)
    save(place, tmp_path / "node.tar.gz")
    path = tmp_path / "test.db"
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(NotDone, match="cannot be copied"):
        save(place, tmp_path / "second.tar.gz")
    assert not (tmp_path / "second.tar.gz").exists()
    old = bring_back(place, tmp_path / "node.tar.gz")
    assert rows(url) == before
    assert (old / "test.db").read_bytes() == b"garbage" * 1000


def test_a_database_that_is_none_of_ours_is_not_saved(tmp_path: Path, data: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as database:
        database.execute("CREATE TABLE x (y)")
    for name, why in (("x.db", "no tables of a node"), ("none.db", "there is no database")):
        with pytest.raises(NotDone, match=why):
            save(Place(parse(f"sqlite://{tmp_path / name}"), data), tmp_path / "node.tar.gz")


@pytest.mark.kill
def test_a_restore_that_is_killed_leaves_the_old_data_or_the_new(tmp_path: Path, data: Path) -> None:
    data_db = data / "fedistream.db"
    url = kept_database(data_db)
    asyncio.run(filled(url))
    with closing(sqlite3.connect(data_db)) as database, database:
        database.executemany("INSERT INTO change_count VALUES (?, 1)", ((f"{n:060}",) for n in range(200_000)))
    saved = rows(url)
    save(Place(parse(url), data), tmp_path / "node.tar.gz")
    asyncio.run(changed(url))
    later = rows(url)
    command = [sys.executable, "-m", "fedistream", "restore", str(tmp_path / "node.tar.gz"), "--data-dir", str(data)]
    for wait in (0.8, 1.2, 1.6, 2.0, 60.0):
        quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, cwd=ROOT, **quietly) as process:  # type: ignore[call-overload]
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
        assert rows(url) in (saved, later)
    assert rows(url) == saved
    assert not list(data.glob(".backup-*"))


def test_the_commands_say_where_things_are(tmp_path: Path, data: Path) -> None:
    asyncio.run(filled(kept_database(data / "fedistream.db")))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fedistream", *arguments, "--data-dir", str(data)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    target = str(tmp_path / "node.tar.gz")
    made = run("backup", target)
    assert (made.returncode, made.stdout.startswith(f"The backup is in {target}: ")) == (0, True), made.stderr
    again = run("backup", target)
    assert (again.returncode, "there is a file of this name" in again.stderr) == (3, True)
    back = run("restore", target)
    assert (back.returncode, "is restored. The data before is in" in back.stdout) == (0, True), back.stderr
    assert "Traceback" not in made.stderr + again.stderr + back.stderr


def test_hourly_backups_are_bounded_in_number(tmp_path: Path, data: Path) -> None:
    kept, hour = [3], [AT]
    place = Place(parse(empty_database(tmp_path)), data)
    hourly = HourlyBackups(place, lambda: kept[0], lambda: hour[0], "1.2.3")
    folder = data / "backups"
    folder.mkdir()
    for name in ("mine.tar.gz", "hourly-notes.txt"):
        (folder / name).touch()

    def names() -> list[str]:
        return sorted(path.name for path in folder.iterdir())

    for _ in range(5):
        asyncio.run(hourly.run())
        hour[0] += timedelta(hours=1)
    newest = [f"hourly-20260304T0{number}0607Z.tar.gz" for number in (7, 8, 9)]
    assert names() == [*newest, "hourly-notes.txt", "mine.tar.gz"]
    kept[0] = 1
    asyncio.run(hourly.run())
    assert names() == ["hourly-20260304T100607Z.tar.gz", "hourly-notes.txt", "mine.tar.gz"]
    kept[0] = 0
    hour[0] += timedelta(hours=1)
    asyncio.run(hourly.run())
    assert len(names()) == 3


def test_an_hourly_backup_that_fails_is_logged_and_loses_no_older_one(
    tmp_path: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place(parse(empty_database(tmp_path)), data)
    hourly = HourlyBackups(place, lambda: 1, lambda: AT, "1.2.3")
    asyncio.run(hourly.run())
    shutil.move(tmp_path / "test.db", tmp_path / "away.db")
    later = HourlyBackups(place, lambda: 1, lambda: AT + timedelta(hours=1), "1.2.3")
    asyncio.run(later.run())
    assert "there is no backup of this hour: there is no database" in caplog.text
    assert len(list((data / "backups").iterdir())) == 1
