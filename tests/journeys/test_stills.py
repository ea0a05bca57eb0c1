"""A stream of a real encoder: its picture, its page, and what is left of both when it is over."""

import asyncio
import io
from pathlib import Path

import av
import httpx2

from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import LiveNode, live_node

CLIP = Recipe(seconds=2, size=(320, 180), fps=15, gop=15)


async def picture(node: LiveNode, path: str) -> httpx2.Response:
    async with asyncio.timeout(60):
        while (answer := await node.http.get(path)).headers["content-type"] != "image/jpeg":
            await asyncio.sleep(0.1)
    return answer


async def test_a_broadcast_has_a_page_with_a_picture_while_it_is_live_and_afterwards(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        assert (await node.http.get("/thumbnail.jpg")).headers["content-type"] == "image/png"
        assert (await node.http.get("/live/1")).status_code == 404
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        seen = await picture(node, "/thumbnail.jpg")
        with av.open(io.BytesIO(seen.content), "r", format="jpeg_pipe") as container:
            (frame,) = container.decode(video=0)
        assert (frame.width, frame.height) == (320, 180)
        page = await node.http.get("/live/1")
        assert '<template id="player-template">' in page.text
        assert f'content="{node.url}live/1/still.jpg"' in page.text

        await encoder.stop()
        await node.until("offline")
        assert (await node.http.get("/thumbnail.jpg")).headers["content-type"] == "image/png"
        page = await node.http.get("/live/1")
        assert "This broadcast has ended" in page.text
        assert '<img class="article-image" src="/live/1/still.jpg"' in page.text
        assert (await picture(node, "/live/1/still.jpg")).content.startswith(b"\xff\xd8")
    async with live_node(tmp_path) as node:
        assert (await picture(node, "/live/1/still.jpg")).content.startswith(b"\xff\xd8")
