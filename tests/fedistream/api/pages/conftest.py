"""A studio for the tests of the pages, and a Chromium that all tests of a process share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.kit import browser
from tests.kit.studio import Studio

expect.set_options(timeout=browser.PATIENCE_MS)


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest_asyncio.fixture(loop_scope="session")
async def url(studio: Studio) -> AsyncIterator[str]:
    """Return where the studio is served."""
    async with studio.serve() as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Each visit has a context of its own, so tests share nothing but the time it takes to start."""
    async with browser.browser() as chromium:
        yield chromium
