"""The chat on the page, in Chromium, with a room in the hands of the test: joining, reading, writing, moderating."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from tests.fedistream.api.pages.test_fitness_in_chromium import KB, PHONE, faults, page_bytes
from tests.kit import browser, onair
from tests.kit.browser import received, until, visit
from tests.kit.fake_chat import FakeChat
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

FRAME = "/embed/chat/readwrite"
WITH_CHAT = 300 * KB
LOST = ("WebSocket connection to", "Failed to load resource")


def lines(page: Page) -> str:
    return "document.querySelectorAll('.line').length"


async def fill(room: FakeChat, page: Page, number: int) -> None:
    ann = room.user("Ann")
    await room.broadcast(*(room.event("CHAT", body=f"<p>line {n}</p>", user=ann) for n in range(number)))
    await expect(page.get_by_text(f"line {number - 1}", exact=True)).to_be_attached()


AT_END = "(l => l.scrollHeight - l.scrollTop - l.clientHeight < 3)(document.querySelector('.chat-log'))"


async def test_opening_the_page_joins_the_chat_without_a_form(page: Page, room: FakeChat) -> None:
    assert [path for path, _ in room.calls].count("/api/chat/register") == 1
    await expect(page.get_by_role("button", name="You are Guest 1")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="You are Guest 1")).to_be_visible()
    assert [path for path, _ in room.calls].count("/api/chat/register") == 1


async def test_the_history_is_shown_once(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    await room.say(ann, "<p>first</p>")
    await page.reload()
    await room.say(ann, "<p>second</p>")
    await expect(page.locator(".line .line-text")).to_have_text(["first", "second"])


async def test_a_message_goes_out_with_enter_and_stands_in_the_log(page: Page, room: FakeChat) -> None:
    field = page.get_by_label("Message", exact=True)
    await field.fill("hello there")
    await field.press("Shift+Enter")
    await expect(field).to_have_value("hello there\n")
    await field.press("Enter")
    assert (await room.wait_for("CHAT"))["body"] == "hello there"
    await expect(page.locator(".line").last).to_contain_text("hello there")
    await expect(field).to_have_value("")


async def test_a_message_too_large_for_a_frame_stays_in_the_field(page: Page, room: FakeChat) -> None:
    field = page.get_by_label("Message", exact=True)
    await field.fill("ü" * 1100)
    await expect(page.locator("#chat-hint")).to_contain_text("bytes too long")
    await field.press("Enter")
    assert not room.received
    await expect(field).to_have_value("ü" * 1100)


async def test_a_refused_message_returns_to_the_field_before_newer_text(page: Page, room: FakeChat) -> None:
    room.refusal = "<p>You are sending messages <strong>too fast</strong>.</p>"
    field = page.get_by_label("Message", exact=True)
    await field.fill("my long thought")
    await field.press("Enter")
    await expect(field).to_have_value("my long thought")
    await expect(page.locator("#chat-hint")).to_have_text("You are sending messages too fast.")
    room.refusal = ""
    await field.press("Enter")
    await expect(page.locator(".line").last).to_contain_text("my long thought")
    await expect(field).to_have_value("")
    await expect(page.locator("#chat-hint")).to_have_text("")


async def test_an_unanswered_message_returns_to_the_field_when_the_connection_is_lost(
    page: Page, room: FakeChat
) -> None:
    room.silent = True
    field = page.get_by_label("Message", exact=True)
    await field.fill("is this heard?")
    await field.press("Enter")
    await room.wait_for("CHAT")
    await expect(field).to_have_value("")
    await room.cut()
    await expect(field).to_have_value("is this heard?")
    await expect(page.locator("#chat-hint")).to_contain_text("may not have been sent")


async def test_a_refused_name_keeps_the_dialog_open_and_says_why(page: Page, room: FakeChat) -> None:
    room.refusal = "<p>This name is taken.</p>"
    await page.get_by_role("button", name="You are Guest 1").click()
    await page.get_by_label("Name", exact=True).fill("Admin")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").first).to_have_text("This name is taken.")
    await expect(page.get_by_role("dialog")).to_be_visible()
    room.refusal = ""
    await page.get_by_label("Name", exact=True).fill("Skipper")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.get_by_role("button", name="You are Skipper")).to_be_visible()


async def test_a_chat_that_is_switched_off_says_so_and_opens_again(page: Page, room: FakeChat) -> None:
    room.disabled = True
    await room.broadcast({"type": "ERROR_CHAT_DISABLED"})
    await room.cut()
    await expect(page.locator("#chat")).to_have_attribute("data-state", "off")
    await expect(page.locator(".chat-status")).to_have_text("The chat is disabled.")
    await expect(page.get_by_label("Message", exact=True)).to_have_attribute("placeholder", "The chat is disabled.")
    # as when the page is looked at again: it asks at once
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("#chat")).to_have_attribute("data-state", "off")
    room.disabled, room.refuses_sockets = False, True
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("#chat")).to_have_attribute("data-state", "off")
    room.refuses_sockets = False
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("#chat")).to_have_attribute("data-state", "open")
    await expect(page.locator(".chat-status")).to_be_hidden()


async def test_several_events_in_one_frame_are_all_seen_and_unknown_ones_forgotten(page: Page, room: FakeChat) -> None:
    bo = room.user("Bo")
    await room.broadcast(
        room.event("USER_JOINED", user=bo),
        room.event("SOMETHING_NEW", user=bo),
        room.event("__proto__"),
        room.event("NAME_CHANGE", user=bo, oldName="Bob"),
        room.event("SYSTEM", body="<p>Welcome</p>", user={"displayName": "Quiet Waters"}),
        room.event("CHAT_ACTION", body="<p>The stream is <strong>starting</strong></p>"),
        room.event(
            "FEDIVERSE_ENGAGEMENT_LIKE", title="cat@s.example", body="<p>liked it</p>", link="javascript:alert(1)"
        ),
        room.event("USER_PARTED", user=bo),
    )
    said = page.locator(".line")
    await expect(said).to_have_count(6)
    await expect(said.first).to_have_text("Bo joined the chat")
    await expect(said.nth(1)).to_have_text("Bob is now known as Bo")
    await expect(said.nth(4)).to_contain_text("cat@s.example")
    assert await page.locator(".social a").count() == 0
    await expect(said.last).to_have_text("Bo left the chat")


async def test_the_log_keeps_its_place_while_the_reader_has_scrolled_up(page: Page, room: FakeChat) -> None:
    await fill(room, page, 60)
    assert await page.evaluate(AT_END)
    await page.locator(".chat-log").evaluate("log => { log.scrollTop = 100; }")
    await expect(page.get_by_role("button", name="Go to the newest message")).to_be_visible()
    where = "document.querySelector('.line:nth-child(10)').getBoundingClientRect().top"
    before = await page.evaluate(where)
    for n in range(3):
        await room.say(room.user("Bo"), f"<p>news {n}</p>")
    await page.get_by_role("button", name="3 new messages").wait_for()
    assert await page.evaluate(where) == before
    await page.get_by_role("button", name="3 new messages").click()
    await until(page, AT_END)
    await expect(page.locator(".chat-new-messages")).to_be_hidden()


async def test_the_log_has_at_most_two_hundred_lines_and_keeps_the_readers_place(page: Page, room: FakeChat) -> None:
    await fill(room, page, 200)
    await page.locator(".chat-log").evaluate("log => { log.scrollTop = log.scrollHeight / 2; }")
    await expect(page.locator(".chat-new-messages")).to_be_visible()
    await page.evaluate("""() => {
        const middle = document.querySelector('.line:nth-child(110)');
        window.kept = [middle, middle.getBoundingClientRect().top];
    }""")
    await fill(room, page, 50)
    moved = "Math.abs(kept[0].getBoundingClientRect().top - kept[1])"
    assert await page.evaluate(moved) <= 1
    assert await page.evaluate(lines(page)) == 200
    await page.locator(".chat-new-messages").click()
    await room.say(room.user("Bo"), "<p>the end</p>")
    await expect(page.locator(".line").last).to_contain_text("the end")
    assert await page.evaluate(lines(page)) == 200


async def test_a_lost_connection_is_said_and_nothing_is_missing_afterwards(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    seen = await room.say(ann, "<p>before</p>")
    await expect(page.get_by_text("before")).to_be_visible()
    gone = await room.say(ann, "<p>to be hidden</p>")
    await expect(page.get_by_text("to be hidden")).to_be_visible()
    room.refuses_sockets = True
    await room.cut()
    await expect(page.get_by_text("The connection to the chat is lost")).to_be_visible()
    field = page.get_by_label("Message", exact=True)
    await expect(field).not_to_be_editable()
    room.log[:] = [told for told in room.log if told["id"] != gone]
    await room.say(ann, "<p>meanwhile</p>")
    room.refuses_sockets = False
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.get_by_text("meanwhile")).to_be_visible()
    await room.say(ann, "<p>after</p>")
    await expect(page.locator(".line:not(.is-hidden) .line-text")).to_have_text(["before", "meanwhile", "after"])
    assert room.queries[-1]["since"][0] >= seen
    await expect(page.locator(".chat-status")).to_be_hidden()
    await expect(field).to_be_editable()


async def test_a_token_that_nobody_knows_any_more_is_replaced(page: Page, room: FakeChat) -> None:
    room.people.clear()
    await page.reload()
    await expect(page.get_by_role("button", name="You are Guest 2")).to_be_visible()


async def test_a_disabled_user_is_told_so_and_does_not_reconnect(page: Page, room: FakeChat) -> None:
    await room.broadcast(room.event("ERROR_USER_DISABLED"))
    await room.cut()
    await expect(page.get_by_text("A moderator has banned you")).to_be_visible()
    attempts = len(room.queries)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.get_by_label("Message", exact=True)).not_to_be_editable()
    assert len(room.queries) == attempts


async def test_name_and_colour_are_changed_in_one_dialog(page: Page, room: FakeChat) -> None:
    await page.get_by_role("button", name="You are Guest 1").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Skipper")
    await dialog.get_by_label("Colour 5").check(force=True)
    await page.keyboard.press("Enter")
    assert (await room.wait_for("NAME_CHANGE"))["newName"] == "Skipper"
    assert (await room.wait_for("COLOR_CHANGE"))["newColor"] == 4
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("button", name="You are Skipper")).to_be_visible()
    await expect(page.locator(".line").last).to_have_text("Guest 1 is now known as Skipper")


async def test_an_at_offers_the_people_who_were_seen(page: Page, room: FakeChat) -> None:
    for name in ("Ann", "Anton of the Locks", "Bo"):
        await room.say(room.user(name), "<p>hi</p>")
    await expect(page.get_by_text("hi", exact=True)).to_have_count(3)
    field = page.get_by_label("Message", exact=True)
    await field.press_sequentially("well, @an")
    options = page.get_by_role("option")
    await expect(options).to_have_text(["Anton of the Locks", "Ann"])
    await expect(field).to_have_attribute("aria-activedescendant", "chat-suggestions-0")
    await field.press("ArrowDown")
    await field.press("ArrowDown")
    await field.press("Enter")
    await expect(field).to_have_value("well, @Anton of the Locks ")
    assert not room.received
    await field.press_sequentially("@an")
    await field.press("Escape")
    await expect(options).to_have_count(0)


async def test_a_line_that_speaks_to_me_stands_out(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    await room.say(ann, "<p>hello @guest 1!</p>")
    await room.say(ann, "<p>hello @Guest 12</p>")
    await expect(page.locator(".line")).to_have_count(2)
    assert await page.locator(".line").evaluate_all("all => all.map(l => l.classList.contains('mentions-me'))") == [
        True,
        False,
    ]


async def test_emoji_come_from_the_node_and_from_the_picker(page: Page, room: FakeChat) -> None:
    field = page.get_by_label("Message", exact=True)
    await page.get_by_role("button", name="Emoji").click()
    await page.get_by_role("menuitem", name="boat").click()
    await expect(field).to_have_value(":boat: ")
    await page.locator("emoji-picker input[type=search]").fill("grinning face")
    await page.get_by_role("option", name="grinning face", exact=False).first.click()
    await expect(field).to_have_value(":boat: 😀 ")
    await page.keyboard.press("Escape")
    await expect(page.locator(".chat-emoji-picker")).to_be_hidden()
    await expect(field).to_be_focused()
    await field.press_sequentially(":wa")
    await field.press("Tab")
    await expect(field).to_have_value(":boat: 😀 :wave: ")


async def test_outside_the_hours_the_field_says_when_the_chat_opens(
    studio: Studio, url: str, chromium: Browser, room: FakeChat
) -> None:
    studio.broadcasts.shown = replace(onair.offline(), last_ended_at=None)
    async with visit(chromium, url + FRAME) as (page, _):
        await room.joined()
        field = page.get_by_label("Message", exact=True)
        await expect(field).to_have_attribute("placeholder", "The chat opens when the stream is live.")
        await expect(field).not_to_be_editable()


async def test_hidden_messages_go_and_come_back(page: Page, room: FakeChat) -> None:
    rude = await room.say(room.user("Ann"), "<p>rude</p>")
    await expect(page.get_by_text("rude")).to_be_visible()
    await room.broadcast(room.event("VISIBILITY-UPDATE", ids=[rude], visible=False))
    await expect(page.get_by_text("rude")).to_be_hidden()
    await room.broadcast(room.event("VISIBILITY-UPDATE", ids=[rude], visible=True))
    await expect(page.get_by_text("rude")).to_be_visible()


async def test_a_moderator_hides_shows_and_removes_on_the_message_itself(
    url: str, chromium: Browser, room: FakeChat
) -> None:
    room.moderators = True
    async with visit(chromium, url + FRAME) as (page, _):
        await room.joined()
        ann = room.user("Ann", previousNames=["Anna", "Ann"])
        message = await room.say(ann, "<p>rude</p>")
        name = page.get_by_role("button", name="Ann")
        await name.click()
        await page.get_by_role("button", name="Hide message").click()
        line = page.locator(".line", has_text="rude")
        await expect(line).to_have_class("line is-hidden")
        await expect(line).to_be_visible()
        await name.click()
        await page.get_by_role("button", name="Show message").click()
        await expect(line).to_have_class("line")
        await name.click()
        await page.get_by_role("button", name="Details").click()
        await expect(line).to_contain_text("Anna")
        await page.get_by_role("button", name="Ban user").click()
        assert not [path for path, _ in room.calls if path.endswith("setenabled")]
        await expect(page.get_by_role("button", name="Confirm ban")).to_be_focused()
        await page.get_by_label("Reason (for the moderation log)").fill(" was rude ")
        await page.keyboard.press("Enter")
        await expect(page.locator(".line-actions")).to_have_count(0)
    calls = {path: given for path, given in room.calls if given}
    assert calls["/api/chat/messagevisibility"] == {"idArray": [message], "visible": True}
    assert calls["/api/chat/users/setenabled"] == {"userId": ann["id"], "enabled": False, "reason": "was rude"}


async def test_a_user_who_is_no_moderator_can_only_reply(page: Page, room: FakeChat) -> None:
    await room.say(room.user("Ann"), "<p>hi</p>")
    await page.get_by_role("button", name="Ann").click()
    await expect(page.locator(".line-actions button")).to_have_text(["Mention"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("@Ann ")


async def test_the_keyboard_goes_through_the_log_and_back(page: Page, room: FakeChat) -> None:
    for name in ("Ann", "Bo"):
        await room.say(room.user(name), f"<p>from {name}</p>")
    await expect(page.locator(".line")).to_have_count(2)
    await page.locator(".chat-log").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".line").first).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Mention")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(".line").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()


async def test_the_overlay_shows_what_is_said_on_nothing(url: str, chromium: Browser, room: FakeChat) -> None:
    async with visit(chromium, f"{url}/embed/chat/overlay?fade=0.2") as (page, _):
        await room.joined()
        await room.say(room.user("Ann"), "<p>hi</p>")
        await room.broadcast(room.event("USER_JOINED", user=room.user("Bo")))
        await expect(page.locator(".line")).to_have_count(2)
        await expect(page.locator(".line").last).to_be_hidden()
        grounds = "[document.documentElement, document.body, document.getElementById('chat')]"
        colours = await page.evaluate(f"{grounds}.map(e => getComputedStyle(e).backgroundColor)")
        assert set(colours) == {"rgba(0, 0, 0, 0)"}
        await expect(page.locator(".line.is-faded").first).to_be_attached()


async def test_reading_needs_no_field(url: str, chromium: Browser, room: FakeChat) -> None:
    async with visit(chromium, f"{url}/embed/chat") as (page, _):
        await room.joined()
        await room.say(room.user("Ann"), "<p>hi</p>")
        await expect(page.get_by_text("hi")).to_be_visible()
        assert page.url.endswith("/embed/chat/readonly")
        await expect(page.locator("textarea")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", FRAME, "/embed/chat/readonly"])
async def test_axe_finds_no_fault_in_the_chat(
    url: str, chromium: Browser, room: FakeChat, path: str, scheme: str
) -> None:
    async with visit(chromium, url + path, color_scheme=scheme) as (page, witness):
        witness.expected = LOST
        await room.joined()
        for number in range(8):
            await room.say(room.user(f"Ann {number}", displayColor=number), "<p>hello @Guest 1</p>")
        await room.say(room.user("Bo", isBot=True), "<p>a <a href='https://example.com'>link</a></p>")
        await room.broadcast(room.event("SYSTEM", body="<p>Welcome</p>", user={"displayName": "Quiet Waters"}))
        await expect(page.locator(".line")).to_have_count(10)
        assert await faults(page) == []
        if path != "/embed/chat/readonly":
            await page.get_by_role("button", name="You are").click()
            assert await faults(page) == []


async def test_the_live_page_with_chat_is_small(studio: Studio, url: str, chromium: Browser, room: FakeChat) -> None:
    studio.broadcasts.shown = None
    await studio.go_live()
    async with visit(chromium, url) as (page, witness):
        await expect(page.locator('body[data-state="live"]')).to_be_attached()
        await room.joined()
        sizes = await received(witness)
    assert page_bytes(sizes) <= WITH_CHAT


@pytest.mark.parametrize("path", ["/", FRAME])
async def test_the_chat_is_no_wider_than_a_phone(url: str, chromium: Browser, room: FakeChat, path: str) -> None:
    async with visit(chromium, url + path, viewport=PHONE) as (page, witness):
        witness.expected = LOST
        await room.joined()
        await room.say(room.user("W" * 30), f"<p>{'x' * 900}</p><pre>{'y' * 300}</pre>")
        await expect(page.locator(".line")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
