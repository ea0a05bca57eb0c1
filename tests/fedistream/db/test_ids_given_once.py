"""Revision 0019: tables that were rebuilt on SQLite keep their rows and indexes, and give no id twice."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fedistream.db import newest
from fedistream.db.address import SqliteAddress
from fedistream.db.migrate import upgrade

ACTOR = """
INSERT INTO remote_actor (id, url, key_id, handle, name, image, inbox, shared_inbox, document, fetched_at, hidden,
    moved_to, failed_checks)
VALUES ({id}, 'https://a.example/{other}', 'k', 'a@a.example', 'A', '', 'i', '', '{{}}', '2026-05-01', 0, '', 0)
"""
FOLLOWER = """
INSERT INTO follower (id, channel_id, state, directory, follow, created_at, held_for, actor_id)
VALUES ({id}, 1, 'accepted', 0, '{{}}', '2026-05-01', '', {other})
"""
KEY = (
    "INSERT INTO federation_key (id, channel_id, pem, created_at, number) VALUES ({id}, {other}, 'p', '2026-05-01', 1)"
)
ROWS = {"remote_actor": ACTOR, "follower": FOLLOWER, "federation_key": KEY}


def indexes(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    return connection.execute(
        "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' ORDER BY 2"
    ).fetchall()


@pytest.mark.parametrize("table", ROWS)
def test_the_id_of_a_deleted_row_is_given_to_no_other(table: str, tmp_path: Path) -> None:
    address = SqliteAddress(tmp_path / "test.db")
    upgrade(address, "0018")
    with closing(sqlite3.connect(address.path)) as connection, connection:
        for name, insert in ROWS.items():
            for number in (1, 2, 7):
                connection.execute(insert.format(id=number, other=number))
            assert (
                "AUTOINCREMENT"
                not in connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
            )
        before = {name: connection.execute(f"SELECT * FROM {name} ORDER BY id").fetchall() for name in ROWS}  # noqa: S608
        were = indexes(connection)
    upgrade(address, "0019")
    with closing(sqlite3.connect(address.path)) as connection, connection:
        after = {name: connection.execute(f"SELECT * FROM {name} ORDER BY id").fetchall() for name in ROWS}  # noqa: S608
        assert after == before
        assert indexes(connection) == were
        connection.execute("PRAGMA foreign_keys = ON")
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute(f"DELETE FROM {table} WHERE id = 7")  # noqa: S608
        assert connection.execute(ROWS[table].format(id="NULL", other=7)).lastrowid == 8


def test_a_database_that_was_made_in_one_step_is_left_as_it_is(tmp_path: Path) -> None:
    address = SqliteAddress(tmp_path / "test.db")
    newest.make_sqlite(address, 5)
    with closing(sqlite3.connect(address.path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0018'")
        before = connection.execute("SELECT name, rootpage, sql FROM sqlite_master").fetchall()
    upgrade(address, "0019")
    with closing(sqlite3.connect(address.path)) as connection:
        assert connection.execute("SELECT name, rootpage, sql FROM sqlite_master").fetchall() == before
