"""Requirements on every page: bytes, contrast and names (axe), narrow screens, no script, no third party."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page, expect

from tests.kit import browser, onair
from tests.kit.browser import received, visit
from tests.kit.studio import PASSWORD, Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

KB = 1024
OFFLINE_BUDGET, LIVE_BUDGET, ADMIN_BUDGET = 60 * KB, 260 * KB, 120 * KB  # as sent, without the video
MOST_REQUESTS = 25  # before the first byte of media
PHONE = {"width": 360, "height": 740}
SCHEMES = ("light", "dark")
ADMIN = {"username": "admin", "password": PASSWORD}
NO_PAGE = "/not/there"
PAGES = ("/", "/embed/video", "/admin/", NO_PAGE, "/live/3")


async def faults(page: Page) -> list[str]:
    """Return the faults that axe finds, each with its element."""
    # preload would copy style sheets into the page, where the policy rightly stops them
    found = await Axe().run(page, options={"preload": False})
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


def page_bytes(sizes: dict[str, int]) -> int:
    """All that was sent for the page, but the video."""
    return sum(size for path, size in sizes.items() if not path.startswith("/hls/"))


async def test_an_offline_page_is_small(studio: Studio, url: str, chromium: Browser) -> None:
    async with visit(chromium, url) as (page, witness):
        await page.wait_for_load_state("networkidle")
        sizes = await received(witness)
    assert not [path for path in sizes if "vendor" in path]
    assert page_bytes(sizes) <= OFFLINE_BUDGET
    assert len(studio.asked) <= MOST_REQUESTS


async def test_a_live_page_is_small_beside_its_video(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, witness):
        await expect(page.locator('body[data-state="live"]')).to_be_attached()
        sizes = await received(witness)
    assert sum("vendor" in path for path in sizes) == 2
    assert page_bytes(sizes) <= LIVE_BUDGET
    media = next(place for place, path in enumerate(studio.asked) if path.endswith((".mp4", ".m4s")))
    assert media <= MOST_REQUESTS, studio.asked[:media]


async def test_the_admin_page_is_small(url: str, chromium: Browser) -> None:
    async with visit(chromium, f"{url}/admin/", http_credentials=ADMIN) as (page, witness):
        await page.wait_for_load_state("load")
        sizes = await received(witness)
    assert page_bytes(sizes) <= ADMIN_BUDGET


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_no_fault_in_any_page_while_offline(
    studio: Studio, url: str, chromium: Browser, scheme: str
) -> None:
    studio.broadcasts.shown = replace(onair.offline(), last_ended_at=datetime.now(UTC) - timedelta(hours=3))
    studio.broadcasts.written[3] = onair.over(3)
    for path in PAGES:
        async with visit(chromium, url + path, http_credentials=ADMIN, color_scheme=scheme) as (page, witness):
            witness.expected = ("404",) if path == NO_PAGE else ()
            assert await faults(page) == [], path


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_no_fault_in_the_player_and_its_overlays(
    studio: Studio, url: str, chromium: Browser, scheme: str
) -> None:
    await studio.go_live()
    async with visit(chromium, url, color_scheme=scheme) as (page, witness):
        witness.expected = ("Failed to load resource",)
        await expect(page.locator('body[data-state="live"]')).to_be_attached()
        await page.keyboard.press("l")
        assert await faults(page) == []
        await studio.drop()
        await expect(page.locator('body[data-state="waiting"]')).to_be_attached()
        assert await faults(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_no_fault_in_the_admin_page_with_warnings_and_errors(
    studio: Studio, url: str, chromium: Browser, scheme: str
) -> None:
    studio.broadcasts.shown = replace(onair.live(), warnings=("Keyframes come every 8 s.",))
    async with visit(chromium, f"{url}/admin/", http_credentials=ADMIN, color_scheme=scheme) as (page, witness):
        witness.expected = ("422",)
        await page.get_by_text("How to set up OBS").click()
        await page.get_by_text("Show", exact=True).click()
        assert await faults(page) == []
        await page.get_by_label("Name", exact=True).fill("")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await faults(page) == []


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_is_wider_than_a_phone(studio: Studio, url: str, chromium: Browser, path: str) -> None:
    studio.settings.values["channel.title"] = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
    studio.settings.values["channel.page_content"] = f"`{'x' * 200}`\n\n| a | b |\n|-|-|\n| {'y' * 90} | {'z' * 90} |"
    studio.broadcasts.shown = replace(onair.waiting(), encoder=replace(onair.OBS, software="e" * 120))
    studio.channels.keys.extend(studio.channels.keys * 2)
    studio.broadcasts.written[3] = replace(onair.over(3), title=str(studio.settings.values["channel.title"]))
    async with visit(chromium, url + path, http_credentials=ADMIN, viewport=PHONE) as (page, witness):
        witness.expected = ("Failed to load resource",)  # the 404, and a playlist that is not there
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


async def test_without_scripts_the_page_says_how_else_to_watch(studio: Studio, url: str, chromium: Browser) -> None:
    studio.broadcasts.shown = onair.live()
    async with visit(chromium, url, java_script_enabled=False) as (page, _):
        # Playwright finds no text within <noscript>, but boxes
        notice = page.locator("noscript .player-overlay")
        await expect(notice).to_be_visible()
        await expect(notice.locator("a")).to_have_attribute("href", "/hls/stream.m3u8")
        await expect(page.get_by_text("Loading the stream…")).to_be_hidden()
        await expect(page.locator('.badge[data-state="live"]')).to_be_visible()


async def test_reduced_motion_is_respected(studio: Studio, url: str, chromium: Browser) -> None:
    studio.broadcasts.shown = onair.waiting()
    async with visit(chromium, url, reduced_motion="reduce") as (page, witness):
        witness.expected = ("Failed to load resource",)
        assert await page.evaluate("document.getAnimations().length") == 0


async def test_the_keyboard_skips_to_the_stream_and_sees_where_it_is(url: str, chromium: Browser) -> None:
    async with visit(chromium, url) as (page, _):
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the stream")
        await expect(skip).to_be_in_viewport()
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        await page.keyboard.press("Tab")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await page.evaluate(outline) == "solid"
