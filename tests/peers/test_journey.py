"""The fediverse as people live it: a stream starts, followers elsewhere hear of it, and what they do is in the chat."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.kit import browser, fedify
from tests.kit.certificates import Authority
from tests.kit.encoder import Encoder
from tests.kit.federating import federated_node
from tests.kit.fedify import Fedify
from tests.kit.footage import Recipe

pytestmark = pytest.mark.timeout(180)
CLIP = Recipe(seconds=4, size=(320, 180), fps=15, gop=15, kbps=150)
SEEN = ("WebSocket connection to", "Failed to load resource")  # a player that begins


async def tells(place: Locator, words: str) -> None:
    await expect(place).to_contain_text(words, timeout=browser.PATIENCE_MS)


@browser.NEEDED
async def test_a_stream_is_announced_and_what_a_follower_elsewhere_does_stands_beside_the_video(
    tmp_path: Path, secure_peer: tuple[str, str], private_authority: Authority
) -> None:
    origin, control = secure_peer
    async with (
        federated_node(tmp_path, authority=private_authority) as home,
        fedify.client(control) as told,
        browser.browser() as chromium,
        browser.visit(chromium, home.origin, ignore_https_errors=True) as (page, saw),
    ):
        saw.expected = SEEN
        rosa, settings = Fedify(origin, told).account("rosa"), home.node.node.features.settings
        await settings.change("notice.delay_s", 0)
        await settings.change("federation.replies", "on")
        await home.change("streamtitle", "Evening locks")

        follow = await rosa.do("follow", home.us, object=home.us)
        await rosa.peer.activity("Accept", home.us, id=follow["id"])
        chat = page.locator("#chat")
        await tells(chat, "Rosa of Fedify followed")

        encoder = await Encoder.start(home.node.publish_url, CLIP)
        await browser.until(page, "v && v.currentTime > 1")
        notice = (await rosa.peer.activity("Create", home.us, about="Evening locks"))["read"]["object"]
        await rosa.do("like", home.us, object=notice["id"])
        await tells(chat, "Rosa of Fedify liked")
        await rosa.do("write", home.us, name="rosa1", about=notice["id"], content="<p>What a <b>lock</b>!</p>")
        line = chat.locator(".line:not(.is-hidden)").filter(has_text="Rosa of Fedify").filter(has_text="What a")
        await tells(line, "What a lock!")
        await rosa.do("edit", home.us, name="rosa1", content="<p>What a gate!</p>")
        await tells(line, "What a gate!")
        await rosa.do("delete", home.us, name="rosa1")
        await expect(line).to_have_count(0, timeout=browser.PATIENCE_MS)
        before = await page.evaluate("document.querySelector('video').currentTime")
        await browser.until(page, f"v.currentTime > {before}")

        await encoder.stop()
        update = await rosa.peer.activity("Update", home.us, id=notice["id"], about="ended")
        assert update["status"] == 202
