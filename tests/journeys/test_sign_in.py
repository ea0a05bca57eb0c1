"""Signing in to the chat of a whole node as people do: with their own website, and with a code sent to an account."""

import asyncio
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient
from tests.kit import browser
from tests.kit.browser import visit
from tests.kit.fediverse import Peer, peer
from tests.kit.livenode import live_node
from tests.kit.remote import make_certificate
from tests.kit.website import website

pytestmark = browser.NEEDED
SEEN = ("WebSocket connection to", "Failed to load resource")  # a socket that goes with its page


def public() -> dict[str, Any]:
    """Options of a node that knows its address, and may ask others on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {"port": port, "public_url": f"http://127.0.0.1:{port}", "federation_allow": "127.0.0.1"}


async def open_dialog(page: Page) -> None:
    await page.locator(".chat-identity").click(timeout=browser.PATIENCE_MS)


async def own_name(page: Page) -> str:
    return await page.locator(".chat-identity bdi").inner_text(timeout=browser.PATIENCE_MS)


async def has_badge(page: Page) -> None:
    await expect(page.locator(".chat-identity .name-badge")).to_have_attribute(
        "title", "Signed in", timeout=browser.PATIENCE_MS
    )


async def sign_in_with_website(page: Page, url: str) -> None:
    await open_dialog(page)
    await page.get_by_label("Your own website").fill(url)
    await page.keyboard.press("Enter")


async def test_a_website_of_ones_own_makes_one_the_same_person_everywhere(tmp_path: Path) -> None:
    async with (
        website() as site,
        live_node(tmp_path, **public()) as node,
        browser.browser() as chromium,
        visit(chromium, node.url) as (desk, desk_saw),
        visit(chromium, node.url) as (phone, phone_saw),
    ):
        desk_saw.expected = phone_saw.expected = SEEN
        name = await own_name(desk)
        site.says_no = True
        await sign_in_with_website(desk, site.url)
        alert = desk.locator(".sign-in [role=alert]")
        await expect(alert).to_contain_text("declined", timeout=browser.PATIENCE_MS)
        site.says_no = False
        await desk.get_by_label("Your own website").fill(site.url)
        await desk.keyboard.press("Enter")
        await has_badge(desk)
        assert (desk.url, await own_name(desk)) == (node.url, name)

        other = await own_name(phone)
        assert other != name
        await sign_in_with_website(phone, site.url)
        await has_badge(phone)
        assert await own_name(phone) == name
        line = desk.locator(".line", has_text=f"{other} is now authenticated as {name}")
        await expect(line).to_be_visible(timeout=browser.PATIENCE_MS)


async def code_in(inbox: Peer) -> str:
    async with asyncio.timeout(60):
        while not inbox.inbox:
            await asyncio.sleep(0.05)
    (create,) = inbox.inbox
    assert (create["type"], create["to"]) == ("Create", [inbox.id])
    found = re.search(r"One-time code from Fedistream: (\d{6})\.", create["object"]["content"])
    assert found is not None
    return found[1]


async def test_a_code_comes_to_the_inbox_is_typed_in_and_the_badge_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with (
        HttpClient(Guard(frozenset({"127.0.0.1"})), "peer") as http_client,
        peer(http_client, time.time, tls=context) as ann,
        live_node(tmp_path / "node", **public()) as node,
    ):
        await node.node.features.settings.change("federation.enabled", True)
        async with browser.browser() as chromium, visit(chromium, node.url) as (page, saw):
            saw.expected = SEEN
            await open_dialog(page)
            await page.get_by_label("Your fediverse account").fill(f"@{ann.handle}")
            await page.keyboard.press("Enter")
            await page.get_by_label("Code").fill(await code_in(ann), timeout=browser.PATIENCE_MS)
            await page.keyboard.press("Enter")
            await expect(page.get_by_text("You are signed in.")).to_be_visible(timeout=browser.PATIENCE_MS)
            await has_badge(page)
