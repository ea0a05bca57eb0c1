"""The bytes and requests of a whole node's watch page, with chat and follow box."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import expect

from tests.kit import browser
from tests.kit.asking import basic
from tests.kit.browser import Witness, received, until, visit
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import PASSWORD, LiveNode, live_node

KB = 1024
OFFLINE, LIVE = 60 * KB, 260 * KB  # bodies as sent, without the video
MOST_REQUESTS = 25  # before the first byte of media
CLIP = Recipe(seconds=4, size=(320, 180), fps=15, gop=15, kbps=150)
SEEN = ("Failed to load resource",)


async def federated(node: LiveNode) -> None:
    for call, value in (("serverurl", "https://node.example"), ("federation/enable", True)):
        answer = await node.http.post(f"/api/admin/config/{call}", headers=basic(PASSWORD), json={"value": value})
        assert answer.status_code == 200, answer.text


async def page_bytes(witness: Witness) -> int:
    sizes = await received(witness)
    return sum(size for path, size in sizes.items() if not path.startswith("/hls/"))


def paths(witness: Witness) -> list[str]:
    return [urlsplit(response.url).path for response in witness.sizes]


@browser.NEEDED
async def test_an_offline_page_with_chat_is_60_kb_and_25_requests(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node, browser.browser() as chromium:
        await federated(node)
        async with visit(chromium, node.url) as (page, witness):
            await expect(page.locator(".chat-identity bdi")).to_be_visible(timeout=browser.PATIENCE_MS)
            assert await page_bytes(witness) <= OFFLINE
            asked = paths(witness)
            assert len(asked) <= MOST_REQUESTS, asked


@browser.NEEDED
async def test_a_live_page_with_chat_is_260_kb_and_25_requests_before_the_media(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node, browser.browser() as chromium:
        await federated(node)
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        async with visit(chromium, node.url) as (page, witness):
            witness.expected = SEEN
            await until(page, "v && v.currentTime > 0.5 && !v.paused && v.videoWidth")
            await expect(page.locator(".chat-identity bdi")).to_be_visible(timeout=browser.PATIENCE_MS)
            assert await page_bytes(witness) <= LIVE
            asked = paths(witness)
            media = next(place for place, path in enumerate(asked) if path.endswith((".mp4", ".m4s")))
            assert media <= MOST_REQUESTS, asked[:media]
        await encoder.stop()
