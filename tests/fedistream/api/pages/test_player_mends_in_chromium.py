"""The player after faults that hls.js calls fatal: it plays again by itself, never in an endless loop."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.kit import browser
from tests.kit.browser import until, visit
from tests.kit.footage import Recipe
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

FAILED_LOADS = ("Failed to load resource",)
PLAYLISTS, MEDIA = "**/hls/0/*.m3u8*", "**/hls/0/*.m4s*"


async def state(page: Page, wanted: str) -> None:
    await expect(page.locator(f'body[data-state="{wanted}"]')).to_be_attached()


async def goes_on(page: Page) -> None:
    """It plays, at the live point, with its sound."""
    await until(page, "document.body.dataset.state === 'live' && !v.paused && !v.muted")
    at = await page.evaluate("document.querySelector('video').currentTime")
    await until(page, f"Math.abs(v.currentTime - {at}) > 0.5 && v.liveEdgeStart - v.currentTime < 3")


@asynccontextmanager
async def playing(studio: Studio, url: str, chromium: Browser) -> AsyncIterator[Page]:
    """The page while it plays a live stream with its sound."""
    await studio.go_live()
    async with visit(chromium, url) as (page, witness):
        witness.expected = FAILED_LOADS
        await state(page, "live")
        await page.click(".unmute")
        yield page


def answer(status: int) -> Callable[[Route], Awaitable[None]]:
    return lambda route: route.fulfill(status=status)


async def garbage(route: Route) -> None:
    await route.fulfill(body=bytes(range(256)) * 40, content_type="video/mp4")


async def undecodable(route: Route) -> None:
    """The boxes stay as they are; what is in them does not."""
    body = await (await route.fetch()).body()
    at = body.index(b"mdat") + 12
    await route.fulfill(body=body[:at] + b"\xff" * (len(body) - at), content_type="video/mp4")


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        (PLAYLISTS, answer(404)),
        (PLAYLISTS, answer(503)),
        (PLAYLISTS, lambda route: route.fulfill(body="#EXTM3U\n")),
        (MEDIA, answer(404)),
        (MEDIA, garbage),
        (MEDIA, undecodable),
        ("**/hls/**", lambda route: route.abort()),
    ],
    ids=["404", "503", "empty", "no parts", "garbage", "undecodable", "no network"],
)
async def test_what_was_fatal_for_a_while_is_over_when_it_is_over(
    studio: Studio, url: str, chromium: Browser, where: str, fault: Callable[[Route], Awaitable[None]]
) -> None:
    async with playing(studio, url, chromium) as page:
        await page.route(where, fault)
        await until(page, "document.body.dataset.state !== 'live'")
        await page.unroute(where)
        await goes_on(page)


async def test_what_no_decoder_takes_is_tried_ever_more_slowly_and_said_to_be_so(
    studio: Studio, url: str, chromium: Browser
) -> None:
    async with playing(studio, url, chromium) as page:
        await page.route(MEDIA, undecodable)
        await state(page, "failed")
        await expect(page.locator("#player-announcer")).to_contain_text("cannot be played at the moment")
        begun = studio.asked.count("/hls/stream.m3u8")
        assert begun < 10
        await page.unroute(MEDIA)
        await page.get_by_role("button", name="Try again", exact=True).click()
        await goes_on(page)


async def test_a_buffer_that_is_full_is_emptied(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        await page.click(".unmute")
        await page.evaluate(
            """const append = SourceBuffer.prototype.appendBuffer;
            SourceBuffer.prototype.appendBuffer = function (data) {
              if (window.full) throw new DOMException("full", "QuotaExceededError");
              return append.call(this, data);
            };
            window.full = true;"""
        )
        await until(page, "document.body.dataset.state !== 'live'")
        await page.evaluate("window.full = false")
        await goes_on(page)


async def test_sound_that_goes_and_comes_with_its_encoder_leaves_nobody_paused(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    silent = Recipe(seconds=4, size=(320, 180), fps=15, gop=15, kbps=150, audio=False)
    async with visit(chromium, url) as (page, witness):
        witness.expected = FAILED_LOADS
        await state(page, "live")
        await page.click(".unmute")
        for footage in (silent, None):
            await studio.drop()
            await state(page, "waiting")
            await studio.go_live(footage)
            await goes_on(page)


async def test_a_paused_player_stays_paused_through_an_outage(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, witness):
        witness.expected = FAILED_LOADS
        await state(page, "live")
        await page.keyboard.press("k")
        await until(page, "v.paused")
        studio.broken = True
        await page.evaluate("window.dispatchEvent(new Event('online'))")
        await expect(page.locator(".badge")).to_have_text("No connection")
        await expect(page.locator(".uptime")).to_be_hidden()
        studio.broken = False
        await expect(page.locator(".badge")).to_have_text("Live")
        assert await page.evaluate("document.querySelector('video').paused") is True
        await page.keyboard.press("k")
        await until(page, "!v.paused && v.currentTime > 0")


async def test_a_pause_that_nobody_asked_for_while_the_page_was_hidden_ends_with_that(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    hide = "Object.defineProperty(document, 'hidden', {{value: {}, configurable: true}})"
    turn = "; document.dispatchEvent(new Event('visibilitychange'))"
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        await page.evaluate(hide.format("true") + turn)
        await page.evaluate(
            "new Promise(done => { v = document.querySelector('video'); v.onpause = done; v.pause(); })"
        )
        await page.evaluate(hide.format("false") + turn)
        await until(page, "!v.paused")
        await page.evaluate("document.querySelector('video').pause()")  # as the keys of a headset do, in sight
        await until(page, "document.querySelector('media-controller').hasAttribute('mediapaused')")
        await until(page, "!document.querySelector('.jump-to-live').hidden")
        assert await page.evaluate("document.querySelector('video').paused") is True


async def test_the_browsers_own_hls_begins_again_after_the_node_was_away(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, "about:blank") as (page, witness):
        witness.expected = FAILED_LOADS
        await page.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
        await page.goto(url)
        await state(page, "live")
        await until(page, "v?.currentTime > 0")
        studio.broken = True
        await state(page, "unreachable")
        studio.broken = False
        await state(page, "live")
        at = await page.evaluate("document.querySelector('video').currentTime")
        await until(page, f"!v.paused && Math.abs(v.currentTime - {at}) > 1")
