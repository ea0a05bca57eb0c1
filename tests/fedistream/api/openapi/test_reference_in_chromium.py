"""The page of the API in a browser: the search, links to calls and shapes, and what every page owes its readers."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.fedistream.api.pages.test_fitness_in_chromium import PHONE, SCHEMES, faults
from tests.kit import browser
from tests.kit.browser import visit

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]


async def test_the_search_shows_the_calls_that_have_every_word(url: str, chromium: Browser) -> None:
    async with visit(chromium, f"{url}/api/docs") as (page, _):
        calls, found = page.locator("details[data-search]:visible"), page.locator("#api-found")
        everything = await calls.count()
        await expect(found).to_have_text(f"{everything} calls")
        await page.get_by_label("Search the calls").fill("POST  chat register")
        await expect(found).to_have_text("1 call")
        await expect(calls.locator("summary code")).to_have_text(["/api/chat/register"])
        await expect(page.locator("section.api-group:visible")).to_have_count(2)  # its own, and the shapes
        await page.get_by_label("Search the calls").fill("nothing has this")
        await expect(found).to_have_text("0 calls")
        await page.get_by_label("Search the calls").fill("")
        await expect(found).to_have_text(f"{everything} calls")


async def test_a_call_says_what_it_needs_takes_and_answers_and_leads_to_its_shapes(url: str, chromium: Browser) -> None:
    async with visit(chromium, f"{url}/api/docs#post_api_admin_chat_users_setenabled") as (page, _):
        call = page.locator("#post_api_admin_chat_users_setenabled")
        await expect(call).to_have_attribute("open", "")
        for text in ("adminPassword or adminSession", "Owncast 0.0.11", "at most 64 KiB", "413", "application/json"):
            await expect(call.get_by_text(text).first).to_be_visible()
        await call.get_by_role("link", name="UserEnabled").click()
        shape = page.locator("details#UserEnabled")
        await expect(shape).to_have_attribute("open", "")
        await expect(shape.locator("dt").first).to_have_text("userId required")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_no_fault_in_it_and_a_phone_shows_all_of_it(url: str, chromium: Browser, scheme: str) -> None:
    address = f"{url}/api/docs#post_api_chat_register"
    async with visit(chromium, address, color_scheme=scheme, viewport=PHONE) as (page, witness):
        await expect(page.locator("#post_api_chat_register")).to_have_attribute("open", "")
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert witness.hosts == {urlsplit(url).netloc}


async def test_without_scripts_it_is_all_there(url: str, chromium: Browser) -> None:
    async with visit(chromium, f"{url}/api/docs", java_script_enabled=False) as (page, _):
        call = page.locator("#get_api_status")
        await call.locator("summary").click()
        await expect(call.get_by_text("Get the state of the stream")).to_be_visible()
        await expect(call.get_by_role("link", name="Status")).to_be_visible()
