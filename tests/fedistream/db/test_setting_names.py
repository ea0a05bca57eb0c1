"""Revision 0018: stored settings are found under their new names, with their values."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from fedistream.db.address import parse
from fedistream.db.migrate import connected, downgrade, upgrade
from tests.kit.postgres import Postgres

FORMER = [
    ("name", 0, {"value": "The node"}),
    ("name", 1, {"value": "Quiet Waters"}),
    ("serversummary", 1, {"value": "A canal"}),
    ("streamtitle", 1, {"value": "Nightfall"}),
    ("offlinemessage", 1, {"value": "Back soon"}),
    ("pagecontent", 1, {"value": "# Times"}),
    ("tags", 1, {"value": ["boats"]}),
    ("nsfw", 0, {"value": True}),
    ("socialhandles", 1, {"value": [{"platform": "x", "url": "https://x.example"}]}),
    ("hideviewercount", 1, {"value": True}),
    ("serverurl", 0, {"value": "https://node.example"}),
    ("disablesearchindexing", 0, {"value": True}),
    ("chat.disabled", 0, {"value": False}),
    ("chat.disabled", 1, {"value": True}),
    ("chat.disabled", 2, {"value": "odd"}),
    ("chat.slow_s", 1, {"value": 5}),
    ("of.the.future", 0, {"value": 1}),
]
NEW = [
    ("channel.hide_viewer_count", 1, {"value": True}),
    ("channel.name", 0, {"value": "The node"}),
    ("channel.name", 1, {"value": "Quiet Waters"}),
    ("channel.nsfw", 0, {"value": True}),
    ("channel.offline_message", 1, {"value": "Back soon"}),
    ("channel.page_content", 1, {"value": "# Times"}),
    ("channel.social_handles", 1, {"value": [{"platform": "x", "url": "https://x.example"}]}),
    ("channel.summary", 1, {"value": "A canal"}),
    ("channel.tags", 1, {"value": ["boats"]}),
    ("channel.title", 1, {"value": "Nightfall"}),
    ("chat.enabled", 0, {"value": True}),
    ("chat.enabled", 1, {"value": False}),
    ("chat.enabled", 2, {"value": "odd"}),
    ("chat.slow_s", 1, {"value": 5}),
    ("node.disable_search_indexing", 0, {"value": True}),
    ("node.public_url", 0, {"value": "https://node.example"}),
    ("of.the.future", 0, {"value": 1}),
]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_settings_are_renamed_and_renamed_back(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite://{tmp_path / 'test.db'}"
    if kind == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.make()
    address = parse(url)
    given = ":value" if kind == "sqlite" else "CAST(:value AS jsonb)"
    insert = sa.text(f"INSERT INTO setting (name, channel_id, value) VALUES (:name, :channel, {given})")  # noqa: S608
    upgrade(address, "0017")
    with connected(address) as connection:
        for name, channel, value in FORMER:
            connection.execute(insert, {"name": name, "channel": channel, "value": json.dumps(value)})
        connection.commit()

    def stored() -> list[tuple[str, int, object]]:
        with connected(address) as connection:
            rows = connection.execute(sa.text("SELECT name, channel_id, value FROM setting"))
            return sorted((row[0], row[1], json.loads(row[2]) if kind == "sqlite" else row[2]) for row in rows)

    upgrade(address, "0018")
    assert stored() == NEW
    downgrade(address, "0017")
    assert stored() == sorted(FORMER, key=lambda row: row[:2])
