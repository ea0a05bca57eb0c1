"""Chromium for tests: every context writes down what a page must not do, and the test fails when there is any of it."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    Request,
    Response,
    async_playwright,
)

from tests.kit.asking import basic
from tests.kit.console import Console

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDED = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the pages were not tried in a browser")

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--mute-audio"),
)
PATIENCE_MS = 30_000  # the machine may be busy; nothing here waits for time to pass


@dataclass
class Witness(Console):
    """Records one browser context. `hosts` holds every requested host."""

    hosts: set[str] = field(default_factory=set)
    sizes: list["Response"] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.threw(f"uncaught: {error}"))
        page.on("request", self._asked)
        page.on("response", lambda response: self.sizes.append(response))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complained(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("blob", "data"):
            self.hosts.add(parts.netloc)


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A running Chromium; autoplay is as strict as it is for people."""
    assert CHROMIUM is not None
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield chromium
        finally:
            await chromium.close()


@contextlib.asynccontextmanager
async def visit(chromium: Browser, url: str, **context: Any) -> AsyncIterator[tuple[Page, Witness]]:
    """A fresh context with `url` open in it. Fails the test if the page complained in the console.

    `http_credentials` are sent with every request: a browser would wait for a challenge, and is led to the login form.
    """
    if (secret := context.pop("http_credentials", None)) is not None:
        context["extra_http_headers"] = basic(secret["password"], secret["username"])
    inside: BrowserContext = await chromium.new_context(**context)
    inside.set_default_timeout(PATIENCE_MS)
    page, witness = await inside.new_page(), Witness()
    witness.watch(page)
    try:
        await page.goto(url)
        yield page, witness
    finally:
        await inside.close()
    assert not witness.complaints, "\n".join(witness.complaints)


async def until(page: Page | Frame, expression: str) -> None:
    """Wait until a JavaScript expression holds; in it `v` is the video, if there is one.

    Playwright's own wait_for_function evaluates strings within the page, where our policy forbids it.
    """
    script = f"(() => {{ const v = document.querySelector('video'); return Boolean({expression}); }})()"
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.evaluate(script):
            await asyncio.sleep(0.05)


async def received(witness: Witness) -> dict[str, int]:
    """Bytes of every response body as sent (compressed), by path."""
    sizes = {}
    for response in witness.sizes:
        measured = await response.request.sizes()
        sizes[urlsplit(response.url).path] = measured["responseBodySize"]
    return sizes
