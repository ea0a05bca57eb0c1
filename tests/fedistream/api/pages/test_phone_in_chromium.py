"""The watch page with its chat on a phone: the picture and the field are in sight at once, whatever else is."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.fedistream.api.pages.test_fitness_in_chromium import SCHEMES, faults
from tests.kit import browser, onair
from tests.kit.browser import until, visit
from tests.kit.fake_chat import FakeChat
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

UPRIGHT, ASIDE, TABLET, DESK = (
    {"width": width, "height": height} for width, height in ((360, 640), (640, 360), (768, 1024), (1366, 768))
)
KEYBOARDS = [
    ({"width": 360, "height": 640}, 380),
    ({"width": 412, "height": 915}, 440),
    ({"width": 640, "height": 360}, 180),
]
STORY = ("Failed to load resource",)  # an air that no streamer made has no playlist


@pytest.fixture
def room() -> FakeChat:
    room = FakeChat()
    ann = room.user("Ann")
    for n in range(40):
        link = f'<a href="https://links.example/{n}">links.example/{n}</a>'
        room.log.append(room.event("CHAT", body=f"<p>line {n} {link}</p>", user=dict(ann)))
    return room


@pytest.fixture
def studio(room: FakeChat) -> Studio:
    studio = Studio(fake_chat=room)
    studio.settings.values["chat.enabled"] = True
    studio.settings.values["channel.page_content"] = "\n\n".join(f"Paragraph {n}." for n in range(60))
    studio.broadcasts.shown = onair.live()
    return studio


async def open_chat(page: Page) -> None:
    await expect(page.locator("#chat")).to_have_attribute("data-state", "open")
    await expect(page.get_by_text("line 39")).to_be_attached()


async def whole_in_sight(page: Page, selector: str) -> None:
    await until(
        page,
        f"""(box => box.top >= 0 && box.left >= 0 && box.width > 40 && box.height > 40
        && box.bottom <= innerHeight + 0.5 && box.right <= innerWidth + 0.5)
        (document.querySelector('{selector}').getBoundingClientRect())""",
    )


@pytest.mark.parametrize("size", [UPRIGHT, ASIDE, TABLET, DESK], ids=["upright", "on its side", "tablet", "desk"])
async def test_picture_log_and_field_are_in_sight_at_once(url: str, chromium: Browser, size: dict[str, int]) -> None:
    async with visit(chromium, url, viewport=size) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        for part in (".player", ".chat-log", ".chat-composer"):
            await whole_in_sight(page, part)
        await expect(page.get_by_text("line 39")).to_be_in_viewport()
        await page.mouse.move(size["width"] - 60, size["height"] - 120)
        await page.mouse.wheel(0, -600)  # reading up the log leaves the picture where it is
        await expect(page.get_by_text("line 39")).not_to_be_in_viewport()
        await whole_in_sight(page, ".player")
        assert await page.evaluate("document.documentElement.scrollWidth") == size["width"]


@pytest.mark.parametrize(("size", "left"), KEYBOARDS, ids=["upright", "large", "on its side"])
async def test_with_the_keyboard_up_one_watches_and_writes(
    url: str, chromium: Browser, size: dict[str, int], left: int
) -> None:
    async with visit(chromium, url, viewport=size, has_touch=True, is_mobile=True) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        await page.locator("#chat-input").tap()
        await page.set_viewport_size({"width": size["width"], "height": left})  # as Chrome and Firefox do on Android
        for part in (".player", ".chat-log", ".chat-composer"):
            await whole_in_sight(page, part)
        await expect(page.get_by_text("line 39")).to_be_in_viewport()
        await page.keyboard.type("good morning")
        await page.keyboard.press("Enter")
        await page.set_viewport_size({"width": size["width"], "height": size["height"]})
        await expect(page.get_by_role("tab", name="Chat")).to_be_in_viewport()


async def test_a_keyboard_that_lies_over_the_page_takes_nothing_away(url: str, chromium: Browser) -> None:
    async with visit(chromium, url, viewport=UPRIGHT, has_touch=True, is_mobile=True) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        await page.locator("#chat-input").tap()
        # as Safari does: the page keeps its size, is moved up, and less of it is seen
        await page.evaluate(
            """for (const [name, value] of [["height", 320], ["offsetTop", 90]])
              Object.defineProperty(visualViewport, name, {value, configurable: true});
            visualViewport.dispatchEvent(new Event("resize"));"""
        )
        seen = "(box => box.top >= 90 && box.bottom <= 410.5 && box.height > 40)"
        for part in (".player", ".chat-log", ".chat-composer"):
            await until(page, f"{seen}(document.querySelector('{part}').getBoundingClientRect())")


async def test_the_tab_of_the_chat_counts_what_came_while_another_one_was_shown(
    url: str, chromium: Browser, room: FakeChat
) -> None:
    ann = room.user("Ann")
    async with visit(chromium, url, viewport=UPRIGHT) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        badge, announcer = page.locator(".watch-tabs .unread"), page.locator("#unread-announcer")
        await room.say(ann, "<p>seen at once</p>")
        await expect(page.get_by_text("seen at once")).to_be_visible()
        await expect(badge).to_be_hidden()
        await page.get_by_role("tab", name="About").click()
        await room.say(ann, "<p>one</p>")
        await expect(page.get_by_role("tab", name="Chat 1 new message", exact=True)).to_be_visible()
        await expect(announcer).to_have_text("New message in the chat")
        await announcer.evaluate(
            "line => new MutationObserver(() => { window.said = true }).observe(line, "
            "{childList: true, characterData: true, subtree: true})"
        )
        for n in range(120):
            await room.say(ann, f"<p>more {n}</p>")
        await expect(page.get_by_role("tab", name="Chat 121 new messages", exact=True)).to_be_visible()
        await expect(badge.locator("[aria-hidden]")).to_have_text("99+")
        assert await page.evaluate("window.said") is None, "only the first one is announced"
        assert await faults(page) == []
        await page.get_by_role("tab", name="Chat").click()
        await expect(badge).to_be_hidden()
        await expect(announcer).to_be_empty()
        await expect(page.get_by_role("tab", name="Chat", exact=True)).to_be_visible()
    async with visit(chromium, url, viewport=DESK) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        await room.say(ann, "<p>on a large screen</p>")
        await expect(page.get_by_text("on a large screen")).to_be_visible()
        await expect(page.locator(".watch-tabs .unread")).to_be_hidden()


async def test_tabs_change_what_is_below_the_picture(url: str, chromium: Browser) -> None:
    async with visit(chromium, url, viewport=UPRIGHT) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        about = page.get_by_role("heading", name="About Quiet Waters")
        await expect(about).to_be_hidden()
        await page.get_by_role("tab", name="Chat").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="About")).to_be_focused()
        await expect(page.get_by_role("tab", name="About")).to_have_attribute("aria-selected", "true")
        await expect(about).to_be_in_viewport()
        await expect(page.locator("#chat")).to_be_hidden()
        await page.get_by_text("Paragraph 59.").scroll_into_view_if_needed()
        await whole_in_sight(page, ".player")
        await page.get_by_role("tab", name="Chat").click()
        await whole_in_sight(page, ".chat-composer")
        await page.get_by_role("tab", name="About").click()
        await page.get_by_role("link", name="Skip to the chat").focus()
        await page.keyboard.press("Enter")
        await whole_in_sight(page, ".chat-composer")


@pytest.mark.parametrize("size", [UPRIGHT, ASIDE], ids=["upright", "on its side"])
async def test_a_long_name_does_not_lie_over_the_tabs(
    url: str, chromium: Browser, room: FakeChat, size: dict[str, int]
) -> None:
    async with visit(chromium, url, viewport=size) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        user = {**room.people[next(reversed(room.people))], "displayName": "polite-puffin-of-the-far-north"}
        await room.broadcast(room.event("NAME_CHANGE", user=user, oldName="Guest 1"))
        await expect(page.get_by_role("button", name="You are polite-puffin")).to_be_visible()
        edge = "document.querySelector('.watch-tabs [role=tab]:last-of-type').getBoundingClientRect().right"
        name = "document.querySelector('.chat-identity').getBoundingClientRect()"
        assert await page.evaluate(f"{edge} <= {name}.left")
        assert await page.evaluate(f"{name}.right <= innerWidth")


async def test_at_a_desk_there_are_no_tabs_and_everything_is_there(url: str, chromium: Browser) -> None:
    async with visit(chromium, url, viewport=DESK) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        await expect(page.get_by_role("tab")).to_have_count(0)
        await page.get_by_text("Paragraph 59.").scroll_into_view_if_needed()
        await expect(page.get_by_text("Paragraph 59.")).to_be_in_viewport()


async def test_without_scripts_a_phone_scrolls_the_whole_page(url: str, chromium: Browser) -> None:
    async with visit(chromium, url, viewport=UPRIGHT, java_script_enabled=False) as (page, witness):
        witness.expected = STORY
        await expect(page.get_by_role("tab")).to_have_count(0)
        await page.keyboard.press("End")
        await expect(page.get_by_text("Paragraph 59.")).to_be_in_viewport()


async def test_the_log_is_one_stop_of_the_tab_key_and_a_line_gives_its_links(url: str, chromium: Browser) -> None:
    async with visit(chromium, url, viewport=DESK) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        await page.get_by_role("log").focus()
        await page.keyboard.press("Tab")
        await expect(page.locator("#chat-input")).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await expect(page.get_by_role("log")).to_be_focused()
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="links.example/39", exact=True)).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.locator("#chat-input")).to_be_focused()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_no_fault_on_a_phone(url: str, chromium: Browser, scheme: str) -> None:
    async with visit(chromium, url, viewport=UPRIGHT, color_scheme=scheme) as (page, witness):
        witness.expected = STORY
        await open_chat(page)
        assert await faults(page) == []
        await page.get_by_role("tab", name="About").click()
        assert await faults(page) == []
