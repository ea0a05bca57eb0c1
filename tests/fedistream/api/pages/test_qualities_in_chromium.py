"""The menu of qualities in a real browser, with renditions that a real child encodes."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.kit import browser
from tests.kit.browser import until, visit
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import PASSWORD, live_node

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

ROWS = [
    {"name": "Source", "videoPassthrough": True, "audioPassthrough": True},
    {"name": "Small", "videoBitrate": 300, "audioPassthrough": True, "scaledHeight": 180, "cpuUsageLevel": 0},
]
SETTER = "/api/admin/config/video/streamoutputvariants"


async def height(page: Page, wanted: int) -> None:
    await until(page, f"v.videoHeight === {wanted} && !v.paused")


async def test_a_viewer_chooses_among_the_renditions_by_their_names(tmp_path: Path, chromium: Browser) -> None:
    async with live_node(tmp_path) as node:
        assert (await node.http.post(SETTER, json={"value": ROWS}, auth=("admin", PASSWORD))).is_success
        encoder = await Encoder.start(node.publish_url, Recipe(seconds=4, size=(640, 360), fps=15, gop=15))
        await node.until("live")
        async with visit(chromium, node.url) as (page, witness):
            await expect(page.locator('body[data-state="live"]')).to_be_attached()
            await until(page, "v.currentTime > 0")
            await page.locator("media-controller").hover()
            menu = page.get_by_role("combobox", name="Quality")
            await expect(menu).to_be_visible()
            names = menu.locator("option")
            await expect(names).to_have_count(3)
            await expect(names.nth(1)).to_have_text("Source")
            await expect(names.nth(2)).to_have_text("Small")
            await menu.select_option("Small")
            await height(page, 180)
            await menu.select_option("Source")
            await height(page, 360)
            await menu.focus()
            await page.keyboard.press("ArrowDown")
            await height(page, 180)
            await page.set_viewport_size({"width": 390, "height": 800})
            box = await menu.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            witness.expected = ("Failed to load resource",)
            # what the viewer chose is offered no more: the player goes on with another
            assert (await node.http.post(SETTER, json={"value": ROWS[:1]}, auth=("admin", PASSWORD))).is_success
            await height(page, 360)
            await expect(menu).to_have_value("-1")
        await encoder.stop()
