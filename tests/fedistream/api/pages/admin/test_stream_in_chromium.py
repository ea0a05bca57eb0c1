"""The admin page in a real browser: what lives by itself, what is asked about, what is copied."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Dialog, expect

from tests.kit import browser, onair
from tests.kit.browser import visit
from tests.kit.studio import PASSWORD, Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]
ADMIN = {"username": "admin", "password": PASSWORD}


@pytest.fixture
def admin_page(url: str) -> str:
    return f"{url}/admin/"


async def test_the_broadcast_appears_and_goes_without_a_reload(
    studio: Studio, admin_page: str, chromium: Browser
) -> None:
    async with visit(chromium, admin_page, http_credentials=ADMIN) as (page, _):
        disconnect = page.get_by_role("button", name="Disconnect")
        await expect(disconnect).to_be_hidden()
        studio.broadcasts.shown = replace(onair.live(), warnings=("Keyframes come every 8 s.",))
        await expect(disconnect).to_be_visible()
        await expect(page.locator("#live-broadcast")).to_contain_text("1920 × 1080")
        await expect(page.get_by_text("Keyframes come every 8 s.")).to_be_visible()
        studio.broadcasts.shown = onair.offline()
        await expect(disconnect).to_be_hidden()


async def test_a_refresh_leaves_what_is_being_typed_alone(studio: Studio, admin_page: str, chromium: Browser) -> None:
    async with visit(chromium, admin_page, http_credentials=ADMIN) as (page, _):
        title = page.get_by_label("Title", exact=True)
        await title.fill("half a ti")
        studio.broadcasts.shown = onair.live()
        await expect(page.locator("#live-broadcast")).to_contain_text("1920 × 1080")
        await expect(title).to_have_value("half a ti")
        await expect(title).to_be_focused()


async def test_disconnecting_is_asked_about_first(studio: Studio, admin_page: str, chromium: Browser) -> None:
    await studio.go_live()
    answers = [False, True]

    async def answer(dialog: Dialog) -> None:
        await (dialog.accept() if answers.pop(0) else dialog.dismiss())

    async with visit(chromium, admin_page, http_credentials=ADMIN) as (page, _):
        page.on("dialog", answer)
        disconnect = page.get_by_role("button", name="Disconnect")
        await disconnect.click()
        assert studio.broadcasts.live_status(1).playable
        await disconnect.click()
        await expect(page.get_by_text("The broadcast was ended.")).to_be_visible()
    assert not studio.broadcasts.live_status(1).playable


async def test_a_stream_key_is_hidden_until_asked_for_and_can_be_copied(admin_page: str, chromium: Browser) -> None:
    rights = ["clipboard-read", "clipboard-write"]
    async with visit(chromium, admin_page, http_credentials=ADMIN, permissions=rights) as (page, _):
        key = page.get_by_text("first-secret-key")
        await expect(key).to_be_hidden()
        await page.get_by_role("button", name="Copy stream key").click()
        await expect(page.get_by_text("Copied.")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == "first-secret-key"
        await expect(key).to_be_hidden()
        await page.get_by_text("Show", exact=True).click()
        await expect(key).to_be_visible()


async def test_where_there_is_no_clipboard_the_key_is_selected(admin_page: str, chromium: Browser) -> None:
    async with visit(chromium, admin_page, http_credentials=ADMIN) as (page, _):
        # as over plain HTTP on a local network
        await page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        await page.get_by_role("button", name="Copy stream key").click()
        await expect(page.get_by_text("copy it with the keyboard")).to_be_visible()
        assert await page.evaluate("getSelection().toString()") == "first-secret-key"


async def test_a_node_that_does_not_answer_is_said_to(studio: Studio, admin_page: str, chromium: Browser) -> None:
    async with visit(chromium, admin_page, http_credentials=ADMIN) as (page, witness):
        witness.expected = ("Failed to load resource",)
        studio.broken = True
        notice = page.get_by_text("No answer from the server.")
        await expect(notice).to_be_visible()
        studio.broken = False
        await expect(notice).to_have_count(0)


async def test_the_forms_work_without_scripts(studio: Studio, admin_page: str, chromium: Browser) -> None:
    context = {"http_credentials": ADMIN, "java_script_enabled": False}
    async with visit(chromium, admin_page, **context) as (page, _):
        await page.get_by_label("Title", exact=True).fill("Evening")
        await page.get_by_role("button", name="Set title").click()
        await expect(page.get_by_text("Title saved.")).to_be_visible()
        await page.get_by_label("Comment for another key").fill("laptop")
        await page.get_by_role("button", name="Add key").click()
        await expect(page.get_by_text("(laptop)")).to_be_visible()
    assert studio.settings.values["channel.title"] == "Evening"


async def test_a_wrong_field_is_led_to(admin_page: str, chromium: Browser) -> None:
    async with visit(chromium, admin_page, http_credentials=ADMIN) as (page, witness):
        witness.expected = ("422",)
        await page.get_by_label("Name", exact=True).fill(" ")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("alert").get_by_role("link", name="Name").click()
        field = page.get_by_label("Name", exact=True)
        await expect(field).to_be_focused()
        await expect(field).to_have_accessible_description("must not be empty")


@pytest.mark.parametrize("password", ["Größe: Paßwörter", "пароль 🔑 よし"])
async def test_a_password_beyond_ascii_opens_the_page(
    studio: Studio, url: str, chromium: Browser, password: str
) -> None:
    studio.people.password = password
    async with visit(chromium, f"{url}/admin/") as (page, _):
        await page.get_by_label("Password").fill(password)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{url}/admin/")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
