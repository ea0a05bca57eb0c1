"""The main job, as people live it: an encoder publishes, a browser shows it, the encoder drops and returns, it ends."""

import asyncio
from pathlib import Path

from playwright.async_api import Page

from tests.kit import browser
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import live_node

CLIP = Recipe(seconds=4, size=(640, 360), gop=60, kbps=600)


async def becomes(page: Page, expression: str, within_s: float = 30) -> None:
    """Wait until it is true. Playwright's own wait needs eval, which the page's policy rightly forbids."""
    for _ in range(int(within_s * 10)):
        if await page.evaluate(expression):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {within_s} s: {expression}")


@browser.NEEDED
async def test_a_stream_is_watched_through_a_drop_of_its_encoder_to_its_end(tmp_path: Path) -> None:
    async with (
        live_node(tmp_path) as node,
        browser.browser() as chromium,
        browser.visit(chromium, node.url) as (page, witness),
    ):
        witness.expected = ("503", "404")
        await page.wait_for_selector("body[data-state=offline]")

        encoder = await Encoder.start(node.publish_url, CLIP)
        await page.wait_for_selector("body[data-state=live]")
        await becomes(page, "document.querySelector('video')?.videoWidth === 640")
        await becomes(page, "document.querySelector('video').currentTime > 2")
        assert await page.evaluate("document.querySelector('video').muted")

        await encoder.die()
        await page.wait_for_selector("body[data-state=waiting]")
        assert (await node.status())["online"]

        encoder = await Encoder.start(node.publish_url, CLIP)
        await page.wait_for_selector("body[data-state=live]")
        before = await page.evaluate("document.querySelector('video').currentTime")
        await becomes(page, f"document.querySelector('video').currentTime > {before} + 2")

        await encoder.stop()
        await node.until("offline")
        await page.wait_for_selector("body[data-state=ended], body[data-state=offline]")
