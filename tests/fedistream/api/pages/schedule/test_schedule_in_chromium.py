"""The schedule on the watch page in a real browser: it follows changes, and opens the composer before the start."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from fedistream.schedule.values import Change
from tests.kit import browser
from tests.kit.browser import visit
from tests.kit.faces import Faces, federating_faces
from tests.kit.webserver import serving

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        for name, value in (("enabled", True), ("show_countdown", True), ("chat_open_minutes", 30)):
            await opened.settings.change(f"schedule.{name}", value)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def node(faces: Faces) -> AsyncIterator[str]:
    async with serving(faces.app()) as port:
        yield f"http://127.0.0.1:{port}"


async def hurried(page: Page) -> None:
    """Let the page ask for its status now."""
    await page.evaluate("window.dispatchEvent(new Event('online'))")


async def test_the_list_and_the_countdown_follow_the_schedule(faces: Faces, node: str, chromium: Browser) -> None:
    home, now = faces.channels.home().id, faces.clock.now
    async with visit(chromium, "about:blank") as (page, _):
        await page.clock.set_system_time(now())
        await page.goto(node)
        section = page.locator(".schedule")
        await expect(section).to_be_hidden()
        await faces.made.schedule.put(home, Change("Pots", start=now() + timedelta(hours=2)))
        (event,) = (await faces.made.schedule.overview(home)).events
        await hurried(page)
        await expect(section.get_by_role("link", name="Pots")).to_have_attribute("href", f"/schedule/{event.id}")
        await expect(section.locator(".schedule-countdown")).to_contain_text("Starts in")
        await expect(section.locator(".schedule-countdown time")).to_have_text(re.compile(r"^(2:00|1:5\d):\d\d$"))
        await faces.made.schedule.put(home, Change("Bowls", id=event.id, start=now() + timedelta(minutes=40)))
        await hurried(page)
        await expect(section.get_by_role("link")).to_have_text(["Bowls", "Add to calendar"])
        await expect(section.locator(".schedule-countdown time")).to_have_text(re.compile(r"^(40|3\d):\d\d$"))
        faces.clock.advance(41 * 60)
        await page.clock.set_system_time(now())
        await hurried(page)
        await expect(section.get_by_text("Starts at any moment")).to_be_visible()
        await faces.made.schedule.remove(home, event.id)
        await hurried(page)
        await expect(section).to_be_hidden()


async def test_the_composer_opens_before_the_start(faces: Faces, node: str, chromium: Browser) -> None:
    home, now = faces.channels.home().id, faces.clock.now
    await faces.made.schedule.put(home, Change("Pots", start=now() + timedelta(minutes=40)))
    async with visit(chromium, node) as (page, _):
        composer = page.get_by_role("textbox", name="Message")
        await expect(page.locator(".chat-identity")).to_be_visible()
        await expect(composer).to_have_attribute("readonly", "")
        faces.clock.advance(11 * 60)
        await hurried(page)
        await expect(composer).not_to_have_attribute("readonly", "")
