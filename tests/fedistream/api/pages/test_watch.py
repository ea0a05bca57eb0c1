"""The watch page and the embedded player as the server writes them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from httpx2 import Response

from fedistream.federation.values import Featured, FeaturedState
from tests.kit import onair
from tests.kit.asking import client
from tests.kit.studio import Studio

PAGES = ("/", "/embed/video")


async def get(studio: Studio, path: str = "/", **headers: str) -> Response:
    async with client(studio.app()) as web:
        return await web.get(path, headers=headers)


def page_data(page: Response) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page.text, re.S)
    assert found is not None
    data = json.loads(found.group(1))
    assert isinstance(data, dict)
    return data


def shown(page: Response) -> set[str]:
    """The states whose parts of the screen are not hidden."""
    parts = re.findall(r'data-when="([a-z -]+)"( hidden)?', page.text)
    return {state for states, hidden in parts if not hidden for state in states.split()}


async def test_an_offline_channel_shows_its_message_and_when_it_was_live(studio: Studio) -> None:
    studio.broadcasts.shown = replace(onair.offline(), last_ended_at=datetime(2026, 4, 30, 18, 0, tzinfo=UTC))
    page = await get(studio)
    assert page.status_code == 200
    assert shown(page) == {"offline"}
    assert "Back on Sunday with" in page.text
    assert 'datetime="2026-04-30T18:00:00+00:00"' in page.text
    assert "2026-04-30 18:00 UTC" in page.text
    assert "<title>Quiet Waters · offline</title>" in page.text
    assert '<h1 id="title" dir="auto">Quiet Waters</h1>' in page.text  # the last title was of the last broadcast


async def test_a_channel_that_was_never_live_says_nothing_of_a_last_time(studio: Studio) -> None:
    page = await get(studio)
    assert '<p class="last-live" hidden>' in page.text


async def test_a_live_channel_begins_by_opening_the_stream(studio: Studio) -> None:
    studio.broadcasts.shown = onair.live()
    studio.viewers.seen(1, "192.0.2.1", "a")
    page = await get(studio)
    assert shown(page) == {"starting"}
    assert "<title>Morning on the canal · live · Quiet Waters</title>" in page.text
    assert "1 viewer<" in page.text
    assert page_data(page)["status"] == {
        "state": "live",
        "online": True,
        "streamTitle": "Morning on the canal",
        "lastConnectTime": onair.STARTED.isoformat(),
        "lastDisconnectTime": None,
        "viewerCount": 1,
    }


async def test_while_the_encoder_is_gone_the_page_says_so(studio: Studio) -> None:
    studio.broadcasts.shown = onair.waiting()
    page = await get(studio)
    assert shown(page) == {"waiting"}
    assert "Waiting for it to come back" in page.text
    assert ">Reconnecting</span>" in page.text


async def test_a_hidden_viewer_count_is_nowhere_on_the_page(studio: Studio) -> None:
    studio.broadcasts.shown = onair.live()
    studio.settings.values["channel.hide_viewer_count"] = True
    page = await get(studio)
    assert '<span class="viewers" hidden>' in page.text
    assert "viewerCount" not in page.text


async def test_only_a_live_page_loads_the_player_ahead(studio: Studio) -> None:
    offline = await get(studio)
    studio.broadcasts.shown = onair.live()
    live = await get(studio)
    assert "modulepreload" not in offline.text
    assert live.text.count("modulepreload") == 3  # both libraries, and ours that imports one of them


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_has_its_own_nonce_in_policy_and_page(studio: Studio, path: str) -> None:
    nonces = set()
    for _ in range(2):
        page = await get(studio, path)
        (in_policy,) = set(re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"]))
        assert set(re.findall(r'nonce="([^"]+)"', page.text)) == {in_policy}
        nonces.add(in_policy)
    assert len(nonces) == 2


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_has_inline_styles_handlers_or_addresses_elsewhere(studio: Studio, path: str) -> None:
    text = (await get(studio, path)).text
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=", text) == []
    loaded = re.findall(r'(?:src|href)="([^"]+)"[^>]*>', text)
    theirs = {"https://water.example/", "https://social.example/@boats"}
    ours = [url for url in loaded if url not in theirs]
    assert all(url.startswith(("/", "#", "http://node.example/")) for url in ours)


async def test_the_watch_page_may_be_framed_by_itself_and_the_player_by_anybody(studio: Studio) -> None:
    watch, embed = await get(studio, "/"), await get(studio, "/embed/video")
    assert "frame-ancestors 'self'" in watch.headers["content-security-policy"]
    assert watch.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors *" in embed.headers["content-security-policy"]
    assert "x-frame-options" not in embed.headers


@pytest.mark.parametrize(
    "setting", ["channel.name", "channel.title", "channel.summary", "channel.offline_message", "channel.page_content"]
)
@pytest.mark.parametrize("path", PAGES)
async def test_nothing_a_streamer_writes_becomes_script(studio: Studio, path: str, setting: str) -> None:
    studio.settings.values[setting] = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    page = await get(studio, path)
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    page_data(page)


async def test_tags_and_links_are_escaped_too(studio: Studio) -> None:
    studio.settings.values["channel.tags"] = ["<b>tag</b>"]
    studio.settings.values["channel.social_handles"] = [{"platform": "<b>", "url": 'https://a.example/"onclick="x'}]
    page = await get(studio)
    assert "<b>" not in page.text
    assert 'onclick="x' not in page.text


async def test_other_sites_are_told_where_the_page_and_the_stream_are(studio: Studio) -> None:
    page = await get(studio)
    assert 'href="http://node.example/hls/stream.m3u8"' in page.text
    assert '<link rel="canonical" href="http://node.example/">' in page.text
    studio.settings.values["node.public_url"] = "https://boats.example/"
    assert '<link rel="canonical" href="https://boats.example/">' in (await get(studio)).text


async def test_the_logo_is_a_picture_under_the_names_others_know(studio: Studio) -> None:
    for path in ("/logo", "/favicon.ico"):
        answer = await get(studio, path)
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


async def test_search_engines_are_told_what_the_admin_wants(studio: Studio) -> None:
    assert 'name="robots"' not in (await get(studio)).text
    studio.settings.values |= {"node.disable_search_indexing": True, "channel.nsfw": True}
    page = await get(studio)
    assert '<meta name="robots" content="noindex">' in page.text
    assert '<meta name="rating" content="adult">' in page.text


async def test_a_page_is_asked_for_anew_each_time(studio: Studio) -> None:
    assert (await get(studio)).headers["cache-control"] == "no-cache"


async def test_an_unknown_path_gets_a_page_in_a_browser_and_a_line_elsewhere(studio: Studio) -> None:
    browser = await get(studio, "/nothing/here", accept="text/html,*/*;q=0.8")
    program = await get(studio, "/nothing/here", accept="application/json")
    assert browser.status_code == program.status_code == 404
    assert "<h1>Page not found</h1>" in browser.text
    assert "content-security-policy" in browser.headers
    assert program.headers["content-type"].startswith("text/plain")


async def test_a_wrong_method_is_told_which_are_right(studio: Studio) -> None:
    async with client(studio.app()) as web:
        answer = await web.post("/", headers={"accept": "text/html"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "<h1>" in answer.text


async def test_a_fault_of_ours_is_a_page_without_details(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    del studio.settings.values["channel.name"]
    page = await get(studio, "/", accept="text/html")
    assert page.status_code == 500
    assert "KeyError" not in page.text
    assert "GET / failed" in caplog.text


def featured(**more: object) -> Featured:
    nothing = dict.fromkeys(("description", "logo", "thumbnail"), "")
    times = dict.fromkeys(("followed_at", "status_at", "online_at"))
    values = {"url": "https://far.example", "actor": "https://far.example/a", "name": "Far & away", "title": ""}
    given = {"id": 1, "state": FeaturedState.ACCEPTED, "online": False, "tags": (), "added_at": onair.STARTED}
    return Featured(**{**nothing, **times, **values, **given, **more})  # type: ignore[arg-type]


async def test_featured_streams_are_shown_when_there_are_any(studio: Studio) -> None:
    assert "Featured streams" not in (await get(studio)).text
    live = featured(online=True, title="<b>Bold</b> boats", logo="https://far.example/logo")
    studio.featured.servers = [live, featured(url="https://other.example:8443")]
    page = (await get(studio)).text
    assert '<a href="https://far.example" rel="noopener noreferrer">' in page
    assert "Far &amp; away" in page
    assert "&lt;b&gt;Bold&lt;/b&gt; boats" in page
    assert '<span class="featured-host">other.example:8443</span>' in page
    assert "far.example/logo" not in page
    assert "Featured streams" not in (await get(studio, "/embed/video")).text


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_that_names_the_host_it_was_asked_by_says_so_to_caches(studio: Studio, path: str) -> None:
    studio.settings.values["node.public_url"] = ""
    named = await get(studio, path, host="one.example")
    assert "http://one.example/" in named.text
    assert "Host" in named.headers["vary"].split(", ")
    studio.settings.values["node.public_url"] = "https://node.example"
    fixed = await get(studio, path, host="one.example")
    assert "one.example" not in fixed.text
    assert "Host" not in fixed.headers.get("vary", "").split(", ")
