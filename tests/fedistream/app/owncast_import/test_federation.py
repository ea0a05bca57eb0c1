"""The account of an Owncast server and the servers that it features, as rows of this node."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from activitypub.vocabulary import compose
from fedistream.app.owncast_import.federation import Home, featured
from fedistream.app.owncast_import.folder import opened
from fedistream.app.owncast_import.report import Report
from fedistream.federation.directory.listed import MAX_SERVERS
from fedistream.federation.models import FeaturedServerRow
from tests.kit.moving_in import imported
from tests.kit.owncast_folder import ACTOR, AT, BORN, SERVER, V0_2_3, V0_3, Schema, follower, make_folder, stamp

NOW = datetime(2026, 11, 30, tzinfo=UTC)
FAR = "https://far.example/federation/user/live"


def found(tmp_path: Path, *rows: dict[str, object], schema: Schema = V0_3) -> tuple[list[FeaturedServerRow], Report]:
    source, report = make_folder(tmp_path / "owncast", schema), Report()
    source.add("federated_servers", *rows) if rows else None
    (tmp_path / "scratch").mkdir()
    with opened(source.path, tmp_path / "scratch") as tables:
        return list(featured(tables, Home(1, SERVER, ACTOR), report, NOW)), report


def test_a_featured_server_keeps_its_state_and_its_times(tmp_path: Path) -> None:
    row: dict[str, object] = {"iri": FAR, "name": "Far\nStudio", "follow_status": "accepted", "stream_title": "Boats"}
    row |= {"logo_url": "https://far.example/logo", "added_at": stamp(BORN), "accepted_at": stamp(AT)}
    asked: dict[str, object] = {"iri": "https://two.example/federation/user/two/"}
    (one, two), report = found(tmp_path, row, asked)
    assert (one.url, one.actor, one.inbox) == ("https://far.example", FAR, f"{FAR}/inbox")
    assert (one.state, one.name, one.title, one.logo) == ("accepted", "Far Studio", "Boats", "https://far.example/logo")
    assert (one.added_at, one.followed_at, one.online) == (BORN, AT, False)
    assert (two.state, two.actor, two.name) == ("pending", "https://two.example/federation/user/two", "two.example")
    assert report.left == {}
    # ending it later tells the server what was undone
    undo = compose.undo(f"{ACTOR}#undo/1", ACTOR, one.follow)
    assert (undo["object"]["type"], undo["object"]["actor"], undo["object"]["object"]) == ("Follow", ACTOR, FAR)


def test_what_is_no_server_of_owncasts_is_reported(tmp_path: Path) -> None:
    rows, report = found(
        tmp_path,
        {"iri": "https://far.example/users/ann"},
        {"iri": "nowhere"},
        {"iri": FAR, "follow_status": "odd"},
        {"iri": f"{FAR}x" + "x" * 3000},
    )
    assert rows == []
    assert report.left["featured streams", "their address or state cannot be read"].count == 4


def test_each_is_taken_once_and_no_more_than_there_can_be(tmp_path: Path) -> None:
    many: list[dict[str, object]] = [{"iri": f"https://s{n}.example/federation/user/live"} for n in range(MAX_SERVERS)]
    rows, report = found(tmp_path, {"iri": f"{FAR}/"}, {"iri": FAR}, *many)
    assert len(rows) == len({row.actor for row in rows}) == MAX_SERVERS
    assert sum(left.count for left in report.left.values()) == 2


@pytest.mark.parametrize("name", ["StudioNord", "my-stream.live", "_x_"])
def test_an_account_keeps_a_name_that_other_servers_find(tmp_path: Path, name: str) -> None:
    source = make_folder(tmp_path / "owncast")
    source.set(federation_username=name, server_url=SERVER)
    source.add("ap_followers", follower(FAR, f"{SERVER}/federation/user/{name}"))
    said = imported(source.path, tmp_path / "data")
    assert "1  followers" in said
    assert "Not taken" not in said


@pytest.mark.parametrize("name", ["mein stream", "größe", ".x", "x" * 65, "a/b"])
def test_followers_of_an_account_whose_name_cannot_be_used_are_reported_with_it(tmp_path: Path, name: str) -> None:
    source = make_folder(tmp_path / "owncast", V0_3)
    source.set(federation_username=name, server_url=SERVER)
    source.add("ap_followers", follower(FAR, f"{SERVER}/federation/user/{name}"))
    source.add("federated_servers", {"iri": FAR})
    said = imported(source.path, tmp_path / "data")
    for what in ("followers", "featured streams"):
        assert f"1  {what}: the server has no address (serverURL), or no account name" in said
    assert "federation.username must be" in said


def test_a_version_without_featured_streams_has_none(tmp_path: Path) -> None:
    assert found(tmp_path, schema=V0_2_3)[0] == []
