"""The admin's own calls about federation, over the whole application; what they do is tried with a peer elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedistream.federation.models import FlagRow, QuoteRow
from tests.kit.faces import RIGHT, Faces, federating_faces
from tests.kit.federated import LIVE

ACTIVITY = {"Accept": "application/activity+json"}


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        yield opened


async def test_the_admin_sees_why_requests_were_refused(faces: Faces) -> None:
    async with faces.client() as http:
        path = "/api/admin/federation/refusals"
        assert (await http.get(path, headers=RIGHT)).json()["reasons"] == {}
        await http.post("/federation/inbox", content=b"{}", headers={"Content-Type": "text/plain"})
        await http.post("/federation/inbox?" + 5000 * "x", content=b"{}")
        found = (await http.get(path, headers=RIGHT)).json()
    assert (found["total"], found["reasons"]) == (2, {"media-type": 1, "target": 1})
    assert found["since"].endswith("Z")


async def test_the_admin_settles_reports(faces: Faces) -> None:
    at = faces.clock.now()
    row = await FlagRow.create(
        channel_id=1, actor="https://a.example/ann", server="a.example", objects=[LIVE], content="rude", at=at
    )
    path = "/api/admin/federation/flags"
    async with faces.client() as http:
        found = (await http.get(path, headers=RIGHT)).json()
        assert (found["total"], found["results"][0]["objects"], found["results"][0]["settledAt"]) == (1, [LIVE], None)
        assert (
            await http.post(f"{path}/settle", json={"id": row.id, "settled": True}, headers=RIGHT)
        ).status_code == 200
        assert (await http.get(path, headers=RIGHT)).json()["total"] == 0
        assert (await http.get(f"{path}?settled=true", headers=RIGHT)).json()["total"] == 1
        for body, status in (
            ({"id": 99, "settled": True}, 404),
            ({"id": 2**63, "settled": True}, 404),
            ({"id": "1"}, 400),
            ({"id": row.id}, 400),
        ):
            assert (await http.post(f"{path}/settle", json=body, headers=RIGHT)).status_code == status


async def test_the_admin_takes_quotes_back(faces: Faces) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "Hello")
    far = "https://a.example/ann"
    await QuoteRow.create(
        id="abc",
        channel_id=1,
        post_id=post.id,
        quoting=f"{far}/1",
        actor=far,
        inbox=f"{far}/inbox",
        at=faces.clock.now(),
    )
    path = "/api/admin/federation/quotes"
    async with faces.client() as http:
        (found,) = (await http.get(path, headers=RIGHT)).json()["results"]
        assert (found["iri"], found["quotingIRI"], found["revokedAt"]) == (post.url, f"{far}/1", None)
        stamp = await http.get("/federation/quotes/abc", headers=ACTIVITY)
        assert (stamp.status_code, stamp.json()["interactionTarget"]) == (200, post.url)
        assert (await http.post(f"{path}/revoke", json={"id": "abc"}, headers=RIGHT)).status_code == 200
        assert (await http.get("/federation/quotes/abc", headers=ACTIVITY)).status_code == 410
        assert (await http.post(f"{path}/revoke", json={"id": "none"}, headers=RIGHT)).status_code == 404


async def test_keys_are_rotated_by_a_call(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.post("/api/admin/federation/rotatekeys", headers=RIGHT)
        assert answer.json() == {"success": True, "message": "keys rotated"}
        actor = (await http.get("/federation/user/streamer", headers=ACTIVITY)).json()
        assert actor["publicKey"]["id"] == f"{LIVE}#main-key-2"


async def test_block_lists_go_in_and_out(faces: Faces) -> None:
    path = "/api/admin/federation/blocks"
    async with faces.client() as http:
        for dry, blocked in (("true", []), ("false", ["bad.example"])):
            answer = await http.post(f"{path}/import?dry={dry}", content=b"bad.example\nnothing\n", headers=RIGHT)
            assert answer.json() == {
                "success": True,
                "dry": dry == "true",
                "new": 1,
                "known": 0,
                "milder": 0,
                "wrong": ["nothing"],
            }
            assert faces.settings.value("federation.blocked_domains") == blocked
        given = await http.get(f"{path}/export", headers=RIGHT)
        assert given.headers["content-type"].startswith("text/csv")
        assert given.text.splitlines()[1] == "bad.example,suspend,true,true,,false"
        for body in (b"", b"\xff\xfe", b"x" * 5_000_000):
            assert (await http.post(f"{path}/import", content=body, headers=RIGHT)).status_code in (400, 413)
