"""The watch page in Firefox, whose decoder, autoplay and focus are not Chromium's."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.kit import firefox
from tests.kit.firefox import Firefox, visit
from tests.kit.studio import Studio

pytestmark = [firefox.NEEDED, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def fox() -> AsyncIterator[Firefox]:
    async with firefox.browser() as fox:
        yield fox


async def test_a_live_page_plays_muted_and_its_sound_comes_on_by_a_click(
    studio: Studio, url: str, fox: Firefox
) -> None:
    await studio.go_live()
    async with visit(fox, url) as (tab, _):
        await tab.until("document.body.dataset.state === 'live' && v.currentTime > 0 && v.videoWidth === 320")
        assert await tab.evaluate("document.querySelector('video').muted") is True
        await tab.click(".unmute")
        await tab.until("!v.muted && !v.paused")
        await tab.press("k")
        await tab.until("v.paused")


async def test_a_page_without_network_comes_back_with_it(studio: Studio, url: str, fox: Firefox) -> None:
    async with visit(fox, url) as (tab, _):
        await tab.set_offline(True)
        assert await tab.evaluate("navigator.onLine || fetch('/').then(() => true, () => false)") is False
        await studio.go_live()
        await tab.set_offline(False)
        await tab.until("document.body.dataset.state === 'live' && v.currentTime > 0")


async def complain(url: str, fox: Firefox) -> None:
    async with visit(fox, url) as (tab, witness):
        witness.expected = ("part of the story",)
        await tab.evaluate("console.error('part of the story')")
        await tab.evaluate("void setTimeout(() => { throw new Error('planted'); })")
        async with asyncio.timeout(30):
            while not witness.complaints:
                await asyncio.sleep(0.02)
        await tab.evaluate("console.warn('planted too')")


async def test_what_a_page_complains_of_in_the_console_fails_its_visit(url: str, fox: Firefox) -> None:
    with pytest.raises(AssertionError, match=r"^error: Error: planted\nwarn: planted too"):
        await complain(url, fox)


async def test_what_a_tab_remembers_is_forgotten_with_it(url: str, fox: Firefox) -> None:
    for _ in range(2):
        async with visit(fox, url) as (tab, _):
            assert await tab.evaluate("localStorage.getItem('a')") is None
            await tab.evaluate("localStorage.setItem('a', 'b')")
