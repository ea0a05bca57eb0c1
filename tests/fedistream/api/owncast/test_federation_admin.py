"""The admin's own calls about federation, over the whole application; what they do is tried with a peer elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.faces import RIGHT, Faces, open_faces
from tests.kit.federated import ORIGIN


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        await opened.settings.change("serverurl", ORIGIN)
        await opened.settings.change("federation.enabled", True)
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
