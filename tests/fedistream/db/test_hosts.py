"""Revision 0020: remote actors that were stored before it get the host of their URL, as new ones do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from activitypub.urls import authority
from fedistream.db.address import parse
from fedistream.db.migrate import connected, downgrade, upgrade
from tests.kit.postgres import Postgres

URLS = (
    "https://remote.example/users/ann",
    "https://Remote.Example:443/users/bo",
    "http://remote.example:80/users/cy",
    "https://remote.example:8443/users/di",
    "https://query.example?user=ed",
    "https://[2001:db8::1]:8443/users/flo",
)
ACTOR = """
INSERT INTO remote_actor
(url, key_id, handle, name, image, inbox, shared_inbox, document, fetched_at, hidden, moved_to, failed_checks)
VALUES (:url, :url, 'x@y', 'x', '', :url, '', '{}', :now, false, '', 0)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_actors_get_the_hosts_of_their_urls(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite://{tmp_path / 'test.db'}"
    if kind == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.make()
    address, many = parse(url), [f"https://host-{number}.example/ann" for number in range(2500)]
    upgrade(address, "0019")
    rows = [{"url": each, "now": datetime(2026, 5, 1, tzinfo=UTC)} for each in (*URLS, *many)]
    with connected(address) as connection:
        connection.execute(sa.text(ACTOR), rows)
        connection.commit()
    upgrade(address)
    with connected(address) as connection:
        found = dict(tuple(row) for row in connection.execute(sa.text("SELECT url, host FROM remote_actor")))
    assert found == {each: authority(each) for each in (*URLS, *many)}
    downgrade(address, "0019")
    with connected(address) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM remote_actor")).scalar() == len(rows)
