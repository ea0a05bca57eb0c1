"""The admin's calls about notices."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response

from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.core.events import BroadcastStarted
from tests.kit.faces import RIGHT, Faces, federating_faces

PATH = "/api/admin/federation/notices"


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        yield opened


async def planned(faces: Faces) -> int:
    """The id of the broadcast."""
    now, home = faces.clock.now(), faces.channels.home().id
    broadcast_id = await BroadcastRepository().start(home, "Locks", now, {})
    await faces.notices.plan(BroadcastStarted(home, broadcast_id, "Locks", now))
    return broadcast_id


async def post(http: AsyncClient, call: str, **body: object) -> Response:
    return await http.post(f"{PATH}/{call}", json=body, headers=RIGHT)


async def test_a_notice_is_seen_changed_posted_and_withdrawn(faces: Faces) -> None:
    broadcast_id = await planned(faces)
    async with faces.client() as http:
        listed = (await http.get(PATH, headers=RIGHT)).json()
        (notice,) = listed["results"]
        assert (listed["total"], notice["broadcastId"], notice["state"]) == (1, broadcast_id, "planned")
        assert (notice["post"], notice["postedAt"], notice["why"]) == ("", None, "")
        number = notice["id"]
        edited = (await post(http, "edit", id=number, value="Come *in*")).json()
        assert (edited["success"], edited["notice"]["text"]) == (True, "Come *in*")
        shown = (await http.get(f"{PATH}/preview?id={number}", headers=RIGHT)).json()
        assert shown == {"text": "Come *in*", "html": "<p>Come <em>in</em></p>"}
        tried = (await post(http, "preview", value="~~x~~")).json()
        assert tried == {"text": "~~x~~", "html": "<p><s>x</s></p>"}
        posted = (await post(http, "postnow")).json()["notice"]
        assert (posted["state"], posted["post"][:32]) == ("posted", "https://node.example/federation/")
        assert (await http.get(PATH, headers=RIGHT)).json()["results"][0]["postedAt"] is not None
        withdrawn = (await post(http, "withdraw", id=number)).json()["notice"]
        assert (withdrawn["state"], withdrawn["closedAt"] is None) == ("withdrawn", False)
        assert (await http.get(f"{PATH}?offset=1", headers=RIGHT)).json() == {"total": 1, "results": []}


async def test_a_planned_notice_can_be_cancelled(faces: Faces) -> None:
    await planned(faces)
    async with faces.client() as http:
        number = (await http.get(PATH, headers=RIGHT)).json()["results"][0]["id"]
        assert (await post(http, "cancel", id=number)).json()["notice"]["state"] == "cancelled"
        again = await post(http, "cancel", id=number)
        assert (again.status_code, again.json()["success"]) == (400, False)


@pytest.mark.parametrize(
    ("call", "body", "status"),
    [
        ("edit", {"id": 1}, 404),
        ("cancel", {"id": 1}, 404),
        ("withdraw", {"id": 2**63}, 400),
        ("withdraw", {"id": -1}, 400),
        ("withdraw", {"id": True}, 400),
        ("withdraw", {"id": "1"}, 400),
        ("withdraw", {}, 400),
        ("postnow", {"id": 9}, 404),
        ("postnow", {"id": None}, 400),
        ("postnow", {}, 400),
        ("preview", {"value": "x", "id": 9}, 404),
        ("preview", {"value": "x" * 6000}, 400),
        ("preview", {}, 400),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(
    faces: Faces, call: str, body: dict[str, object], status: int
) -> None:
    body = {"value": "x", **body} if call == "edit" else body
    async with faces.client() as http:
        answer = await post(http, call, **body)
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert answer.json()["message"]


@pytest.mark.parametrize("query", ["preview?id=x", "preview?id=0", f"preview?id={2**64}", "preview?id=½"])
async def test_odd_ids_are_refused(faces: Faces, query: str) -> None:
    async with faces.client() as http:
        assert (await http.get(f"{PATH}/{query}", headers=RIGHT)).status_code == 400


async def test_without_federation_there_is_nothing_to_preview_or_post(faces: Faces) -> None:
    await planned(faces)
    await faces.settings.change("federation.enabled", False)
    async with faces.client() as http:
        assert (await http.get(f"{PATH}/preview", headers=RIGHT)).status_code == 400
        assert (await post(http, "postnow")).status_code == 400
        assert (await http.get(PATH, headers=RIGHT)).json()["results"][0]["text"] == ""
