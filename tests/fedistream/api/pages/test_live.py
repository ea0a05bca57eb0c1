"""The page of one broadcast: live, over, unknown; and the card that other sites make of it."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from httpx2 import Response

from fedistream.thumbnails.service import Picture
from tests.kit import onair
from tests.kit.asking import client
from tests.kit.studio import Studio


@pytest.fixture
def live_studio(studio: Studio) -> Studio:
    """Broadcast 7 is live, 3 is over."""
    studio.broadcasts.shown = onair.live()
    studio.broadcasts.written = {7: onair.written(7), 3: onair.over(3)}
    return studio


async def get(studio: Studio, path: str, **headers: str) -> Response:
    async with client(studio.app()) as web:
        return await web.get(path, headers=headers)


def meta(page: Response) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', page.text)
    return {name: unescape(content) for name, content in found}


async def test_while_it_is_on_the_air_its_page_is_the_watch_page(live_studio: Studio) -> None:
    page = await get(live_studio, "/live/7")
    assert page.status_code == 200
    assert '<template id="player-template">' in page.text
    assert "Morning on the canal · live" in page.text
    assert '<link rel="canonical" href="http://node.example/live/7">' in page.text
    assert meta(page)["og:url"] == "http://node.example/live/7"


async def test_when_it_is_over_its_page_says_when_it_was_and_where_the_channel_is(live_studio: Studio) -> None:
    live_studio.broadcasts.shown = onair.offline()
    page = await get(live_studio, "/live/3")
    assert page.status_code == 200
    assert '<h1 dir="auto">Evening locks</h1>' in page.text
    assert "This broadcast has ended" in page.text
    assert 'datetime="2026-05-01T11:30:00.250000+00:00"' in page.text
    assert "1 h 23 min" in page.text
    assert 'href="/">Go to Quiet Waters</a>' in page.text
    assert '<template id="player-template">' not in page.text


async def test_an_old_broadcasts_page_says_when_the_channel_is_live_again(live_studio: Studio) -> None:
    page = await get(live_studio, "/live/3")
    assert 'href="/">Quiet Waters is live again: watch now</a>' in page.text


async def test_what_a_killed_process_left_without_an_end_ended_when_it_was_last_seen(live_studio: Studio) -> None:
    live_studio.broadcasts.written[3] = replace(onair.written(3), seen_at=onair.STARTED + timedelta(minutes=5))
    assert "5 minutes" in (await get(live_studio, "/live/3")).text


async def test_a_broadcast_without_a_title_has_the_channels_name(live_studio: Studio) -> None:
    live_studio.broadcasts.written[3] = replace(onair.over(3), title="")
    assert '<h1 dir="auto">Quiet Waters</h1>' in (await get(live_studio, "/live/3")).text


@pytest.mark.parametrize("text", ["8", "0", "07", "-7", "7.0", "seven", "٧", "9" * 18, "9" * 400, "%00", "7%2F", "7 "])
async def test_there_is_no_page_for_what_is_no_broadcast(live_studio: Studio, text: str) -> None:
    page = await get(live_studio, f"/live/{text}", accept="text/html")
    assert page.status_code == 404
    assert "<h1>Page not found</h1>" in page.text


async def test_a_broadcast_of_another_channel_has_no_page(live_studio: Studio) -> None:
    live_studio.broadcasts.written[4] = onair.written(4, channel_id=2)
    assert (await get(live_studio, "/live/4")).status_code == 404


async def test_a_live_card_has_words_a_picture_and_a_player(live_studio: Studio) -> None:
    live_studio.settings.values["node.public_url"] = "https://boats.example/"
    card = meta(await get(live_studio, "/live/7"))
    assert card["og:title"] == card["twitter:title"] == "Morning on the canal"
    assert card["og:description"] == card["description"] == "Slow boats on a slow river."
    assert card["og:image"] == card["twitter:image"] == "https://boats.example/logo"
    assert card["og:image:alt"] == "Logo of Quiet Waters"
    assert card["twitter:card"] == "player"
    assert card["twitter:player"] == card["og:video"] == "https://boats.example/embed/video"
    assert card["og:video:secure_url"] == card["og:video"]
    assert (card["twitter:player:width"], card["twitter:player:height"]) == ("1280", "720")


async def test_without_https_there_is_no_player_for_cards(live_studio: Studio) -> None:
    card = meta(await get(live_studio, "/live/7"))
    assert card["twitter:card"] == "summary"
    assert "twitter:player" not in card
    assert "og:video:secure_url" not in card


async def test_the_card_of_what_is_over_has_no_player(live_studio: Studio) -> None:
    live_studio.settings.values["node.public_url"] = "https://boats.example"
    card = meta(await get(live_studio, "/live/3"))
    assert card["og:title"] == "Evening locks"
    assert card["og:description"] == "Quiet Waters was live on 2026-05-01 11:30 UTC, for 1 h 23 min."
    assert card["twitter:card"] == "summary"
    assert "og:video" not in card


@pytest.mark.parametrize(("path", "broadcast"), [("/", 7), ("/live/7", 7), ("/live/3", 3)])
async def test_the_picture_of_a_card_is_of_the_stream_where_there_is_one(
    live_studio: Studio, path: str, broadcast: int
) -> None:
    live_studio.stills.by_id = {broadcast: Picture(1280, 720, b"picture", onair.STARTED)}
    page = await get(live_studio, path)
    card = meta(page)
    assert card["og:image"] == card["twitter:image"] == f"http://node.example/live/{broadcast}/still.jpg"
    assert (card["og:image:width"], card["og:image:height"]) == ("1280", "720")
    assert card["og:image:alt"] == "A picture from the stream of Quiet Waters"
    assert card["twitter:card"] == "summary_large_image"
    async with client(live_studio.app()) as web:
        described = (await web.get("/oembed", params={"url": card["og:url"]})).json()
    assert described["thumbnail_url"] == card["og:image"]


async def test_the_player_begins_with_the_picture(live_studio: Studio) -> None:
    assert "poster=" not in (await get(live_studio, "/")).text
    live_studio.stills.by_id = {7: Picture(1280, 720, b"picture", onair.STARTED)}
    for path in ("/", "/live/7", "/embed/video"):
        assert ' poster="/thumbnail.jpg"' in (await get(live_studio, path)).text


async def test_what_is_over_shows_its_last_picture(live_studio: Studio) -> None:
    assert 'class="article-image"' not in (await get(live_studio, "/live/3")).text
    live_studio.stills.by_id = {3: Picture(1280, 720, b"picture", onair.STARTED)}
    assert '<img class="article-image" src="/live/3/still.jpg"' in (await get(live_studio, "/live/3")).text


@pytest.mark.parametrize("path", ["/", "/live/7", "/live/3"])
async def test_every_card_names_its_oembed(live_studio: Studio, path: str) -> None:
    page = await get(live_studio, path)
    found = re.search(r'<link rel="alternate" type="application/json\+oembed" href="([^"]+)"', page.text)
    assert found is not None
    async with client(live_studio.app()) as web:
        described = await web.get(unescape(found.group(1)))
    assert described.json()["title"] == meta(page)["og:title"]


async def test_search_engines_are_told_what_the_admin_wants(live_studio: Studio) -> None:
    assert 'name="robots"' not in (await get(live_studio, "/live/3")).text
    live_studio.settings.values |= {"node.disable_search_indexing": True, "channel.nsfw": True}
    page = await get(live_studio, "/live/3")
    assert meta(page)["robots"] == "noindex"
    assert meta(page)["rating"] == "adult"


@pytest.mark.parametrize("setting", ["name", "channel.summary"])
@pytest.mark.parametrize("path", ["/live/7", "/live/3"])
async def test_nothing_a_streamer_writes_becomes_script(live_studio: Studio, path: str, setting: str) -> None:
    evil = '"></title></script><script>alert(1)</script>'
    live_studio.settings.values[setting] = evil
    live_studio.broadcasts.written[3] = replace(onair.over(3), title=evil)
    assert "<script>alert" not in (await get(live_studio, path)).text
