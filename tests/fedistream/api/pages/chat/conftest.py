"""The chat's frame in Chromium, with a chat in the hands of the test. Modules override what their tests need."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.kit import onair
from tests.kit.browser import visit
from tests.kit.fake_chat import FakeChat
from tests.kit.studio import Studio


@pytest.fixture
def room() -> FakeChat:
    return FakeChat()


@pytest.fixture
def studio(room: FakeChat) -> Studio:
    """Live for the page, with nothing to play: only the chat is looked at."""
    studio = Studio(fake_chat=room)
    studio.settings.values["chat.enabled"] = True
    studio.broadcasts.shown = onair.live()
    return studio


@pytest.fixture
def frame() -> str:
    return "/embed/chat/readwrite"


@pytest.fixture
def context() -> dict[str, Any]:
    """Return the options of the browser's context."""
    return {"viewport": {"width": 400, "height": 500}}


@pytest.fixture
def complaints() -> tuple[str, ...]:
    """Return what the page may write to the console: its socket and its calls fail now and then."""
    return ("WebSocket connection to", "Failed to load resource")


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    url: str,
    chromium: Browser,
    room: FakeChat,
    frame: str,
    context: dict[str, Any],
    complaints: tuple[str, ...],
) -> AsyncIterator[Page]:
    """The frame, joined."""
    async with visit(chromium, url + frame, **context) as (page, witness):
        witness.expected = complaints
        await expect(page.locator("#chat")).to_have_attribute("data-state", "open")
        await room.joined()
        yield page
