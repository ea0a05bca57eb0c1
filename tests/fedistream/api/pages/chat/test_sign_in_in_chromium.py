"""Signing in on the page, in Chromium: by a code and by way of a website, with a room in the hands of the test."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.fedistream.api.pages.test_fitness_in_chromium import PHONE, faults
from tests.kit import browser
from tests.kit.browser import until, visit
from tests.kit.fake_chat import FakeChat
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

FRAME = "/embed/chat/readwrite"


@pytest.fixture
def studio(studio: Studio) -> Studio:
    studio.settings.values |= {"node.public_url": "https://node.example", "federation.enabled": True}
    return studio


@pytest.fixture
def context() -> dict[str, Any]:
    return {"viewport": {"width": 400, "height": 700}}


@pytest.fixture
def complaints() -> tuple[str, ...]:
    return ("Failed to load resource",)


async def opened(page: Page) -> None:
    await page.locator(".chat-identity").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_code_is_asked_for_typed_in_and_the_badge_is_there(page: Page, room: FakeChat) -> None:
    await opened(page)
    await page.get_by_label("Your fediverse account").fill("@ann@social.example ")
    await page.get_by_role("button", name="Send code").click()
    await expect(page.get_by_text("A code was sent to @ann@social.example")).to_be_visible()
    field = page.get_by_label("Code")
    await expect(field).to_be_focused()
    await field.fill("111111")
    await field.press("Enter")
    await expect(page.locator(".sign-in [role=alert]")).to_have_text("code is not the one that was sent")
    await field.fill(room.code)
    await field.press("Enter")
    await expect(page.get_by_text("You are signed in.")).to_be_visible()
    await expect(page.get_by_label("Your own website")).to_be_hidden()
    await expect(page.locator(".chat-identity .name-badge")).to_have_attribute("title", "Signed in")
    assert [asked for asked in room.calls if "/auth/" in asked[0]] == [
        ("/api/auth/fediverse", {"account": "@ann@social.example"}),
        ("/api/auth/fediverse/verify", {"code": "111111"}),
        ("/api/auth/fediverse/verify", {"code": room.code}),
    ]


async def test_signing_in_as_a_known_user_restores_their_name(page: Page, room: FakeChat) -> None:
    room.known = room.user("Ann Archer")
    await opened(page)
    await page.get_by_label("Your fediverse account").fill("ann@social.example")
    await page.keyboard.press("Enter")
    await page.get_by_label("Code").fill(room.code)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Ann Archer")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="You are Ann Archer")).to_be_visible()
    assert not room.received


async def test_a_mistyped_account_can_be_changed(page: Page) -> None:
    await opened(page)
    account = page.get_by_label("Your fediverse account")
    await account.fill("ann@typo.example")
    await account.press("Enter")
    await page.get_by_role("button", name="Use another account").click()
    await expect(account).to_be_focused()
    await expect(page.get_by_label("Code")).to_be_hidden()


async def test_the_servers_words_are_told_also_when_it_says_not_now(page: Page, room: FakeChat) -> None:
    await opened(page)
    room.sign_in_error = "too many requests, try again in 9 seconds"
    for label in ("Your fediverse account", "Your own website"):
        field = page.get_by_label(label)
        await field.fill("ann@social.example")
        await field.press("Enter")
        await expect(page.locator(".sign-in [role=alert]")).to_have_text(room.sign_in_error)


async def test_a_website_leads_away_and_back(page: Page, room: FakeChat, url: str) -> None:
    room.website = f"{url}{FRAME}?sign-in=denied"
    await opened(page)
    await page.get_by_label("Your own website").fill("ann.example")
    await page.get_by_label("Your own website").press("Enter")
    alert = page.locator(".sign-in [role=alert]")
    await expect(alert).to_have_text("Not signed in: you or your website declined. Try again if you want to sign in.")
    assert ("/api/auth/indieauth", {"authHost": "ann.example"}) in room.calls
    assert page.url == url + FRAME, "a reload tells nothing twice"
    await page.keyboard.press("Escape")
    await expect(alert).to_be_hidden()


@pytest.mark.parametrize("redirect", ["javascript:document.title='caught'", "no address", ""])
async def test_the_page_goes_nowhere_but_to_websites(page: Page, room: FakeChat, redirect: str, url: str) -> None:
    room.website = redirect
    await opened(page)
    await page.get_by_label("Your own website").fill("ann.example")
    await page.get_by_label("Your own website").press("Enter")
    await expect(page.locator(".sign-in [role=alert]")).to_have_text("That did not work. Try again.")
    assert page.url == url + FRAME
    assert await page.title() != "caught"


@pytest.mark.parametrize("reason", ["<b>x", "", "constructor"])
async def test_an_address_puts_no_words_on_the_page(page: Page, url: str, room: FakeChat, reason: str) -> None:
    await page.goto(f"{url}{FRAME}?sign-in={reason}")
    await room.joined()
    await expect(page.locator(".chat-identity")).to_be_visible()
    assert await page.locator("dialog[open]").count() == 0


async def test_in_a_chat_for_the_signed_in_the_field_leads_to_the_sign_in(
    url: str, chromium: Browser, room: FakeChat, studio: Studio
) -> None:
    studio.settings.values["chat.signed_in_only"] = True
    async with visit(chromium, url + FRAME, viewport={"width": 400, "height": 700}) as (page, _):
        field = page.get_by_label("Message", exact=True)
        await expect(field).to_have_attribute("placeholder", "Sign in to write a message")
        await field.click()
        await expect(page.get_by_label("Your fediverse account")).to_be_focused()
        await page.get_by_label("Your fediverse account").fill("ann@social.example")
        await page.keyboard.press("Enter")
        await page.get_by_label("Code").fill(room.code)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("You are signed in.")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(field).to_have_attribute("placeholder", "Write a message")
        await field.fill("at last")
        await field.press("Enter")
        assert (await room.wait_for("CHAT"))["body"] == "at last"


async def test_a_node_that_cannot_be_come_back_to_offers_no_sign_in(
    url: str, chromium: Browser, room: FakeChat, studio: Studio
) -> None:
    studio.settings.values["federation.enabled"] = False
    async with visit(chromium, url + FRAME) as (page, _):
        await opened(page)
        await expect(page.get_by_label("Your fediverse account")).to_have_count(0)
        await expect(page.get_by_label("Your own website")).to_be_visible()
    studio.settings.values["node.public_url"] = ""
    async with visit(chromium, url + FRAME) as (page, _):
        await page.locator(".chat-identity").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)


async def test_within_another_sites_frame_no_website_is_gone_to(url: str, chromium: Browser, studio: Studio) -> None:
    studio.elsewhere = f"<!doctype html><title>x</title><iframe src='{url}{FRAME}' width=400 height=600></iframe>"
    async with visit(chromium, f"{url}/elsewhere") as (page, _):
        frame = page.frame_locator("iframe")
        await frame.locator(".chat-identity").click()
        await expect(frame.get_by_label("Your fediverse account")).to_be_visible()
        await expect(frame.get_by_label("Your own website")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_dialog_is_for_everybody_and_fits_a_phone(
    url: str, chromium: Browser, room: FakeChat, scheme: str
) -> None:
    async with visit(chromium, f"{url}/", viewport=PHONE, color_scheme=scheme) as (page, witness):
        witness.expected = ("Failed to load resource",)  # there is nothing to play
        await room.joined()
        await opened(page)
        assert not await faults(page)
        await until(page, "document.documentElement.scrollWidth <= innerWidth")
        await until(
            page, "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth"
        )
        await page.get_by_label("Your fediverse account").fill("ann@social.example")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Code")).to_be_visible()
        assert not await faults(page)
