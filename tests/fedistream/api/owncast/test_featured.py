"""The calls about featured streams, without another server; with one they are in tests/journeys/test_featured.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedistream.federation.models import FeaturedServerRow
from fedistream.federation.values import FeaturedState
from tests.kit.faces import RIGHT, Faces, federating_faces
from tests.kit.following import AT, featured

SERVERS = "/api/admin/federation/servers"


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        yield opened


async def test_nobody_is_featured_and_nobody_asks_at_first(faces: Faces) -> None:
    async with faces.client() as http:
        assert (await http.get("/api/federation/servers")).json() == {"servers": []}
        assert (await http.get(SERVERS, headers=RIGHT)).json() == {"servers": []}
        assert (await http.get("/api/admin/federation/feature-requests", headers=RIGHT)).json() == {"requests": []}
        assert (await http.get("/api/admin/followers/directory", headers=RIGHT)).json() == []


async def test_the_public_list_has_accepted_servers_and_the_admins_list_has_all(faces: Faces) -> None:
    await featured(FeaturedState.PENDING)
    yes = await featured(FeaturedState.ACCEPTED, followed_at=AT, tags=["boats"], title="Slow boats")
    await featured(FeaturedState.REJECTED)
    async with faces.client() as http:
        public = (await http.get("/api/federation/servers")).json()["servers"]
        whole = (await http.get(SERVERS, headers=RIGHT)).json()["servers"]
    assert [each["state"] for each in whole] == ["pending", "accepted", "rejected"]
    assert public == [
        {
            "id": yes.id,
            "iri": "https://far.example/accepted",
            "url": "https://far.example",
            "name": "Far",
            "logoUrl": "",
            "isOnline": False,
            "streamTitle": "Slow boats",
            "streamDescription": "",
            "tags": ["boats"],
            "thumbnailUrl": "",
            "lastSeenOnline": None,
            "lastStatusUpdate": None,
            "addedAt": "2026-05-01T11:00:00Z",
            "followedAt": "2026-05-01T11:00:00Z",
            "state": "accepted",
        }
    ]


@pytest.mark.parametrize("body", [{}, {"url": 7}, {"url": ""}, {"url": "https://127.0.0.1"}, {"url": "node.example"}])
async def test_what_cannot_be_featured_is_refused(faces: Faces, body: object) -> None:
    async with faces.client() as http:
        answer = await http.post(SERVERS, json=body, headers=RIGHT)
    assert answer.status_code == 400
    assert await FeaturedServerRow.all().count() == 0


async def test_a_server_is_taken_out_of_the_list_once(faces: Faces) -> None:
    row = await featured(FeaturedState.ACCEPTED)
    async with faces.client() as http:
        assert (await http.delete(f"{SERVERS}/{row.id}", headers=RIGHT)).json()["success"] is True
        for name in (str(row.id), "x", "9" * 40, "-1", "٧"):
            answer = await http.delete(f"{SERVERS}/{name}", headers=RIGHT)
            assert (answer.status_code, answer.json()["success"]) == (404, False), name
