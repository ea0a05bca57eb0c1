"""Revision 0015: lines that were told before it are found by who they are of."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from fedistream.db.address import parse
from fedistream.db.migrate import connected, upgrade
from tests.kit.postgres import Postgres

ANN = "https://remote.example/users/ann"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
CHANNEL = "INSERT INTO channel (id, slug, created_at) VALUES (1, 'home', :now)"
MESSAGE = """
INSERT INTO message (id, channel_id, kind, origin, body, html, visible, more)
VALUES (:id, 1, 'follow', :origin, 'x', '<p>x</p>', :seen, {more})
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_lines_of_the_fediverse_get_their_authors(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite://{tmp_path / 'test.db'}"
    if kind == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.make()
    address = parse(url)
    upgrade(address, "0014")
    remote = json.dumps({"title": "Ann", "remote": {"name": "Ann", "address": "ann@remote.example", "url": ANN}})
    with connected(address) as connection:
        connection.execute(sa.text(CHANNEL), {"now": NOW})
        for number, (origin, more) in enumerate((("fediverse", remote), ("fediverse", None), ("irc", remote))):
            given = ":more" if kind == "sqlite" else "CAST(:more AS jsonb)"
            values = {"id": number + 1, "origin": origin, "more": more, "seen": True}
            connection.execute(sa.text(MESSAGE.format(more=given)), values)
        connection.commit()
    upgrade(address)
    with connected(address) as connection:
        found = connection.execute(sa.text("SELECT id, author FROM message ORDER BY id")).fetchall()
    assert [tuple(row) for row in found] == [(1, ANN), (2, None), (3, None)]
