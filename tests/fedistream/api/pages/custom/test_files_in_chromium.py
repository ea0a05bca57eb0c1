"""Custom styles, scripts, external actions, autoplay and the content warning in a real browser."""

import pytest
from playwright.async_api import Browser, expect

from tests.kit import browser
from tests.kit.browser import until, visit
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

THIEF = "<h1>Widget</h1><script>try { parent.document.title = 'taken' } catch { document.title = 'kept out' }</script>"
PAUSED = "document.body.dataset.state === 'live' && document.querySelector('video').paused"
REFUSED = ("Content Security Policy", "Failed to load resource", "cross-origin frame", "sandboxed")


@pytest.fixture
async def decorated(studio: Studio) -> Studio:
    for name, value in {
        "page.appearance": {"theme-color-action": "#aa00aa"},
        "page.custom_styles": '@import "https://far.example/x.css"; h1 { letter-spacing: 3px }',
        "page.custom_javascript": "document.body.dataset.custom = 'ran'",
        "page.external_actions": [{"html": THIEF, "title": "Widget"}],
    }.items():
        await studio.settings.change(name, value)
    return studio


async def test_styles_and_script_of_the_admin_work_under_the_policy(
    decorated: Studio, url: str, chromium: Browser
) -> None:
    async with visit(chromium, url) as (page, witness):
        await until(page, "document.body.dataset.custom === 'ran'")
        await until(page, "getComputedStyle(document.querySelector('h1')).letterSpacing === '3px'")
        await until(
            page, "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim() === '#aa00aa'"
        )
        assert not any("far.example" in host for host in witness.hosts)


async def test_an_action_opens_in_a_dialog_and_cannot_reach_the_page(
    decorated: Studio, url: str, chromium: Browser
) -> None:
    async with visit(chromium, url) as (page, witness):
        witness.expected = REFUSED
        title = await page.title()
        await page.get_by_role("link", name="Widget").click()
        dialog = page.get_by_role("dialog", name="Widget")
        await expect(dialog).to_be_visible()
        await expect(page.frame_locator(".action-frame iframe").locator("h1")).to_have_text("Widget")
        (frame,) = [each for each in page.frames if "/externalactions/" in each.url]
        await expect(page.frame_locator(".action-frame iframe").locator("h1")).to_be_visible()
        assert await frame.evaluate("document.title") == "kept out"
        assert await page.title() == title
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        assert await page.locator(".action-frame iframe").count() == 0


async def test_a_warning_keeps_the_player_back_until_it_is_accepted(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.settings.change("channel.nsfw", True)
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        button = page.get_by_role("button", name="Show the stream")
        await expect(button).to_be_visible()
        assert await page.locator("media-controller").count() == 0
        await button.click()
        await expect(page.locator("media-controller")).to_be_attached()
        await page.reload()
        await expect(page.locator("media-controller")).to_be_attached()
        await expect(button).to_be_hidden()


@pytest.mark.parametrize(("mode", "plays"), [("off", False), ("sound-only", False), ("always", True)])
async def test_the_player_begins_as_the_streamer_wants(
    studio: Studio, url: str, chromium: Browser, mode: str, plays: bool
) -> None:
    await studio.settings.change("page.autoplay", mode)
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await until(page, "document.querySelector('video')?.readyState >= 2")
        if plays:
            await until(page, "!document.querySelector('video').paused")
        else:
            await until(page, PAUSED)
            assert await page.evaluate("document.querySelector('video').paused")
            button = page.get_by_role("button", name="Play", exact=True).and_(page.locator(".play-large"))
            await button.click()
            await until(page, "!document.querySelector('video').paused")
        await expect(page.locator(".play-large")).to_be_hidden()
