"""The watch page in a real browser: what a viewer sees from offline to live to the end."""

import re

import pytest
from playwright.async_api import Browser, Frame, Page, expect

from tests.kit import browser
from tests.kit.browser import until, visit
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

# what the browser itself prints of an answer that the story wants to fail
FAILED_LOADS = ("Failed to load resource",)


async def state(page: Page, wanted: str) -> None:
    await expect(page.locator(f'body[data-state="{wanted}"]')).to_be_attached()


async def video(page: Page, script: str) -> object:
    return await page.evaluate(f"(() => {{ const v = document.querySelector('video'); return {script}; }})()")


async def hurried(page: Page) -> None:
    """Let the page ask for its status now: it does so when it is seen again."""
    await page.evaluate("window.dispatchEvent(new Event('online'))")


async def test_an_offline_page_turns_live_by_itself(studio: Studio, url: str, chromium: Browser) -> None:
    async with visit(chromium, url) as (page, witness):
        await expect(page.get_by_text("The stream will start here by itself.", exact=True)).to_be_visible()
        assert not [path for path in studio.asked if "vendor" in path]
        await studio.go_live()
        await state(page, "live")
        await until(page, "v.currentTime > 0 && !v.paused && v.videoWidth === 320")
        await expect(page.locator(".badge")).to_have_text("Live")
        await expect(page).to_have_title("Morning on the canal · live · Quiet Waters")
        await expect(page.locator("#player-announcer")).to_have_text("The stream is live.")
        await expect(page.locator(".viewers .count")).to_have_text("1 viewer")
        assert witness.hosts == {url.removeprefix("http://")}


async def test_a_live_page_plays_muted_at_the_low_latency_edge(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        assert await video(page, "v.muted && v.playsInline") is True
        await page.keyboard.press("l")
        latency = page.locator('[data-stat="latency"]')
        await expect(latency).to_have_text(re.compile(r"^\d+\.\d s$"))
        await expect(page.locator('[data-stat="resolution"]')).to_have_text("320 × 180")
        # far under what plain HLS with segments of this length could do (three of them)
        await until(page, "parseFloat(document.querySelector('[data-stat=latency]').textContent) < 4")
        await page.keyboard.press("l")
        await expect(latency).to_be_hidden()


async def test_the_player_reports_how_the_stream_plays(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, "about:blank") as (page, _):
        # two reports within the test's time
        await page.add_init_script(
            "const real = setInterval; window.setInterval = (act, ms) => real(act, ms === 15000 ? 1500 : ms);"
        )
        await page.goto(url)
        await until(page, "document.querySelector('video')?.currentTime > 5")
        async with page.expect_response("**/api/metrics/cmcd"):
            pass
        (client,) = studio.playback.clients(1)
        assert len(client.session) == 32
        playback = client.playback
        assert (playback.state, playback.errors, playback.changes) == ("p", 0, 0)
        assert playback.latency_s is not None
        assert 0 < playback.latency_s < 10
        assert playback.bandwidth_kbps
        assert playback.download_s is not None


async def test_the_viewer_waits_while_the_encoder_is_gone_and_goes_on_when_it_is_back(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, witness):
        witness.expected = FAILED_LOADS  # the playlist answers 503 while nothing comes
        await state(page, "live")
        await studio.drop()
        await state(page, "waiting")
        await expect(page.get_by_text("Waiting for it to come back…")).to_be_visible()
        await expect(page.locator(".badge")).to_have_text("Reconnecting")
        assert await video(page, "v.readyState >= 2 && !v.ended") is True
        at = await video(page, "v.currentTime")
        await studio.go_live()
        await state(page, "live")
        await until(page, f"v.currentTime > {at} + 1")


async def test_the_end_is_shown_and_a_new_broadcast_after_it(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        await studio.finish()
        await state(page, "ended")
        await expect(page.get_by_text("The stream has ended", exact=True)).to_be_visible()
        await expect(page.locator("media-controller")).to_have_count(0)
        await expect(page).to_have_title("Quiet Waters · offline")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Quiet Waters")
        await studio.go_live()
        await hurried(page)
        await state(page, "live")
        await until(page, "v.currentTime > 0")


async def test_a_page_that_was_hidden_from_one_broadcast_to_the_next_plays_the_next(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, witness):
        witness.expected = FAILED_LOADS
        await until(page, "v?.currentTime > 1")
        hide = """hidden => {
            document.querySelector("video").dataset.first = "";
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
        await page.evaluate(hide, True)
        await studio.finish()
        await until(page, "Number.isFinite(v.duration)")
        await studio.go_live()
        await page.evaluate(hide, False)
        await until(page, "v && v.dataset.first === undefined && !v.paused && v.currentTime > 0.5")
        await state(page, "live")


async def test_a_page_opened_while_waiting_plays_when_the_encoder_is_back(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    await studio.drop()
    async with visit(chromium, url) as (page, witness):
        witness.expected = FAILED_LOADS
        await state(page, "waiting")
        await studio.go_live()
        await state(page, "live")
        await until(page, "v.currentTime > 0 && !v.paused")


async def test_sound_comes_on_by_the_keyboard_and_is_remembered(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        unmute = page.get_by_role("button", name="Turn sound on")
        await expect(unmute).to_be_visible()
        await page.keyboard.press("m")
        await until(page, "!v.muted")
        await expect(unmute).to_be_hidden()
        await page.reload()
        await state(page, "live")
        # Chromium knows that nobody touched the page since; the viewer's wish is tried and falls back to muted
        await until(page, "!v.paused")
        assert await page.evaluate("JSON.parse(localStorage.getItem('fedistream.sound')).muted") is False


async def test_the_unmute_button_is_reached_by_tab_and_used_by_enter(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        unmute = page.get_by_role("button", name="Turn sound on")
        for _ in range(10):
            await page.keyboard.press("Tab")
            if await unmute.evaluate("button => button === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        await until(page, "!v.muted && !v.paused")


async def test_space_pauses_once_whether_the_page_or_a_button_has_the_focus(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        await page.keyboard.press(" ")
        # v.paused changes before the event that media-chrome waits for; nobody presses twice in between
        await until(page, "v.paused && v.parentElement.hasAttribute('mediapaused')")
        await page.keyboard.press(" ")
        await until(page, "!v.paused")
        latency = page.get_by_role("button", name="Latency")
        await latency.focus()
        await page.keyboard.press(" ")
        await expect(latency).to_have_attribute("aria-expanded", "true")
        assert await video(page, "v.paused") is False


async def test_what_goes_full_screen_is_the_screen_with_its_overlays(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        await page.keyboard.press("f")
        await until(page, "document.fullscreenElement?.matches('.player')")
        await until(page, "v.parentElement.hasAttribute('mediaisfullscreen')")
        await page.keyboard.press("f")
        await until(page, "document.fullscreenElement === null")


async def test_the_viewer_is_brought_to_the_live_point_without_being_asked(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        await until(page, "v.currentTime > 1")
        # as after a network that was away for a while: nobody paused, nobody went back
        await page.evaluate("document.querySelector('video').pause()")
        await until(page, "v.liveEdgeStart - v.currentTime > 4")
        await page.evaluate("document.querySelector('video').play()")
        await until(page, "v.liveEdgeStart - v.currentTime < 0")


async def test_a_viewer_who_falls_behind_is_offered_to_return_to_live(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        jump = page.get_by_role("button", name="Jump to live")
        await expect(jump).to_be_hidden()
        await page.keyboard.press("k")
        await until(page, "v.paused")
        await expect(jump).to_be_visible()
        await jump.click()
        await until(page, "!v.paused && v.liveEdgeStart - v.currentTime < 1")
        await expect(jump).to_be_hidden()


async def test_a_title_changed_while_live_is_shown(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        studio.settings.values["channel.title"] = "Now with ducks"
        await hurried(page)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Now with ducks")


async def test_after_turning_the_sound_on_the_focus_is_on_the_controls_and_these_go_away(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, url) as (page, _):
        await state(page, "live")
        await page.get_by_role("button", name="Turn sound on").click()
        await until(page, "!v.muted && document.activeElement.localName === 'media-mute-button'")
        # the pointer rests where the button was
        await until(page, "document.querySelector('media-controller').hasAttribute('userinactive')")
        await until(page, "getComputedStyle(document.querySelector('media-control-bar')).opacity === '0'")
        await page.mouse.move(300, 300)
        await until(page, "getComputedStyle(document.querySelector('media-control-bar')).opacity === '1'")


async def test_a_server_that_is_gone_is_said_to_be_and_found_again(studio: Studio, url: str, chromium: Browser) -> None:
    async with visit(chromium, url) as (page, witness):
        witness.expected = FAILED_LOADS
        notice = page.locator(".offline-screen").get_by_text("The server cannot be reached.").first
        studio.broken = True
        for _ in range(2):
            async with page.expect_response("**/api/status"):
                await hurried(page)
        await expect(notice).to_be_visible()
        await expect(page.get_by_text("The stream will start here by itself.", exact=True)).to_be_hidden()
        await expect(page.locator(".badge")).to_have_text("No connection")
        await expect(page.locator("#player-announcer")).to_have_text("The server cannot be reached. Trying again.")
        studio.broken = False
        await hurried(page)
        await expect(notice).to_be_hidden()
        await expect(page.locator(".badge")).to_have_text("Offline")


async def test_a_hidden_page_rests_and_wakes_at_once(studio: Studio, url: str, chromium: Browser) -> None:
    async with visit(chromium, url) as (page, _):
        hide = "Object.defineProperty(document, 'hidden', {{value: {}, configurable: true}})"
        turn = "; document.dispatchEvent(new Event('visibilitychange'))"
        await page.evaluate(hide.format("true") + turn)
        asked = len(studio.asked)
        await hurried(page)
        await studio.go_live()
        assert studio.asked[asked:] == []
        await page.evaluate(hide.format("false") + turn)
        await state(page, "live")


async def frame(page: Page, studio: Studio, path: str) -> Frame:
    """A page of another site with `path` in a frame. The names of this machine are different sites to a browser."""
    src = f"{studio.url}{path}"
    studio.elsewhere = f'<iframe src="{src}" allow="autoplay; fullscreen" width="640" height="360"></iframe>'
    await page.goto(studio.url.replace("127.0.0.1", "localhost") + "/elsewhere")
    (_, inner) = page.frames
    return inner


@pytest.mark.usefixtures("url")
async def test_the_embedded_player_plays_in_a_frame_of_another_site(studio: Studio, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, "about:blank") as (page, _):
        inner = await frame(page, studio, "/embed/video")
        await inner.wait_for_selector('body[data-state="live"]')
        await until(inner, "v.currentTime > 0")


@pytest.mark.usefixtures("url")
async def test_the_watch_page_cannot_be_framed_by_another_site(studio: Studio, chromium: Browser) -> None:
    async with visit(chromium, "about:blank") as (page, witness):
        witness.expected = ("frame-ancestors", "X-Frame-Options")
        async with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            await frame(page, studio, "/")
