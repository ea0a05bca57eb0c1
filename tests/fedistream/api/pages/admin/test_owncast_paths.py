"""The paths of Owncast's admin, on one node that no test changes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fedistream.api.pages.admin.owncast_paths import PATHS
from tests.kit.adminpages import HTML, Visitor, signed_in
from tests.kit.faces import Faces, federating_faces

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path_factory.mktemp("node")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(faces: Faces) -> AsyncIterator[Visitor]:
    async with signed_in(faces) as visitor:
        yield visitor


@pytest.mark.parametrize("path", PATHS)
async def test_a_bookmark_of_owncasts_admin_leads_to_the_page_that_does_the_same(admin: Visitor, path: str) -> None:
    for slash in ("", "/"):
        answer = await admin.web.get(f"/admin/{path}{slash}")
        if answer.status_code == 302:
            answer = await admin.web.get(answer.headers["location"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_every_path_below_admin_asks_for_the_password_first(faces: Faces, admin: Visitor) -> None:
    assert (await admin.web.get("/admin/nothing/here")).status_code == 404
    async with faces.client() as stranger:
        for path in ("nothing/here", "config-chat", "chat/users"):
            assert (await stranger.get(f"/admin/{path}")).status_code == 401
            led = await stranger.get(f"/admin/{path}", headers=HTML)
            assert (led.status_code, led.headers["location"].startswith("/admin/login")) == (303, True)
