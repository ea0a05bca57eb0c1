"""The chat of a whole node as people live it: two viewers and a moderator in Chromium, a stream, a lost connection."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.kit import browser
from tests.kit.asking import basic
from tests.kit.browser import visit
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import PASSWORD, LiveNode, live_node

CLIP = Recipe(seconds=4, size=(320, 180), fps=15, gop=15, kbps=150)
ADMIN = basic(PASSWORD)
SEEN = ("WebSocket connection to", "Failed to load resource")  # a player that begins, a socket that is cut


async def own_name(page: Page) -> str:
    name = page.locator(".chat-self bdi")
    await expect(name).to_be_visible(timeout=browser.PATIENCE_MS)
    return await name.inner_text()


async def say(page: Page, words: str) -> None:
    field = page.get_by_label("Message", exact=True)
    await expect(field).to_be_editable(timeout=browser.PATIENCE_MS)
    await field.fill(words)
    await field.press("Enter")


async def sees(page: Page, words: str) -> None:
    await expect(page.locator(".line:not(.gone) .said", has_text=words)).to_be_visible(timeout=browser.PATIENCE_MS)


async def make_moderator(node: LiveNode, name: str) -> None:
    clients = (await node.http.get("/api/admin/chat/clients", headers=ADMIN)).json()
    user = next(client["user"] for client in clients if client["user"]["displayName"] == name)
    body = {"userId": user["id"], "isModerator": True}
    answer = await node.http.post("/api/admin/chat/users/setmoderator", headers=ADMIN, json=body)
    assert answer.status_code == 200


@browser.NEEDED
async def test_two_viewers_chat_a_moderator_hides_and_removes_and_a_cut_line_misses_nothing(tmp_path: Path) -> None:
    async with (
        live_node(tmp_path) as node,
        browser.browser() as chromium,
        visit(chromium, node.url) as (ann, ann_saw),
        visit(chromium, node.url) as (bo, bo_saw),
    ):
        ann_saw.expected = bo_saw.expected = SEEN
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        await own_name(ann)
        await say(ann, "hello **boats**")
        await sees(bo, "hello boats")

        await ann.context.set_offline(True)
        await expect(ann.locator(".chat-notice")).to_contain_text("lost", timeout=browser.PATIENCE_MS)
        await say(bo, "said meanwhile")
        await ann.context.set_offline(False)
        await sees(ann, "said meanwhile")

        await make_moderator(node, await own_name(ann))
        await ann.reload()
        await expect(ann.locator("#chat.moderated")).to_be_visible(timeout=browser.PATIENCE_MS)
        author = ann.locator(".line", has_text="said meanwhile").locator("button.who")
        await author.click()
        await ann.get_by_role("button", name="Hide message").click()
        await expect(bo.get_by_text("said meanwhile")).to_be_hidden(timeout=browser.PATIENCE_MS)
        await author.click()
        await ann.get_by_role("button", name="Remove from chat").click()
        await ann.get_by_role("button", name="Really remove?").click()
        await expect(bo.locator(".chat-notice")).to_contain_text("removed you", timeout=browser.PATIENCE_MS)
        await encoder.stop()
