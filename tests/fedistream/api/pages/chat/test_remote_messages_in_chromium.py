"""People from elsewhere on the page, in Chromium: how they look, what becomes of their lines, and what is answered."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.fedistream.api.pages.test_fitness_in_chromium import PHONE, faults
from tests.kit import browser
from tests.kit.browser import visit
from tests.kit.fake_chat import Event, FakeChat, User

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

FRAME = "/embed/chat/readwrite"
LOST = ("WebSocket connection to", "Failed to load resource")
EDITED = "2026-05-01T12:00:00Z"
NOTE = "https://remote.example/@ann/1"
PICTURE = "/img/emoji/boat.png"  # what the fake chat has a picture for


@pytest.fixture
def room() -> FakeChat:
    return FakeChat(moderators=True)


def ann(room: FakeChat, picture: str = PICTURE) -> User:
    address = "ann@remote.example"
    remote = {"name": "Ann", "address": address, "url": "https://remote.example/@ann", "picture": picture}
    return room.user(f"Ann (@{address})", remote=remote, authenticated=True)


async def update(room: FakeChat, message_id: str, **more: object) -> Event:
    """A message says something else."""
    place = next(n for n, told in enumerate(room.log) if told["id"] == message_id)
    room.log[place] = {**room.log[place], **more}
    await room.broadcast(room.event("MESSAGE-UPDATE", message=room.log[place]))
    return room.log[place]


async def test_a_line_from_elsewhere_shows_a_face_a_name_and_where_it_is_from(page: Page, room: FakeChat) -> None:
    await room.say(ann(room), "<p>what clay?</p>", link=NOTE)
    line = page.locator(".line")
    await expect(line.locator("button.author")).to_have_text("Ann")
    await expect(line.locator("img.avatar")).to_have_js_property("complete", True)
    origin = line.locator("a.origin")
    await expect(origin).to_have_text("⁂From the fediverse: remote.example")
    await expect(origin).to_have_attribute("href", NOTE)
    await expect(origin).to_have_attribute("title", "ann@remote.example on the fediverse: open the original")
    # who is elsewhere hears nothing of being spoken to here
    await page.get_by_label("Message", exact=True).fill("@An")
    await expect(page.locator("#chat-suggestions")).to_be_hidden()


@pytest.mark.parametrize("picture", ["", "https://remote.example/ann.png", "javascript:alert(1)", "/img/none.png"])
async def test_without_a_picture_of_this_node_a_letter_stands_in(page: Page, room: FakeChat, picture: str) -> None:
    await room.say(ann(room, picture), "<p>hi</p>", link="javascript:alert(1)")
    await expect(page.locator(".line span.avatar")).to_have_text("A")
    assert await page.locator(".line a.origin").count() == 0
    assert await page.locator(".line img").count() == 0


async def test_content_with_a_warning_is_shown_on_demand(page: Page, room: FakeChat) -> None:
    told = {"warning": "the end", "content": "<p>he dies</p>", "link": NOTE}
    await room.say(ann(room), "<p>the end</p>", **told)
    fold = page.locator(".line details")
    await expect(fold.locator("summary")).to_have_text("the end")
    await expect(page.get_by_text("he dies")).to_be_hidden()
    await fold.locator("summary").press("Enter")
    await expect(page.get_by_text("he dies")).to_be_visible()
    await room.say(ann(room), "", **{**told, "warning": "⚠"})
    await expect(page.locator(".line")).to_have_count(2)
    await expect(page.locator(".line summary").last).to_have_text("Sensitive content")


async def test_an_edit_changes_the_line_where_it_stands(page: Page, room: FakeChat) -> None:
    first = await room.say(ann(room), "<p>teh end</p>", link=NOTE)
    await room.say(room.user("Bo"), "<p>hm</p>")
    await expect(page.locator(".line")).to_have_count(2)
    await update(room, first, body="<p>the end</p>", editedAt=EDITED)
    await expect(page.locator(".line .line-text")).to_have_text(["the end (edited)", "hm"])
    # who was away for the edit reads it in the history
    await page.evaluate("window.before = document.querySelector('.line')")
    room.log[0] = {**room.log[0], "body": "<p>The end.</p>", "editedAt": "2026-05-01T12:01:00Z"}
    await room.cut()
    await expect(page.locator(".line .line-text").first).to_have_text("The end. (edited)", timeout=browser.PATIENCE_MS)
    await expect(page.locator(".line")).to_have_count(2)
    # what is not there any more stays away
    await room.broadcast(room.event("MESSAGE-UPDATE", message={**room.log[0], "id": "gone"}))
    await room.broadcast(room.event("MESSAGE-UPDATE", message="nonsense"))
    await room.say(room.user("Bo"), "<p>last</p>")
    await expect(page.locator(".line")).to_have_count(3)


async def test_what_is_hidden_stays_hidden_when_it_is_edited(page: Page, room: FakeChat) -> None:
    first = await room.say(ann(room), "<p>spam</p>", link=NOTE)
    await room.broadcast(room.event("VISIBILITY-UPDATE", ids=[first], visible=False))
    await expect(page.locator(".line.is-hidden")).to_have_count(1)
    await update(room, first, body="<p>more spam</p>", editedAt=EDITED)
    await expect(page.locator(".line.is-hidden .line-text")).to_have_text("more spam (edited)")


async def test_a_moderator_answers_in_the_channels_name(page: Page, room: FakeChat) -> None:
    question = await room.say(ann(room), "<p>what clay?</p>", link=NOTE)
    await page.locator(".line button.author").click()
    await expect(page.get_by_role("link", name="Open original post")).to_have_attribute("href", NOTE)
    await page.get_by_role("button", name="Reply on the fediverse").click()
    field = page.get_by_label("Public reply")
    await expect(field).to_be_focused()
    await field.fill("Stone")
    await field.press("ArrowLeft")
    await expect(field).to_be_focused()
    await field.press("End")
    await field.press_sequentially("ware")
    await page.get_by_role("button", name="Send reply").click()
    await expect(field).to_have_count(0)
    assert room.calls[-1] == ("/api/chat/replies/answer", {"messageId": question, "body": "Stoneware"})
    told = room.event("SYSTEM", body="<p>@Ann Stoneware</p>", user={"displayName": "Quiet Waters"}, answers=question)
    await room.broadcast(told)
    await page.get_by_role("button", name="Go to the message that this answers").click()
    await expect(page.locator(".line").first).to_be_focused()


async def test_an_answer_that_is_refused_stays_in_the_field(page: Page, room: FakeChat) -> None:
    await room.say(ann(room), "<p>what clay?</p>", link=NOTE)
    await page.locator(".line button.author").click()
    await page.get_by_role("button", name="Reply on the fediverse").click()
    await page.get_by_label("Public reply").fill("Stoneware")
    room.refuses = True
    await page.get_by_role("button", name="Send reply").click()
    await expect(page.locator(".chat-status")).to_have_text("That did not work. Try again.")
    await expect(page.get_by_label("Public reply")).to_have_value("Stoneware")
    room.refuses = False
    await page.get_by_label("Public reply").press("Control+Enter")
    await expect(page.get_by_label("Public reply")).to_have_count(0)


async def test_an_edit_leaves_a_half_typed_answer_and_the_caret_where_they_are(page: Page, room: FakeChat) -> None:
    question = await room.say(ann(room), "<p>wat clay?</p>", link=NOTE)
    await page.locator(".line button.author").click()
    await page.get_by_role("button", name="Reply on the fediverse").click()
    field = page.get_by_label("Public reply")
    await field.fill("Stone, I guess")
    for _ in range(len(", I guess")):
        await field.press("ArrowLeft")
    await update(room, question, body="<p>what clay?</p>", editedAt=EDITED)
    await expect(page.locator(".line .line-text")).to_have_text("what clay? (edited)")
    await expect(field).to_be_focused()
    await page.keyboard.type("ware")
    await expect(field).to_have_value("Stoneware, I guess")
    # who comes back reads the edit in the history
    room.log[0] = {**room.log[0], "body": "<p>What clay?</p>", "editedAt": "2026-05-01T12:01:00Z"}
    await room.cut()
    await expect(page.locator(".line .line-text")).to_have_text("What clay? (edited)", timeout=browser.PATIENCE_MS)
    await expect(field).to_be_focused()
    await expect(page.locator(".line button.author")).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".line-actions")).to_have_count(0)
    await expect(page.locator(".line button.author")).to_have_attribute("aria-expanded", "false")
    assert room.calls[-1] == ("/api/chat/replies/answer", {"messageId": question, "body": "Stoneware, I guess"})


async def test_an_edit_keeps_the_keyboard_focus_on_its_line(page: Page, room: FakeChat) -> None:
    first = await room.say(ann(room), "<p>teh end</p>", link=NOTE)
    await room.say(room.user("Bo"), "<p>hm</p>")
    await expect(page.locator(".line")).to_have_count(2)
    for spot, body in ((page.locator(".line").first, "the end"), (page.locator(".line .origin"), "The end.")):
        await spot.focus()
        await update(room, first, body=f"<p>{body}</p>", editedAt=EDITED)
        await expect(page.locator(".line .line-text").first).to_have_text(f"{body} (edited)")
        await expect(page.locator(".line").first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".line").last).to_be_focused()


async def test_a_moderator_hides_a_line_and_blocks_its_author_after_a_second_thought(
    page: Page, room: FakeChat
) -> None:
    spam = await room.say(ann(room), "<p>spam</p>", link=NOTE)
    await page.locator(".line button.author").click()
    await page.get_by_role("button", name="Hide message").click()
    await expect(page.locator(".line.is-hidden")).to_have_count(1)
    await page.locator(".line button.author").click()
    await page.get_by_role("button", name="Block author").click()
    assert room.calls[-1][0] == "/api/chat/messagevisibility"
    await page.get_by_role("button", name="Confirm block").click()
    await expect(page.locator(".line-actions")).to_have_count(0)
    assert room.calls[-1] == ("/api/chat/replies/block", {"messageId": spam, "reason": ""})


async def test_others_can_open_the_original(url: str, chromium: Browser, room: FakeChat) -> None:
    room.moderators = False
    async with visit(chromium, url + FRAME) as (page, witness):
        witness.expected = LOST
        await room.joined()
        await room.say(ann(room), "<p>hi</p>", link=NOTE)
        await page.locator(".line button.author").click()
        await expect(page.locator(".line-actions > *")).to_have_text(["Open original post"])
        await room.say(ann(room), "<p>ho</p>")
        await expect(page.locator(".line")).to_have_count(2)
        await page.locator(".line button.author").last.click()
        await expect(page.locator(".line-actions > *")).to_have_text(["Close"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (PHONE["width"], PHONE["height"])], ids=["desk", "phone"])
async def test_it_is_fit_to_be_read_by_everybody(
    url: str, chromium: Browser, room: FakeChat, scheme: str, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    async with visit(chromium, url, viewport=viewport, color_scheme=scheme) as (page, witness):
        witness.expected = LOST
        await room.joined()
        long = "and a longer line that shows how words go on below the face and the name"
        question = await room.say(ann(room), f"<p>What clay is it? {long}</p>", link=NOTE)
        await room.say(room.user("Bo"), "<p>nice</p>")
        told = {
            "warning": "how it ends",
            "content": "<p>in pieces</p>",
            "link": NOTE,
            "editedAt": EDITED,
        }
        await room.say(ann(room, ""), "", **told)
        answer = {"displayName": "Quiet Waters"}
        await room.broadcast(
            room.event("SYSTEM", body="<p>@Ann Stoneware.</p>", user=answer, answers=question, link=NOTE)
        )
        like = room.event("FEDIVERSE_ENGAGEMENT_LIKE", body="<p>Cy liked a post.</p>", title="Cy", image="", link=NOTE)
        await room.broadcast({**like, "picture": PICTURE})
        await expect(page.locator(".line")).to_have_count(5)
        await page.locator(".line button.author").first.click()
        await page.get_by_role("button", name="Reply on the fediverse").click()
        assert await faults(page) == []
