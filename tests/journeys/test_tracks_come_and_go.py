"""Sound and picture that begin or end in mid-broadcast, before players that are not told: bare hls.js, Chromium's own
player, and our page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from media.flv import TagKind
from tests.kit import browser
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import LiveNode, live_node

HLS = Path(__file__).parents[2] / "node_modules/hls.js/dist/hls.min.js"
pytestmark = [browser.NEEDED, pytest.mark.skipif(not HLS.exists(), reason="hls.js is not installed: it was not tried")]

CLIP = Recipe(seconds=2, size=(320, 180), gop=30)

BARE = """
url => {
    const v = document.createElement('video');
    v.muted = true;
    document.body.append(v);
    window.fatal = [];
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && window.fatal.push(data.details));
    hls.on(Hls.Events.MANIFEST_PARSED, () => v.play());
    hls.loadSource(url);
    hls.attachMedia(v);
}
"""
NATIVE = """
url => {
    const v = document.createElement('video');
    v.muted = true;
    document.body.append(v);
    window.fatal = [];
    v.addEventListener('error', () => window.fatal.push(v.error.message));
    v.src = url;
    v.play();
}
"""


@asynccontextmanager
async def bare(chromium: Browser, node: LiveNode, script: str) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    page = await context.new_page()
    try:
        await page.add_script_tag(path=HLS)
        await page.evaluate(script, f"{node.url}hls/stream.m3u8")
        yield page
    finally:
        await context.close()


async def plays_on(page: Page, seconds: float = 4) -> None:
    """Wait until so much more of the broadcast has been shown. Where the player jumps is its own affair."""
    shown, before = 0.0, float(await page.evaluate("document.querySelector('video').currentTime"))
    async with asyncio.timeout(40):
        while shown < seconds:
            await asyncio.sleep(0.25)
            assert await page.evaluate("window.fatal || []") == []
            now = float(await page.evaluate("document.querySelector('video').currentTime"))
            shown += min(1.0, max(0.0, now - before))
            before = now


SOUND, PICTURE = {TagKind.AUDIO}, {TagKind.VIDEO}
WALKS: dict[str, list[set[TagKind]]] = {
    "sound begins and ends, then the picture ends": [SOUND, set(), SOUND, set(), PICTURE],
    "the picture begins": [PICTURE, set()],
}
PLAYERS = {"bare hls.js": BARE, "Chromium's own": NATIVE}


async def walk(encoder: Encoder, page: Page, changes: list[set[TagKind]]) -> None:
    """Let tracks come and go, as `muted` of the encoder says, and see that the player goes on each time."""
    for muted in changes:
        encoder.muted = set(muted)
        await plays_on(page, 6 if muted == PICTURE else 4)


@pytest.mark.parametrize(
    ("player", "name"), [*(("bare hls.js", name) for name in WALKS), ("Chromium's own", next(iter(WALKS)))]
)
async def test_a_player_that_is_not_ours_goes_on_when_a_track_comes_or_goes(
    tmp_path: Path, player: str, name: str
) -> None:
    first, *changes = WALKS[name]
    async with live_node(tmp_path) as node, browser.browser() as chromium:
        encoder = await Encoder.start(node.publish_url, CLIP, metadata=False, muted=first)
        await node.until("live", 60)
        if player != "bare hls.js":  # Chromium's own player refuses a playlist of less than two segments
            async with asyncio.timeout(30):
                while (await node.http.get("/hls/0/stream.m3u8")).text.count("#EXTINF") < 4:
                    await asyncio.sleep(0.2)
        async with bare(chromium, node, PLAYERS[player]) as page:
            await browser.until(page, "v && v.currentTime > 1")
            await walk(encoder, page, changes)
        await encoder.stop()


async def test_our_page_goes_on_when_a_track_comes_or_goes(tmp_path: Path) -> None:
    first, *changes = WALKS["sound begins and ends, then the picture ends"]
    async with live_node(tmp_path) as node, browser.browser() as chromium:
        encoder = await Encoder.start(node.publish_url, CLIP, metadata=False, muted=first)
        await node.until("live", 60)
        async with browser.visit(chromium, node.url) as (page, _):
            await browser.until(page, "v && v.currentTime > 1")
            await walk(encoder, page, changes)
            assert not await page.evaluate("document.querySelector('video').paused")
        await encoder.stop()
