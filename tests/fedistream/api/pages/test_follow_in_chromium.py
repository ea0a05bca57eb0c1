"""The box that helps to follow, in a real browser: opened, used by keyboard, and never over the picture."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from activitypub.network.guard import Guard
from fedistream.api.pages.follow_invitation import FollowInvitation
from tests.fedistream.api.pages.test_fitness_in_chromium import PHONE, faults
from tests.kit import browser, onair
from tests.kit.browser import visit
from tests.kit.faces import Faces, open_faces
from tests.kit.homeserver import home_server
from tests.kit.studio import Studio
from tests.kit.webserver import serving

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

LIVE = "https://node.example/federation/user/streamer"
LONG = FollowInvitation(f"@streamer@{'deep.' * 12}node.example", LIVE, 12345, 678, 90)
DESK = {"width": 1280, "height": 800}


async def federate(faces: Faces) -> None:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    await faces.settings.change("chat.enabled", False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_the_open_box_is_fit_for_all_and_leaves_the_picture_free(
    studio: Studio, url: str, chromium: Browser, scheme: str, size: dict[str, int]
) -> None:
    studio.follow_invitations.shown = LONG
    studio.broadcasts.shown = replace(onair.offline(), last_ended_at=datetime.now(UTC) - timedelta(hours=3))
    async with visit(chromium, url, color_scheme=scheme, viewport=size) as (page, _):
        await page.get_by_role("link", name="Follow to get notified", exact=True).click()
        await expect(page.get_by_label("Your account")).to_be_focused()
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == size["width"]
        screen, box = await page.locator(".player").bounding_box(), await page.locator(".follow-box").bounding_box()
        assert screen is not None
        assert box is not None
        assert screen["y"] + screen["height"] <= box["y"]
    async with visit(chromium, f"{url}/follow", color_scheme=scheme, viewport=size) as (page, _):
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == size["width"]


async def test_the_box_opens_and_closes_by_keyboard(studio: Studio, url: str, chromium: Browser) -> None:
    studio.follow_invitations.shown = LONG
    async with visit(chromium, url) as (page, _):
        account = page.get_by_label("Your account")
        await expect(account).to_be_hidden()
        await page.locator("details.follow > summary").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(account).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Space")
        await expect(account).to_be_hidden()


async def test_the_handle_is_copied(studio: Studio, url: str, chromium: Browser) -> None:
    studio.follow_invitations.shown = LONG
    rights = ["clipboard-read", "clipboard-write"]
    async with visit(chromium, url, permissions=rights) as (page, _):
        await page.locator("details.follow > summary").click()
        await page.get_by_role("button", name="Copy the channel's name").click()
        await expect(page.get_by_text("Copied.")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == LONG.handle


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_a_visitor_finds_the_way_to_follow(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripts: bool
) -> None:
    async with home_server(tmp_path) as (far, trusted):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        async with open_faces(tmp_path, Guard(frozenset({far.authority}))) as faces:
            await federate(faces)
            async with serving(faces.app()) as port:
                url = f"http://127.0.0.1:{port}/"
                async with visit(chromium, url, java_script_enabled=scripts) as (page, witness):
                    witness.expected = ("Failed to load resource",)  # the account that is none
                    await page.locator("details.follow > summary").click()
                    await page.get_by_label("Your account").fill("<b>nobody</b>")
                    await page.get_by_role("button", name="Find my server").click()
                    await expect(page.locator(".follow-status.is-error")).to_contain_text("must be like user@host")
                    await page.get_by_label("Your account").fill(f"@ann@{far.authority}")
                    await page.keyboard.press("Enter")
                    link = page.get_by_role("link", name=f"Continue to {far.authority}")
                    await expect(link).to_be_visible()
                    assert (await link.get_attribute("href") or "").startswith(f"{far.origin}/follow?u=https%3A%2F%2F")
                    await expect(page.locator(".follow-status.is-error")).to_have_count(0)
                    assert page.url in (url, f"{url}follow")
                    assert witness.hosts == {f"127.0.0.1:{port}"}


async def test_an_address_that_is_not_https_is_never_a_link(studio: Studio, url: str, chromium: Browser) -> None:
    studio.follow_invitations.shown = LONG
    async with visit(chromium, url) as (page, _):
        body = '{"redirectUrl": "javascript:alert(1)"}'
        await page.route("**/api/remotefollow", lambda route: route.fulfill(body=body, content_type="application/json"))
        await page.locator("details.follow > summary").click()
        await page.get_by_label("Your account").fill("ann@remote.example")
        await page.keyboard.press("Enter")
        await expect(page.locator(".follow-status.is-error")).to_have_text("That did not work. Try again.")
        await expect(page.locator(".follow-target")).to_be_hidden()
