"""An Owncast data folder, moved to a node: everything that is taken, and that it works there."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activitypub.signatures.keys import load_private, make_rsa
from fedistream.access_tokens.models import IntegrationRow
from fedistream.app.owncast_import.chat import token_hash, visitor_id
from fedistream.app.owncast_import.transfer import RETENTION
from fedistream.chat import message_ids
from fedistream.chat.models import IpBanRow, MessageRow, VisitorIdentityRow, VisitorRow, VisitorTokenRow
from fedistream.federation.models import EngagementRow, FederationKeyRow, FollowerRow, PostRow, RemoteActorRow
from fedistream.webhooks.models import WebhookRow
from tests.house.tree import ROOT
from tests.kit import owncast_folder
from tests.kit.database import opened
from tests.kit.moving_in import attempt, command, imported, run, settings_of
from tests.kit.owncast_folder import (
    ACTOR,
    AT,
    BORN,
    POST,
    V0_0_13,
    V0_1,
    V0_2_3,
    V0_3,
    OwncastFolder,
    Schema,
    lived_in,
    make_folder,
    message,
    stamp,
    user,
)


@pytest.fixture(scope="module")
def pem() -> str:
    return make_rsa().pem()


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder with its digest, without what SQLite keeps beside a database."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


@pytest.mark.parametrize("schema", [V0_0_13, V0_1, V0_2_3, V0_3], ids=["0.0.13", "0.1", "0.2.3", "0.3"])
def test_a_folder_of_each_version_is_taken_over(tmp_path: Path, schema: Schema, pem: str) -> None:
    source = lived_in(tmp_path / "owncast", schema, pem=pem)
    said = imported(source.path, tmp_path / "data")
    assert said == (tmp_path / "data" / "owncast-import.txt").read_text() + (
        f"\nThis is kept in {tmp_path / 'data' / 'owncast-import.txt'}.\n"
    )
    for line in ("4  chat users", "4  access tokens", "7  messages", "4  followers", "1  posts", "1  federation key"):
        assert f" {line}\n" in said, said
    assert "2  stream keys" in said
    assert "their user does not exist any more" in said
    assert "messages: their time cannot be read" in said
    assert "posts: they cannot be read" in said
    assert "1  webhooks" in said
    for line in ("logo", "favicon", "public files", "admin password"):
        assert f" 1  {line}\n" in said, said


def test_on_both_databases_every_row_is_what_it_was(tmp_path: Path, database_url: str, pem: str) -> None:
    source = lived_in(tmp_path / "owncast", pem=pem)
    imported(source.path, tmp_path / "data", database_url)

    async def look() -> None:
        async with opened(database_url):
            await people()
            await said()
            await the_fediverse(pem)
            settings, home = await settings_of()
            (hook,) = await WebhookRow.all()
            assert (hook.url, hook.events) == ("https://example.org/hook", ["CHAT", "STREAM_STARTED"])
            assert settings.value("channel.name", home) == "Studio Nord"
            assert settings.value("channel.page_content", home) == "# Ahoy\n\nWelcome aboard."
            assert settings.value("channel.tags", home) == ["boats", "sea"]
            assert settings.value("node.public_url") == owncast_folder.SERVER
            assert settings.value("federation.blocked_domains") == ["bad.example", "worse.example"]
            assert settings.value("federation.live_message", home) == "We sail!"
            assert settings.value("federation.username") == "live"
            (action,) = settings.value("page.external_actions", home)
            assert (action["url"], action["title"]) == ("https://example.org/tip", "Tip")
            assert settings.value(RETENTION, home) == 0

    asyncio.run(look())


async def people() -> None:
    ann, ben, cid, bot = [await VisitorRow.get(id=visitor_id(f"u-{name}")) for name in ("ann", "ben", "cid", "bot")]
    assert (ann.name, ann.colour, ann.role, ann.previous_names, ann.renamed_at) == ("ann", 5, "visitor", ["anna"], AT)
    assert (ben.role, ben.authenticated_at, ben.created_at) == ("moderator", AT, BORN)
    assert (cid.disabled_at, cid.colour) == (datetime(2024, 5, 6, 20, tzinfo=UTC), 210 % 8)
    assert (bot.name, bot.role) == ("Deck Bot", "bot")
    owners = {row.token_hash: row.visitor_id for row in await VisitorTokenRow.all()}
    assert owners[token_hash(f"token-of-ann-{'x' * 30}")] == ann.id
    assert len(owners) == 3
    (integration,) = await IntegrationRow.all()
    assert (integration.name, integration.scopes) == ("Deck Bot", ["CAN_SEND_MESSAGES", "HAS_ADMIN_ACCESS"])
    assert (integration.token_hash, integration.visitor_id) == (token_hash("Qbot" + "y" * 40), bot.id)
    proven = {(row.kind, row.identity): row.visitor_id for row in await VisitorIdentityRow.all()}
    assert proven == {
        ("indieauth", "https://ben.example/"): ben.id,
        ("fediverse", "https://far.example/users/eve"): ann.id,
    }
    (ban,) = await IpBanRow.all()
    assert (ban.address, ban.notes) == ("192.0.2.7", "spam")


async def said() -> None:
    rows = await MessageRow.all().order_by("id")
    bodies = {row.body: row for row in rows}
    assert bodies.keys() == {
        *("hello all", "look here", ":fish: nice", "spam", "beep", "Stay tuned, the stream is starting!"),
        "eve liked that this stream went live.",
    }
    assert bodies["hello all"].html == "<p>hello <strong>all</strong></p>"
    assert 'src="/img/emoji/fish.png"' in bodies[":fish: nice"].html
    assert "script" not in bodies["look here"].html
    assert message_ids.time_of(bodies["hello all"].id) == AT.replace(microsecond=123000)
    assert (bodies["spam"].visible, bodies["spam"].hidden_at) == (False, AT)
    assert (bodies["beep"].origin, bodies["hello all"].origin) == ("integration", "web")
    like = bodies["eve liked that this stream went live."]
    assert (like.kind, like.origin, like.author) == ("like", "fediverse", "https://far.example/users/eve")
    assert like.more["title"] == "eve@far.example"
    assert like.visitor_id is None


async def the_fediverse(pem: str) -> None:
    (key,) = await FederationKeyRow.all()
    assert load_private(key.pem).public() == load_private(pem).public()
    assert key.number == 1
    rows = {row.actor.url.rpartition("/")[2]: row for row in await FollowerRow.all().select_related("actor")}
    assert {name: row.state for name, row in rows.items()} == {
        "eve": "accepted",
        "fred": "accepted",
        "gus": "pending",
        "hal": "blocked",
    }
    eve, fred = rows["eve"], rows["fred"]
    assert eve.follow == {"type": "Follow", "id": f"{eve.actor.url}/follows/1", "actor": eve.actor.url, "object": ACTOR}
    assert fred.follow["id"] == f"{fred.actor.url}#1"
    assert (eve.actor.handle, eve.actor.inbox) == ("eve@far.example", f"{eve.actor.url}/inbox")
    (post,) = await PostRow.all()
    assert (post.id, post.visibility) == (POST, "public")
    assert post.document["content"] == "<p>We sail!</p>"
    assert post.document["attributedTo"] == ACTOR
    done = {(row.kind, row.actor_id) for row in await EngagementRow.all()}
    zoe = await RemoteActorRow.get(url="https://far.example/users/zoe")
    assert done == {("like", eve.actor.id), ("share", zoe.id)}


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast")
    would = run(source.path, tmp_path / "data", "--dry-run")
    assert would.exit_code == 0, would.output
    assert not (tmp_path / "data").exists()
    did = imported(source.path, tmp_path / "data")
    told = would.output.replace("Would be taken", "Taken").replace("Would not be taken", "Not taken")
    assert did.startswith(told.strip()), told


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused = run(tmp_path / "empty", tmp_path / "data")
    assert refused.exit_code == 3
    assert refused.stderr.startswith("fedistream: there is no owncast.db in ")
    assert len(refused.stderr.splitlines()) == 1


def test_a_second_run_says_that_it_is_done(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast")
    imported(source.path, tmp_path / "data")
    before = state(tmp_path / "data")
    again = attempt(source.path, tmp_path / "data")
    assert again.exit_code == 0
    assert "moved to this node already" in again.output
    assert state(tmp_path / "data") == before


def test_the_source_is_not_changed(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast")
    before = state(source.path)
    imported(source.path, tmp_path / "data")
    assert state(source.path) == before


def test_the_folder_of_the_server_is_as_good_as_its_data_folder(tmp_path: Path) -> None:
    lived_in(tmp_path / "server" / "data")
    assert "chat users" in imported(tmp_path / "server", tmp_path / "data")


def test_a_server_that_runs_and_writes_meanwhile_is_copied_as_it_was_at_one_moment(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "owncast")
    source.add("users", user("ann"))
    with closing(sqlite3.connect(source.database, isolation_level=None)) as busy:
        busy.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(500):
            row = message(number, "ann", f"<p>{number}</p>", AT)
            marks = ", ".join("?" * len(row))
            busy.execute(f"INSERT INTO messages ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
        # all of them are in the write-ahead log, and the last is not committed
        busy.execute("BEGIN IMMEDIATE")
        busy.execute("INSERT INTO users (id, display_name, display_color) VALUES ('u-late', 'late', 1)")
        said = imported(source.path, tmp_path / "data")
    assert "500  messages" in said
    assert " 1  chat users" in said


def test_emoji_are_copied_into_one_folder(tmp_path: Path) -> None:
    said = imported(lived_in(tmp_path / "owncast").path, tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "data" / "emoji").iterdir()) == ["boat.png", "fish.png"]
    for why in ("there is one with the same name", "not a PNG, GIF", "the name has other characters"):
        assert why in said


def test_an_old_servers_one_key_is_the_stream_key_and_the_admins_password(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "owncast", V0_0_13)
    source.set(stream_key="a-long-old-key")
    said = imported(source.path, tmp_path / "data")
    assert "1  stream keys" in said
    assert "1  admin password" in said


@pytest.mark.parametrize(
    ("stored", "kept", "weak"),
    [
        ("abc123", "$argon2id$", True),
        ("a longer password", "$argon2id$", False),
        (owncast_folder.BCRYPT, owncast_folder.BCRYPT, None),
    ],
    ids=["short", "plain", "bcrypt"],
)
def test_the_admins_password_goes_on_opening_the_node(
    tmp_path: Path, stored: str, kept: str, weak: bool | None
) -> None:
    source = make_folder(tmp_path / "owncast", V0_1)
    source.set(admin_password_key=stored)
    assert "1  admin password" in imported(source.path, tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / "fedistream.db")) as database:
        ((hashed, mark),) = database.execute("SELECT password_hash, weak FROM person").fetchall()
    assert hashed.startswith(kept)
    assert mark == weak


@pytest.mark.parametrize("stored", ["$2a$31$" + "x" * 53, "$2a$10$short", "x" * 1025], ids=["years", "cut", "long"])
def test_a_password_that_cannot_be_kept_is_reported(tmp_path: Path, stored: str) -> None:
    source = make_folder(tmp_path / "owncast")
    source.set(admin_password_key=stored)
    said = imported(source.path, tmp_path / "data")
    assert "1  admin password: " in said
    assert "the next start makes another" in said
    with closing(sqlite3.connect(tmp_path / "data" / "fedistream.db")) as database:
        assert database.execute("SELECT count(*) FROM person").fetchone() == (0,)


def test_a_node_in_use_is_not_touched(tmp_path: Path) -> None:
    first, second = lived_in(tmp_path / "first"), lived_in(tmp_path / "second")
    imported(first.path, tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / "fedistream.db")) as database, database:
        database.execute("DELETE FROM change_count WHERE name = 'import.owncast'")
    before = state(tmp_path / "data")
    refused = attempt(second.path, tmp_path / "data")
    assert (refused.exit_code, "this node is in use" in refused.stderr) == (3, True)
    assert state(tmp_path / "data").keys() == before.keys()


def empty(source: OwncastFolder) -> None:
    source.database.write_bytes(b"")


def truncated(source: OwncastFolder) -> None:
    raw = source.database.read_bytes()
    source.database.write_bytes(raw[: len(raw) // 3 + 100])


def scrambled(source: OwncastFolder) -> None:
    raw = bytearray(source.database.read_bytes())
    for at in range(4096, len(raw), 4096):
        raw[at : at + 64] = b"\xa5" * 64
    source.database.write_bytes(bytes(raw))


def not_a_database(source: OwncastFolder) -> None:
    source.database.write_bytes(b"<html>" + b"x" * 5000)


def no_database(source: OwncastFolder) -> None:
    source.database.unlink()


def newer(source: OwncastFolder) -> None:
    source.run("UPDATE config SET value = 10")


def newer_goose(source: OwncastFolder) -> None:
    source.run(
        "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY, version_id INTEGER, is_applied INTEGER, tstamp TEXT)"
    )
    source.run("INSERT INTO goose_db_version VALUES (1, 13, 1, NULL)")


def older(source: OwncastFolder) -> None:
    source.run("UPDATE config SET value = 3")


def half(source: OwncastFolder) -> None:
    source.run("DROP TABLE messages")


def versionless(source: OwncastFolder) -> None:
    source.run("DELETE FROM config")


FAULTS = {
    empty: "no version",
    truncated: "damaged or copied in part",
    scrambled: "damaged",
    not_a_database: "cannot be read",
    no_database: "there is no owncast.db",
    newer: "newer Owncast (schema 10",
    newer_goose: "newer Owncast (schema 13",
    older: "before 0.0.12",
    half: "no table messages",
    versionless: "no version",
}


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_a_folder_with_a_fault_is_refused_in_one_line_and_changes_nothing(tmp_path: Path, spoil: object) -> None:
    source = lived_in(tmp_path / "owncast")
    with closing(sqlite3.connect(source.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(source)  # type: ignore[operator]
    refused = attempt(source.path, tmp_path / "data")
    (line,) = refused.stderr.splitlines()
    assert refused.exit_code == 3
    assert FAULTS[spoil] in line  # type: ignore[index]
    assert line.endswith("Nothing was changed.")
    assert not (tmp_path / "data" / "owncast-import.txt").exists()
    assert not list((tmp_path / "data").glob(".import-*"))
    with closing(sqlite3.connect(tmp_path / "data" / "fedistream.db")) as database:
        for table in ("visitor", "message", "setting", "follower", "channel"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608


def test_a_fault_in_the_middle_takes_everything_back(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast")
    # two users whose ids are one in upper and lower case are two; two rows with one id are a fault of the table
    source.run("CREATE TABLE users_2 AS SELECT * FROM users")
    source.run("DROP TABLE users")
    source.run("ALTER TABLE users_2 RENAME TO users")
    source.add("users", user("ann"))
    refused = attempt(source.path, tmp_path / "data")
    assert (refused.exit_code, "have the same id" in refused.stderr) == (3, True)
    with closing(sqlite3.connect(tmp_path / "data" / "fedistream.db")) as database:
        assert database.execute("SELECT count(*) FROM visitor").fetchone() == (0,)
    assert not list((tmp_path / "data" / "emoji").iterdir())


def test_a_node_that_runs_on_the_data_folder_is_told_of(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast")
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "node.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = attempt(source.path, tmp_path / "data")
    assert refused.exit_code == 3
    assert "another node is running" in refused.stderr


@pytest.mark.kill
def test_a_run_that_is_killed_is_begun_again(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast")
    source.add("users", *(user(f"many{n}") for n in range(3000)))
    rows = (message(100 + n, f"many{n % 3000}", f"<p>line {n}</p>", AT + timedelta(seconds=n)) for n in range(20_000))
    source.add("messages", *rows)
    for wait in (1.0, 2.0, 3.0):
        with subprocess.Popen(
            command(source.path, tmp_path / "data"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
        ) as process:
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
        if (tmp_path / "data" / "owncast-import.txt").exists():
            break
    said = imported(source.path, tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / "fedistream.db")) as database:
        assert database.execute("SELECT count(*) FROM message").fetchone() == (20_007,)
        assert database.execute("SELECT count(*) FROM visitor").fetchone() == (3004,)
    assert "20,007  messages" in said or "already" in said
    assert not list((tmp_path / "data").glob(".import-*"))


def test_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root writes everywhere")
    source = lived_in(tmp_path / "owncast")
    source.path.chmod(0o555)
    try:
        assert "7  messages" in imported(source.path, tmp_path / "data")
    finally:
        source.path.chmod(0o755)


def test_messages_of_a_clock_that_was_wrong_keep_their_order(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "owncast")
    source.add("users", user("ann"))
    far = datetime(2400, 1, 1, tzinfo=UTC)
    source.add(
        "messages",
        message(1, "ann", "<p>from the future</p>", far),
        message(2, "ann", "<p>second</p>", AT, timestamp=stamp(AT).replace("+00:00", "+02:00")),
        message(3, "ann", "<p>first</p>", AT, timestamp=stamp(AT - timedelta(hours=5))),
        message(4, "ann", "<p>same</p>", AT - timedelta(hours=5)),
    )
    imported(source.path, tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / "fedistream.db")) as database:
        rows = database.execute("SELECT body, id FROM message ORDER BY id").fetchall()
    assert [body for body, _ in rows] == ["first", "same", "second", "from the future"]
    assert message_ids.time_of(rows[2][1]) == (AT - timedelta(hours=2)).replace(microsecond=123000)
    assert message_ids.time_of(rows[3][1]) <= datetime.now(UTC)
