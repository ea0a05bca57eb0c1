"""Owncast's calls about followers, without a peer; with one they are in tests/journeys/test_fediverse.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.faces import RIGHT, Faces, open_faces


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        yield opened


async def test_a_node_that_nobody_follows_says_so(faces: Faces) -> None:
    async with faces.client() as http:
        for path in ("/api/followers", "/api/admin/followers", "/api/admin/federation/actions"):
            assert (await http.get(path, headers=RIGHT)).json() == {"total": 0, "results": []}
        for path in ("/api/admin/followers/pending", "/api/admin/followers/blocked"):
            assert (await http.get(path, headers=RIGHT)).json() == []


async def test_the_config_counts_followers_while_federation_is_on(faces: Faces) -> None:
    async with faces.client() as http:
        assert "followerCount" not in (await http.get("/api/config")).json()["federation"]
        await faces.settings.change("node.public_url", "https://node.example")
        await faces.settings.change("federation.enabled", True)
        assert (await http.get("/api/config")).json()["federation"]["followerCount"] == 0


@pytest.mark.parametrize("query", ["offset=-1", "limit=x", "offset=1e3", "limit=99999999999", "limit=½"])
async def test_odd_spans_are_refused(faces: Faces, query: str) -> None:
    async with faces.client() as http:
        answer = await http.get(f"/api/followers?{query}")
    assert (answer.status_code, "must be a whole number" in answer.json()["error"]) == (400, True)


async def test_an_actor_that_does_not_follow_cannot_be_approved_or_removed(faces: Faces) -> None:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    nobody = {"actorIRI": "https://remote.example/users/ann", "approved": True}
    async with faces.client() as http:
        for call in ("approve", "remove"):
            answer = await http.post(f"/api/admin/followers/{call}", json=nobody, headers=RIGHT)
            assert (answer.status_code, answer.json()["success"]) == (404, False)
            assert (await http.post(f"/api/admin/followers/{call}", json={}, headers=RIGHT)).status_code == 400


@pytest.mark.parametrize(
    "account", ["", "ann", "ann@", "@", "ann@127.0.0.1", "ann@localhost:8080", "ann@@remote.example"]
)
async def test_accounts_that_cannot_be_found_are_refused(faces: Faces, account: str) -> None:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    async with faces.client() as http:
        answer = await http.post("/api/remotefollow", json={"account": account})
    assert (answer.status_code, answer.json()["error"][:7]) == (400, "account")


async def test_nobody_makes_us_ask_others_without_end(faces: Faces) -> None:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    async with faces.client() as http:
        answers = [(await http.post("/api/remotefollow", json={"account": "ann"})).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


async def test_a_household_has_one_share_of_asking_others(faces: Faces) -> None:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    answers = []
    for number in range(11):
        async with faces.client(f"2001:db8:1:2::{number:x}") as http:
            answers.append((await http.post("/api/remotefollow", json={"account": "ann"})).status_code)
    async with faces.client("2001:db8:1:3::1") as http:
        answers.append((await http.post("/api/remotefollow", json={"account": "ann"})).status_code)
    assert answers == [400] * 10 + [429, 400]
