"""Outages as viewers live them: the network, the proxy or the node goes away and comes back, and the stream goes on.

Both browsers, with the watch page and the embedded player, sit through the same outages at once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from tests.kit import browser, firefox
from tests.kit.encoder import Encoder
from tests.kit.firefox import Firefox, Tab
from tests.kit.footage import Recipe
from tests.kit.forwarder import forwarder
from tests.kit.livenode import KEY, PASSWORD
from tests.kit.nodeprocess import Process, started

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
FLAGS = ("--admin-password", PASSWORD, "--stream-key", KEY)
PAGES = ("/", "/embed/video")
WITHIN_S = 60  # the machine may be busy
SECONDS = (5, 15, 60)
SAID_S = 15  # an outage has been noticed by then, even there

Outages = dict[str, tuple[str, str]]

# what the browsers themselves print of requests and sockets that fail
STORY = ("Failed to load resource", "WebSocket", "connection to the server at ws")


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of one viewer: `word` is the state of the page during its outage."""

    name: str
    outage: str
    word: str
    url: str
    tab: Page | Tab
    offline: Callable[[bool], Awaitable[None]]

    async def until(self, expression: str) -> None:
        script = f"(() => {{ const v = document.querySelector('video'); return Boolean({expression}); }})()"
        try:
            async with asyncio.timeout(WITHIN_S):
                while not await self.tab.evaluate(script):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            state = await self.tab.evaluate(
                "[document.body.dataset.state, ...['paused', 'muted', 'currentTime', 'readyState']"
                ".map(name => document.querySelector('video')?.[name])]"
            )
            raise AssertionError(f"{self.name}: not {expression}: {state}") from None

    async def settle(self, path: str) -> None:
        await self.tab.goto(self.url.rstrip("/") + path)
        await self.until("document.body.dataset.state === 'live' && v.currentTime > 0.5")
        if await self.tab.evaluate("document.querySelector('video').muted"):
            await self.tab.click(".unmute")
        await self.until("!v.muted && !v.paused")

    async def sees_the_outage(self) -> None:
        await self.until(f"document.body.dataset.state === '{self.word}'")
        await self.until(f"document.querySelector('[data-when={self.word}]').checkVisibility()")
        await self.until("!document.querySelector('.uptime')?.checkVisibility()")
        await self.until("(document.querySelector('.badge')?.textContent ?? 'No connection') === 'No connection'")

    async def goes_on(self) -> None:
        """Check that the player continues at the live point, with its sound."""
        await self.until("document.body.dataset.state === 'live' && !v.paused && !v.muted")
        at = await self.tab.evaluate("document.querySelector('video').currentTime")
        await self.until(f"Math.abs(v.currentTime - {at}) > 1 && v.currentTime > v.liveEdgeStart")


async def sit(chromium: Browser, fox: Firefox, outages: Outages, stack: contextlib.AsyncExitStack) -> list[Seat]:
    """Two for each outage, one in each browser; `outages` holds the word that is said, and where the node is."""
    taken: list[Seat] = []
    for outage, (word, url) in outages.items():
        page, witness = await stack.enter_async_context(browser.visit(chromium, url))
        tab, other = await stack.enter_async_context(firefox.visit(fox, url))
        witness.expected = other.expected = STORY
        taken.append(Seat(f"{outage} in Chromium", outage, word, url, page, page.context.set_offline))
        taken.append(Seat(f"{outage} in Firefox", outage, word, url, tab, tab.set_offline))
    return taken


@contextlib.asynccontextmanager
async def live(folder: Path, port: int = 0) -> AsyncIterator[tuple[Process, Encoder]]:
    async with started(folder, *FLAGS, port=port) as node:
        encoder = await Encoder.start(f"{node.rtmp_url}/{KEY}", CLIP)
        await node.becomes("live")
        yield node, encoder
        await encoder.die()


@browser.NEEDED
@firefox.NEEDED
@pytest.mark.timeout(400)
async def test_after_every_outage_it_plays_at_the_live_point_with_its_sound(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        steady, _ = await stack.enter_async_context(live(tmp_path / "steady"))
        doomed, encoder = await stack.enter_async_context(live(tmp_path / "doomed"))
        proxy = await stack.enter_async_context(forwarder(urlsplit(steady.url).port or 0, "203.0.113.9"))
        chromium = await stack.enter_async_context(browser.browser())
        fox = await stack.enter_async_context(firefox.browser())
        port = urlsplit(doomed.url).port or 0
        outages = {
            "network": ("no-network", steady.url),
            "proxy": ("unreachable", proxy.url),
            "kill": ("unreachable", doomed.url),
        }
        seats = await sit(chromium, fox, outages, stack)
        for turn, seconds in enumerate(SECONDS):
            await asyncio.gather(*(seat.settle(PAGES[(turn + number) % 2]) for number, seat in enumerate(seats)))
            await asyncio.gather(*(seat.offline(True) for seat in seats if seat.outage == "network"))
            proxy.cut()
            doomed.process.kill()
            await encoder.die()
            await doomed.process.wait()
            await asyncio.sleep(seconds)  # as long as the outage lasts
            if seconds >= SAID_S:
                await asyncio.gather(*(seat.sees_the_outage() for seat in seats))
            await asyncio.gather(*(seat.offline(False) for seat in seats if seat.outage == "network"))
            proxy.down = False
            doomed, encoder = await stack.enter_async_context(live(tmp_path / "doomed", port))
            await asyncio.gather(*(seat.goes_on() for seat in seats))
