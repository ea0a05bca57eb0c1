from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.faces import Faces, open_faces

OPEN = "User-agent: *\nDisallow: /admin\nDisallow: /api"


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        yield opened


async def test_robots_are_told_what_the_admin_allows(faces: Faces) -> None:
    async with faces.client() as http:
        assert (await http.get("/robots.txt")).text == OPEN
        await faces.settings.change("node.disable_search_indexing", True)
        hidden = await http.get("/robots.txt")
        assert (hidden.text, hidden.headers["content-type"]) == (f"{OPEN}\nDisallow: /", "text/plain; charset=utf-8")


async def test_a_phone_finds_name_and_icon_for_its_home_screen(faces: Faces) -> None:
    await faces.settings.change("channel.name", "Kiln", faces.channels.home().id)
    async with faces.client() as http:
        answer = await http.get("/manifest.json")
        shape = answer.json()
        assert (shape["name"], shape["start_url"]) == ("Kiln", "/")
        icon = await http.get(shape["icons"][0]["src"])
        assert (icon.status_code, icon.headers["content-type"]) == (200, "image/png")
        assert '<link rel="manifest" href="/manifest.json">' in (await http.get("/")).text
