"""oEmbed: which pages are described, how large, and what is refused."""

import re

import pytest
from httpx2 import Response

from tests.kit import onair
from tests.kit.asking import client
from tests.kit.studio import Studio

HERE = "http://node.example"


@pytest.fixture
def live_studio(studio: Studio) -> Studio:
    """Broadcast 7 is live, 3 is over."""
    studio.broadcasts.shown = onair.live()
    studio.broadcasts.written = {7: onair.written(7), 3: onair.over(3)}
    return studio


async def request(studio: Studio, **query: str) -> Response:
    async with client(studio.app()) as web:
        return await web.get("/oembed", params=query)


@pytest.mark.parametrize("path", ["", "/", "/live/7", "/?utm=1", "/live/7#chat"])
async def test_a_page_with_a_player_is_a_video(live_studio: Studio, path: str) -> None:
    answer = await request(live_studio, url=HERE + path, format="json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    made = answer.json()
    assert (made["version"], made["type"], made["title"]) == ("1.0", "video", "Morning on the canal")
    assert (made["width"], made["height"]) == (1280, 720)
    assert made["author_name"] == "Quiet Waters"
    assert made["thumbnail_url"] == f"{HERE}/logo"
    assert re.search(r'src="([^"]+)"', made["html"])[1] == f"{HERE}/embed/video"  # type: ignore[index]


async def test_what_is_over_is_a_link_with_a_picture(live_studio: Studio) -> None:
    made = (await request(live_studio, url=f"{HERE}/live/3")).json()
    assert (made["type"], made["title"]) == ("link", "Evening locks")
    assert "html" not in made
    assert "width" not in made


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [("640", "", (640, 360)), ("640", "90", (160, 90)), ("99999999", "1", (28, 16)), ("0", "", (16, 9))],
)
async def test_the_player_fits_into_what_was_asked_for(
    live_studio: Studio, width: str, height: str, size: tuple[int, int]
) -> None:
    made = (await request(live_studio, url=HERE, maxwidth=width, maxheight=height)).json()
    assert (made["width"], made["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in made["html"]


async def test_the_public_address_counts_whatever_its_scheme(live_studio: Studio) -> None:
    live_studio.settings.values["node.public_url"] = "https://boats.example/tv"
    for url in ("https://boats.example/tv/", "http://BOATS.example/tv/live/7"):
        assert (await request(live_studio, url=url)).json()["author_url"] == "https://boats.example/tv/"
    for url in (HERE, "https://boats.example/", "https://boats.example/live/7"):
        assert (await request(live_studio, url=url)).status_code == 404


@pytest.mark.parametrize("path", ["/admin/", "/live/8", "/live/x", "/embed/video", "/nothing"])
async def test_a_page_that_has_no_card_is_not_found(live_studio: Studio, path: str) -> None:
    assert (await request(live_studio, url=HERE + path)).status_code == 404


async def test_pages_of_others_are_not_found(live_studio: Studio) -> None:
    for url in ("https://other.example/", "http://node.example.evil/", "http://node.example@evil.example/"):
        assert (await request(live_studio, url=url)).status_code == 404


@pytest.mark.parametrize(
    "url", ["", "node.example", "ftp://node.example/", "http://[::1", "http://", HERE + "/" * 2048]
)
async def test_what_is_no_address_is_told_so(live_studio: Studio, url: str) -> None:
    answer = await request(live_studio, url=url)
    assert (answer.status_code, answer.text) == (422, "Url must be the address of a page")


@pytest.mark.parametrize(
    ("name", "value"), [("format", "xml"), ("maxwidth", "-1"), ("maxheight", "1" * 10), ("maxwidth", "٣")]
)
async def test_what_cannot_be_answered_is_refused(live_studio: Studio, name: str, value: str) -> None:
    assert (await request(live_studio, url=HERE, **{name: value})).status_code == 422


async def test_words_of_the_streamer_stay_words_in_the_frame(live_studio: Studio) -> None:
    live_studio.settings.values["channel.title"] = '"><script>alert(1)</script>'
    made = (await request(live_studio, url=HERE)).json()
    assert "<script>" not in made["html"]
    assert made["html"].count("<") == 2


async def test_other_sites_may_ask_from_a_browser(live_studio: Studio) -> None:
    assert (await request(live_studio, url=HERE)).headers["access-control-allow-origin"] == "*"
