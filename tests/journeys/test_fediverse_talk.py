"""Somebody on another server talks to the channel, and the whole node lets the streamer see, decide and answer."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from activitypub.actor import Image
from activitypub.addressing import PUBLIC
from activitypub.strictjson import Json
from tests.journeys.test_chat_on_the_page import make_moderator
from tests.kit import browser
from tests.kit.browser import visit
from tests.kit.fediverse import Peer
from tests.kit.livenode import LiveNode
from tests.kit.neighbourhood import RIGHT, neighbours, until
from tests.kit.pictures import PIXEL


def actor(node: LiveNode) -> str:
    return f"{node.url.rstrip('/')}/federation/user/streamer"


def note(node: LiveNode, ann: Peer, number: str, content: str, **more: Any) -> Json:
    us = actor(node)
    mention = {"type": "Mention", "href": us, "name": "@streamer"}
    made = {"id": f"{ann.id}/notes/{number}", "type": "Note", "attributedTo": ann.id, "content": content}
    return {**made, "to": [PUBLIC], "cc": [us], "tag": [mention], **more}


async def tell(node: LiveNode, ann: Peer, kind: str, thing: Any) -> None:
    answer = await ann.send(f"{actor(node)}/inbox", ann.activity(kind, thing))
    assert answer.status == 202, answer.body


async def replies(node: LiveNode) -> list[Json]:
    answer = await node.http.get("/api/admin/federation/replies", headers=RIGHT)
    found: list[Json] = answer.json()["results"]
    return found


async def decide(node: LiveNode, call: str, **body: object) -> tuple[int, Json]:
    answer = await node.http.post(f"/api/admin/federation/replies/{call}", json=body, headers=RIGHT)
    return answer.status_code, answer.json()


async def test_a_reply_is_held_let_in_answered_and_taken_back(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (node, ann):
        home, messages = node.node.features.channels.home().id, node.node.features.chat.messages
        said = note(node, ann, "1", "<p>Which <b>clay</b>?</p>", summary="pots")
        await tell(node, ann, "Create", said)
        (held,) = await replies(node)
        assert (held["note"], held["name"], held["warning"]) == (said["id"], "Ann <b>of</b> elsewhere", "pots")
        assert (held["body"], held["actor"]) == ("<p>Which <strong>clay</strong>?</p>", ann.id)
        assert await decide(node, "decide", note="https://nobody.example/", approved=True) == (
            404,
            {"success": False, "message": "there is no such reply"},
        )
        assert (await decide(node, "decide", note=said["id"], approved=True))[0] == 200
        assert (await decide(node, "decide", note=said["id"], approved=False))[0] == 400
        assert await replies(node) == []
        async with asyncio.timeout(60):
            while not (lines := await messages.history(home)):
                await asyncio.sleep(0.05)
        assert lines[0].body == "Which clay?"

        status, answered = await decide(node, "answer", note=said["id"], body="Stoneware")
        assert status == 200
        await until(lambda: ann.inbox)
        reply = ann.inbox[-1]["object"]
        assert (reply["id"], reply["inReplyTo"]) == (answered["url"], said["id"])
        assert [line.answers for line in await messages.history(home)] == ["", lines[0].id]

        second = note(node, ann, "2", "buy now")
        await tell(node, ann, "Create", second)
        assert (await decide(node, "decide", note=second["id"], approved=False))[0] == 200
        await tell(node, ann, "Delete", said["id"])
        assert [line.answers for line in await messages.history(home)] == [lines[0].id]


async def test_a_moderator_answers_and_blocks_from_the_chat(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (node, ann):
        await node.node.features.settings.change("federation.replies", "on")
        home, messages = node.node.features.channels.home().id, node.node.features.chat.messages
        await tell(node, ann, "Create", note(node, ann, "1", "hi"))
        async with asyncio.timeout(60):
            while not (lines := await messages.history(home)):
                await asyncio.sleep(0.05)
        visitor = (await node.http.post("/api/chat/register", json={})).json()
        token = {"accessToken": visitor["accessToken"]}
        body = {"userId": visitor["id"], "isModerator": True}
        await node.http.post("/api/admin/chat/users/setmoderator", headers=RIGHT, json=body)

        async def call(name: str, **given: str) -> int:
            answer = await node.http.post(f"/api/chat/replies/{name}", params=token, json=given)
            return int(answer.status_code)

        assert await call("answer", messageId="none", body="hi") == 404
        assert await call("answer", messageId=lines[0].id, body="") == 400
        assert await call("answer", messageId=lines[0].id, body="hello") == 200
        await until(lambda: ann.inbox)
        assert ann.inbox[-1]["object"]["inReplyTo"] == f"{ann.id}/notes/1"
        assert await call("block", messageId=lines[0].id) == 200
        assert [line.answers for line in await messages.history(home)] == [lines[0].id]
        refused = await ann.send(f"{actor(node)}/inbox", ann.activity("Create", note(node, ann, "2", "and again")))
        assert refused.status == 403


@browser.NEEDED
async def test_the_page_shows_remote_authors_and_their_edits(tmp_path: Path) -> None:
    async with (
        neighbours(tmp_path) as (node, ann),
        browser.browser() as chromium,
        visit(chromium, f"{node.url}embed/chat/readwrite") as (page, _),
    ):
        await node.node.features.settings.change("federation.replies", "on")
        ann.pictures["/ann.png"] = PIXEL
        ann.profile["icon"] = Image(f"{ann.server.origin}/ann.png", "image/png")
        name = page.locator(".chat-identity bdi")
        await expect(name).to_be_visible(timeout=browser.PATIENCE_MS)
        await make_moderator(node, await name.inner_text())
        await page.reload()
        await expect(page.locator("#chat.is-moderator")).to_be_visible(timeout=browser.PATIENCE_MS)

        said = note(node, ann, "1", "<p>which <b>clay</b>?</p>")
        await tell(node, ann, "Create", said)
        line = page.locator(".line", has_text="which clay?")
        await expect(line.locator("button.author")).to_have_text("Ann <b>of</b> elsewhere", timeout=browser.PATIENCE_MS)
        await expect(line.locator("a.origin")).to_contain_text("127.0.0.1")
        face = line.locator("img.avatar")
        await expect(face).to_have_js_property("naturalWidth", 1)
        assert str(await face.get_attribute("src")).startswith(f"{node.url}img/remote/")

        await line.locator("button.author").click()
        await page.get_by_role("button", name="Reply on the fediverse").click()
        await page.get_by_label("Public reply").fill("Stoneware")
        await page.get_by_role("button", name="Send reply").click()
        await expect(page.locator(".line", has_text="Stoneware")).to_be_visible(timeout=browser.PATIENCE_MS)
        await until(lambda: ann.inbox)
        assert ann.inbox[-1]["object"]["inReplyTo"] == said["id"]

        await tell(node, ann, "Update", {**said, "content": "<p>which <i>glaze</i>?</p>"})
        line = page.locator(".line", has_text="which glaze? (edited)")
        await expect(line).to_be_visible(timeout=browser.PATIENCE_MS)
        await line.locator("button.author").click()
        await page.get_by_role("button", name="Hide message").click()
        await expect(page.locator(".line.is-hidden", has_text="which glaze?")).to_have_count(1)

        second = note(node, ann, "2", "oops")
        await tell(node, ann, "Create", second)
        await expect(page.locator(".line:not(.is-hidden)", has_text="oops")).to_be_visible(timeout=browser.PATIENCE_MS)
        await tell(node, ann, "Delete", {"id": second["id"], "type": "Tombstone"})
        # not for moderators either, who see what they have hidden themselves
        await expect(page.get_by_text("oops")).to_have_count(0, timeout=browser.PATIENCE_MS)
        await expect(page.locator(".line.is-hidden .line-text")).to_have_text(["which glaze? (edited)", "…"])
