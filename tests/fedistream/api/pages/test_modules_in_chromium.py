"""The modules one by one, where their rules are easier to see than in a whole page."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.kit import browser
from tests.kit.browser import until, visit
from tests.kit.made_once import static_files
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def page(url: str, chromium: Browser) -> AsyncIterator[Page]:
    """An offline page, whose modules a test may import."""
    async with visit(chromium, url, locale="en-GB", timezone_id="UTC") as (page, _):
        yield page


async def run(page: Page, module: str, script: str) -> Any:
    """The value of a function body in which `m` is the module."""
    address = static_files().url(f"js/{module}.js")
    return await page.evaluate(f"import('{address}').then(m => {{ {script} }})")


async def test_network_trouble_is_loaded_again_ever_more_slowly_then_begun_anew(page: Page) -> None:
    remedies = await run(
        page, "recovery", "const r = new m.Recovery(); return Array.from({length: 14}, () => r.next('network', 0));"
    )
    acts = [remedy["action"] for remedy in remedies]
    assert acts == ["load"] * 5 + ["recreate"] + ["load"] * 5 + ["recreate"] + ["load"] * 2
    waits = [remedy["delayMs"] for remedy in remedies[:5]]
    assert waits == sorted(waits)
    assert waits[0] == 500
    assert max(remedy["delayMs"] for remedy in remedies) <= 8_000


async def test_a_playlist_that_is_not_there_is_asked_for_with_growing_patience(page: Page) -> None:
    waits = await run(
        page,
        "recovery",
        "const r = new m.Recovery(); return Array.from({length: 9}, () => r.next('manifest', 0).delayMs);",
    )
    assert waits == sorted(waits)
    assert waits[-1] == 8_000


async def test_playing_well_forgives_what_was_before(page: Page) -> None:
    act = await run(
        page,
        "recovery",
        """const r = new m.Recovery();
        for (let i = 0; i < 5; i++) r.next('network');
        r.reset();
        return r.next('network', 0);""",
    )
    assert act == {"action": "load", "delayMs": 500}


async def test_what_no_decoder_takes_is_tried_more_seldom_than_a_network(page: Page) -> None:
    remedies = await run(
        page,
        "recovery",
        """const r = new m.Recovery();
        return Array.from({length: 20}, () => ({...r.next('media', 0), failed: r.failed}));""",
    )
    assert {remedy["action"] for remedy in remedies} == {"recreate"}
    waits = [remedy["delayMs"] for remedy in remedies]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0, 60_000)
    assert [remedy["failed"] for remedy in remedies].index(True) == 3


async def test_no_two_pages_come_back_in_step(page: Page) -> None:
    waits = await run(
        page, "recovery", "return [0, 0.5, 1].map(chance => new m.Recovery().next('manifest', chance).delayMs);"
    )
    assert waits == [500, 425, 350]


FACTS = {"server": "live", "reachability": "ok", "playback": "playing", "hasPlayed": True, "behind": False}


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "live"),
        ({"playback": "none"}, "starting"),
        ({"playback": "loading"}, "starting"),
        ({"playback": "paused"}, "live"),
        ({"playback": "paused", "behind": True}, "behind"),
        ({"playback": "stalled"}, "stalled"),
        ({"playback": "stalled", "reachability": "unreachable"}, "unreachable"),
        ({"playback": "stalled", "reachability": "no-network"}, "no-network"),
        ({"playback": "stalled", "server": "waiting"}, "waiting"),
        (
            {"playback": "stalled", "server": "waiting", "reachability": "unreachable"},
            "unreachable",
        ),  # what the node said last is old
        ({"playback": "playing", "reachability": "no-network"}, "live"),  # what is in hand is shown to its end
        ({"playback": "playing", "server": "waiting"}, "live"),
        ({"playback": "playing", "server": "offline"}, "live"),
        (
            {"playback": "playing", "reachability": "unreachable", "behind": True},
            "live",
        ),  # there is no live point to jump to
        ({"playback": "none", "server": "offline"}, "ended"),
        ({"playback": "none", "server": "offline", "hasPlayed": False}, "offline"),
        ({"playback": "none", "server": "offline", "hasPlayed": False, "reachability": "unreachable"}, "offline"),
        ({"playback": "failed"}, "failed"),
        ({"playback": "failed", "reachability": "unreachable"}, "unreachable"),
        ({"playback": "unsupported"}, "unsupported"),
        ({"playback": "unsupported", "server": "offline", "hasPlayed": False}, "offline"),
    ],
)
async def test_what_the_page_is_in_follows_from_what_it_knows(page: Page, facts: dict[str, object], state: str) -> None:
    assert await run(page, "player-state", f"return m.playerState({json.dumps(FACTS | facts)})") == state


async def test_there_is_a_state_for_all_that_can_be_known_and_something_leads_to_each(page: Page) -> None:
    found = await run(
        page,
        "player-state",
        """const found = new Set();
        for (const server of ['offline', 'live', 'waiting'])
          for (const reachability of ['ok', 'no-network', 'unreachable'])
            for (const playback of ['none', 'loading', 'playing', 'paused', 'stalled', 'failed', 'unsupported'])
              for (const hasPlayed of [false, true])
                for (const behind of [false, true])
                  found.add(m.playerState({server, reachability, playback, hasPlayed, behind}));
        return [...found];""",
    )
    shown = "offline starting live behind stalled waiting no-network unreachable ended failed unsupported"
    assert sorted(found) == sorted(shown.split())


@pytest.mark.parametrize(
    ("over", "in_hand", "rate", "next_rate"),
    [
        (0.0, 1.0, 1, 1),
        (0.1, 1.0, 1, 1),  # not worth beginning
        (0.2, 1.0, 1, 1.05),
        (0.1, 1.0, 1.05, 1.05),  # begun, so it is brought to its end
        (0.02, 1.0, 1.05, 1),
        (-0.5, 1.0, 1.05, 1),
        (3.0, 0.3, 1.05, 1),  # too little in hand to hurry
    ],
)
async def test_the_pace_goes_up_to_reach_the_live_point_and_down_before_a_stall(
    page: Page, over: float, in_hand: float, rate: float, next_rate: float
) -> None:
    assert await run(page, "playback-rate", f"return m.playbackRate({over}, {in_hand}, {rate})") == next_rate


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"state": "live", "online": True}, "live"),
        ({"state": "waiting", "online": True}, "waiting"),
        ({"state": "offline", "online": False}, "offline"),
        ({"online": True}, "live"),  # Owncast has no state
        ({"online": False}, "offline"),
        ({"state": "resting", "online": False}, "offline"),
        ({}, "offline"),
    ],
)
async def test_a_status_is_read_whoever_sent_it(page: Page, answer: dict[str, object], state: str) -> None:
    status = await page.evaluate(
        "([url, answer]) => import(url).then(m => m.parseStatus(answer))",
        [static_files().url("js/status-poller.js"), answer],
    )
    assert status["state"] == state
    assert status["viewers"] == 0
    assert status["startedAt"] is None
    assert status["skew"] is None


async def test_a_hidden_count_of_viewers_is_not_zero(page: Page) -> None:
    read = "return m.parseStatus({online: true, viewerCountHidden: true}).viewers"
    assert await run(page, "status-poller", read) is None
    assert await run(page, "status-poller", "return m.parseStatus({online: true, viewerCount: 4}).viewers") == 4


async def test_a_status_tells_how_far_the_clocks_are_apart(page: Page) -> None:
    skew = await run(
        page,
        "status-poller",
        "return m.parseStatus({serverTime: '2026-05-01T12:00:03Z'}, Date.UTC(2026, 4, 1, 12, 0, 0)).skew",
    )
    assert skew == 3_000


async def test_odd_values_in_a_status_are_nothing(page: Page) -> None:
    odd = "{lastConnectTime: 'soon', lastDisconnectTime: 7, viewerCount: '3', streamTitle: null, serverTime: ''}"
    status = await run(page, "status-poller", f"return m.parseStatus({odd}, 0)")
    assert status == {
        "state": "offline",
        "title": "",
        "viewers": None,
        "startedAt": None,
        "endedAt": None,
        "event": None,
        "skew": None,
    }


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (20, "just now"),  # a clock that is a little ahead
        (-60, "1 minute ago"),
        (-3 * 3600 - 59, "3 hours ago"),
        (-86_400, "yesterday"),
        (-8 * 86_400, "last week"),
        (-70 * 86_400, "2 months ago"),
        (-800 * 86_400, "2 years ago"),
    ],
)
async def test_how_long_ago_is_said_in_words(page: Page, seconds: int, words: str) -> None:
    assert await run(page, "relative-time", f"return m.formatRelative(new Date({seconds * 1000}), 0)") == words


@pytest.mark.parametrize(
    ("seconds", "clock"), [(-3, "0:00"), (0, "0:00"), (65, "1:05"), (3_600, "1:00:00"), (100_000, "27:46:40")]
)
async def test_how_long_it_lasts_is_shown_as_a_clock(page: Page, seconds: int, clock: str) -> None:
    assert await run(page, "relative-time", f"return m.formatElapsed(new Date(0), {seconds * 1000})") == clock


@pytest.mark.parametrize(("n", "words"), [(0, "0 viewers"), (1, "1 viewer"), (2, "2 viewers")])
async def test_a_text_takes_the_form_for_its_number(page: Page, n: int, words: str) -> None:
    assert await run(page, "page", f"return m.text('viewers', {{n: {n}}})") == words


async def test_a_line_that_is_spoken_is_written_only_when_it_changes(page: Page) -> None:
    writes = await run(
        page,
        "page",
        """const line = document.createElement('p'); let n = 0;
        new MutationObserver(list => { n += list.length; }).observe(line, {childList: true, characterData: true});
        m.setText(line, 'a'); m.setText(line, 'a'); m.setText(line, 'b'); m.setText(null, 'c');
        return new Promise(done => setTimeout(() => done(n)));""",
    )
    assert writes == 2


async def test_without_media_source_the_browser_plays_hls_itself(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, "about:blank") as (page, _):
        await page.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
        await page.goto(url)
        await page.wait_for_selector('body[data-state="live"]')
        await until(page, "v?.currentTime > 0")
        assert await page.evaluate("document.querySelector('video').src") == f"{url}/hls/stream.m3u8"


async def test_a_browser_that_can_play_nothing_says_so(studio: Studio, url: str, chromium: Browser) -> None:
    await studio.go_live()
    async with visit(chromium, "about:blank") as (page, _):
        await page.add_init_script(
            "delete window.MediaSource; delete window.ManagedMediaSource;"
            "HTMLMediaElement.prototype.canPlayType = () => '';"
        )
        await page.goto(url)
        await expect(page.get_by_text("This browser cannot play the stream.").first).to_be_visible()


async def test_sound_that_was_wanted_is_muted_when_the_browser_insists(
    studio: Studio, url: str, chromium: Browser
) -> None:
    await studio.go_live()
    async with visit(chromium, "about:blank") as (page, _):
        await page.add_init_script(
            """localStorage.setItem("fedistream.sound", '{"muted": false, "volume": 0.5}');
            const play = HTMLMediaElement.prototype.play;
            HTMLMediaElement.prototype.play = function () {
              return this.muted ? play.call(this) : Promise.reject(new DOMException("no", "NotAllowedError"));
            };"""
        )
        await page.goto(url)
        await until(page, "v?.currentTime > 0")
        assert await page.evaluate("document.querySelector('video').muted") is True
        await expect(page.get_by_role("button", name="Turn sound on")).to_be_visible()
        assert await page.evaluate("JSON.parse(localStorage['fedistream.sound']).muted") is False


async def test_an_engine_that_is_told_again_and_again_that_nothing_plays_begins_anew_all_the_same(page: Page) -> None:
    errors = await run(
        page,
        "native-engine",
        """let errors = 0;
        return new Promise(done => {
          const engine = new m.NativeEngine(document.createElement('video'), '/hls/stream.m3u8', {
            onError() { errors += 1; },
            onReload() { engine.stop(); done(errors); },
          });
          for (let i = 0; i < 10; i++) engine.reportStall();
        });""",
    )
    assert errors == 1


@pytest.mark.parametrize("missing", ["**/vendor/*", "**/hls-engine*"])
async def test_a_player_that_cannot_be_loaded_reloads_the_page_once_and_then_says_so(
    studio: Studio, url: str, chromium: Browser, missing: str
) -> None:
    await studio.go_live()
    async with visit(chromium, "about:blank") as (page, witness):
        witness.expected = ("Failed to load resource", "Failed to fetch dynamically imported module", "preload")
        await page.route(missing, lambda route: route.fulfill(status=404))
        await page.goto(url)
        await expect(page.get_by_text("This browser cannot play the stream.").first).to_be_visible()
    assert studio.asked.count("/") == 2


async def test_somebody_is_counted_while_the_video_is_paused(studio: Studio, url: str, page: Page) -> None:
    address = static_files().url("js/viewer-ping.js")
    await page.evaluate(
        """url => { window.setInterval = act => { window.tick = act; };
        return import(url).then(m => m.startPinging('/api/ping', () => window.needed)); }""",
        address,
    )
    await page.evaluate("window.tick()")
    assert "/api/ping" not in studio.asked
    async with page.expect_response("**/api/ping"):
        await page.evaluate("window.needed = true; window.tick()")
    assert studio.viewers.count(1) == 1
