"""The chat of a whole node as people live it: two viewers and a moderator in Chromium, a stream, a lost connection."""

from pathlib import Path

import httpx2
from playwright.async_api import Page, expect

from tests.kit import browser
from tests.kit.asking import basic
from tests.kit.browser import until, visit
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.forwarder import forwarder
from tests.kit.livenode import PASSWORD, LiveNode, live_node

CLIP = Recipe(seconds=4, size=(320, 180), fps=15, gop=15, kbps=150)
ADMIN = basic(PASSWORD)
SEEN = ("WebSocket connection to", "Failed to load resource")  # a player that begins, a socket that is cut


async def own_name(page: Page) -> str:
    name = page.locator(".chat-identity bdi")
    await expect(name).to_be_visible(timeout=browser.PATIENCE_MS)
    return await name.inner_text()


async def say(page: Page, words: str) -> None:
    field = page.get_by_label("Message", exact=True)
    await expect(field).to_be_editable(timeout=browser.PATIENCE_MS)
    await field.fill(words)
    await field.press("Enter")


async def sees(page: Page, words: str) -> None:
    await expect(page.locator(".line:not(.is-hidden) .line-text", has_text=words)).to_be_visible(
        timeout=browser.PATIENCE_MS
    )


async def make_moderator(node: LiveNode, name: str) -> None:
    clients = (await node.http.get("/api/admin/chat/clients", headers=ADMIN)).json()
    user = next(client["user"] for client in clients if client["user"]["displayName"] == name)
    body = {"userId": user["id"], "isModerator": True}
    answer = await node.http.post("/api/admin/chat/users/setmoderator", headers=ADMIN, json=body)
    assert answer.status_code == 200


async def watches(page: Page) -> None:
    await until(page, "v && v.currentTime > 0.5 && !v.paused && v.videoWidth")


async def act(page: Page, words: str, *buttons: str) -> None:
    """Open what can be done with a message, and do it."""
    await page.locator(".line", has_text=words).locator("button.author").click()
    for button in buttons:
        await page.get_by_role("button", name=button).click()


@browser.NEEDED
async def test_two_viewers_talk_a_moderator_bans_one_and_the_others_line_is_cut_and_misses_nothing(
    tmp_path: Path,
) -> None:
    async with (
        live_node(tmp_path) as node,
        forwarder(node.web_port, "198.51.100.1") as anns,
        forwarder(node.web_port, "198.51.100.2") as bos,
        browser.browser() as chromium,
        visit(chromium, anns.url) as (ann, ann_saw),
        visit(chromium, bos.url) as (bo, bo_saw),
        visit(chromium, node.url) as (moderator, moderator_saw),
    ):
        ann_saw.expected = bo_saw.expected = moderator_saw.expected = SEEN
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        await watches(ann)
        await watches(bo)
        await say(ann, "hello **boats**")
        await sees(bo, "hello boats")
        await say(bo, "buy my coins")
        await sees(ann, "buy my coins")

        await make_moderator(node, await own_name(moderator))
        await moderator.reload()
        await expect(moderator.locator("#chat.is-moderator")).to_be_visible(timeout=browser.PATIENCE_MS)
        await act(moderator, "buy my coins", "Hide message")
        for page in (ann, bo):
            await expect(page.get_by_text("buy my coins")).to_be_hidden(timeout=browser.PATIENCE_MS)
        await say(bo, "but they are cheap")
        await sees(ann, "but they are cheap")
        await act(moderator, "but they are cheap", "Ban user", "Confirm ban")
        await expect(bo.locator(".chat-status")).to_contain_text("banned you", timeout=browser.PATIENCE_MS)
        await expect(ann.get_by_text("but they are cheap")).to_be_hidden(timeout=browser.PATIENCE_MS)
        await sees(ann, "has been removed from chat")
        async with httpx2.AsyncClient(base_url=bos.url) as again:
            assert (await again.post("/api/chat/register", json={})).status_code == 403
            assert (await again.get("/api/status")).json()["online"] is True, "watching is open to everybody"
            hands = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
            key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
            assert (await again.get("/ws?accessToken=x", headers=hands | key)).status_code == 403
        await bo.evaluate("localStorage.clear()")
        await bo.reload()
        await expect(bo.locator(".chat-status")).to_contain_text("refused the connection", timeout=browser.PATIENCE_MS)
        await watches(bo)

        anns.cut()
        await expect(ann.locator(".chat-status")).to_contain_text("lost", timeout=browser.PATIENCE_MS)
        for n in range(3):
            await say(moderator, f"said meanwhile {n}")
            await sees(moderator, f"said meanwhile {n}")
        anns.down = False
        await sees(ann, "said meanwhile 2")
        assert await ann.locator(".line .line-text", has_text="meanwhile").all_inner_texts() == [
            f"said meanwhile {n}" for n in range(3)
        ]
        await say(ann, "back again")
        await sees(moderator, "back again")
        await encoder.stop()
