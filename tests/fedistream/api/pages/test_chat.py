"""The chat of the pages as the server writes it: where it stands, in which furnishing, and who may frame it."""

import json
import re

import pytest
from httpx2 import Response

from tests.kit.asking import client
from tests.kit.studio import Studio

FRAMES = ("/embed/chat/readonly", "/embed/chat/readwrite", "/embed/chat/overlay")
SLASHED = ("/embed/chat/readonly/", "/embed/chat/readwrite/", "/embed/video/")  # what Owncast redirects to


async def get(studio: Studio, path: str) -> Response:
    async with client(studio.app()) as web:
        return await web.get(path)


def data(page: Response) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page.text, re.S)
    assert found is not None
    value = json.loads(found.group(1))
    assert isinstance(value, dict)
    return value


@pytest.fixture
def studio() -> Studio:
    made = Studio()
    made.settings.values["chat.enabled"] = True
    return made


@pytest.mark.parametrize("path", ["/", *FRAMES])
async def test_a_page_with_chat_tells_its_modules_what_they_need(studio: Studio, path: str) -> None:
    studio.settings.values["chat.offline_s"] = 90
    page = await get(studio, path)
    assert page.status_code == 200
    assert f"/bundles/{'watch-chat' if path == '/' else 'chat'}.js" in page.text
    told = data(page)
    chat, texts = told["chat"], told["texts"]
    assert isinstance(chat, dict)
    assert isinstance(texts, dict)
    assert (chat["maxBytes"], chat["afterSeconds"]) == (2048, 90)
    assert re.fullmatch(r"/static/[0-9a-f]+/vendor/emoji-picker\.js", chat["emoji"]["module"])
    assert texts["chat.placeholder"]


async def test_a_channel_without_chat_loads_nothing_of_it(studio: Studio) -> None:
    studio.settings.values["chat.enabled"] = False
    page = await get(studio, "/")
    assert "chat" not in re.sub(r"<script type=.application/json.*", "", page.text).lower()
    assert "chat" not in data(page)
    for path in FRAMES:
        assert (await get(studio, path)).status_code == 404


@pytest.mark.parametrize("path", SLASHED)
async def test_a_frame_with_owncasts_slash_is_the_same_page(studio: Studio, path: str) -> None:
    with_slash, without = await get(studio, path), await get(studio, path.removesuffix("/"))
    assert with_slash.status_code == without.status_code == 200
    assert set(with_slash.headers["content-security-policy"].split(";")) >= {" frame-ancestors *"}
    assert data(with_slash)["texts"] == data(without)["texts"]


@pytest.mark.parametrize("path", FRAMES)
async def test_any_site_may_frame_the_chat(studio: Studio, path: str) -> None:
    page = await get(studio, path)
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert '<meta name="robots" content="noindex">' in page.text


async def test_only_a_room_to_write_in_has_a_field_and_a_name(studio: Studio) -> None:
    fields = {path: "<textarea" in (await get(studio, path)).text for path in ("/", *FRAMES)}
    assert fields == {"/": True, FRAMES[0]: False, FRAMES[1]: True, FRAMES[2]: False}


@pytest.mark.parametrize("path", ["/embed/chat", "/embed/chat/"])
async def test_the_bare_address_leads_to_the_chat_for_reading(studio: Studio, path: str) -> None:
    answer = await get(studio, path)
    assert (answer.status_code, answer.headers["location"]) == (307, "/embed/chat/readonly")


async def test_signing_in_is_offered_where_the_other_side_can_come_back_to(studio: Studio) -> None:
    async def offered() -> tuple[bool, bool]:
        page = await get(studio, "/")
        return 'id="sign-in-website"' in page.text, 'id="sign-in-account"' in page.text

    studio.settings.values["federation.enabled"] = True
    assert await offered() == (False, False)
    studio.settings.values["node.public_url"] = "https://boats.example"
    assert await offered() == (True, True)
    studio.settings.values["federation.enabled"] = False
    assert await offered() == (True, False)


async def test_a_name_of_markup_stays_text(studio: Studio) -> None:
    studio.settings.values["channel.name"] = "<img src=x onerror=alert(1)>"
    for path in ("/", *FRAMES):
        assert "<img src=x" not in (await get(studio, path)).text
