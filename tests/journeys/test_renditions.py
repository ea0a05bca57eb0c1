"""Renditions of a real encoder's stream: what the admin configures is what players get, and ffprobe accepts it."""

import asyncio
import json
import shutil
from pathlib import Path

import httpx2
import pytest

from media import m3u8
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import PASSWORD, LiveNode, live_node

CLIP = Recipe(seconds=4, size=(640, 360), fps=30, gop=30)
ROWS = [
    {"name": "Source", "videoPassthrough": True, "audioPassthrough": True},
    {"name": "Small", "videoBitrate": 300, "audioBitrate": 64, "scaledHeight": 180, "cpuUsageLevel": 0},
    {"name": "Radio", "audioOnly": True},
]


async def configured(node: LiveNode, rows: object) -> httpx2.Response:
    return await node.http.post(
        "/api/admin/config/video/streamoutputvariants", json={"value": rows}, auth=("admin", PASSWORD)
    )


async def variants(node: LiveNode, count: int) -> dict[str | None, m3u8.Variant]:
    async with asyncio.timeout(60):
        while True:
            answer = await node.http.get("/hls/stream.m3u8")
            if answer.status_code == 200:
                found = m3u8.parse(answer.text)
                assert isinstance(found, m3u8.MultivariantPlaylist)
                if len(found.variants) == count:
                    return {each.name: each for each in found.variants}
            await asyncio.sleep(0.2)


async def probed(url: str) -> list[dict[str, object]]:
    """The streams that ffprobe finds, with the pictures and sounds that it can decode."""
    process = await asyncio.create_subprocess_exec(
        *("ffprobe", "-v", "error", "-show_streams", "-of", "json", "-read_intervals", "%+1", url), stdout=-1, stderr=-1
    )
    async with asyncio.timeout(60):
        out, complaint = await process.communicate()
    assert process.returncode == 0, complaint
    streams: list[dict[str, object]] = json.loads(out)["streams"]
    return streams


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is missing")
async def test_the_renditions_are_there_for_players_and_change_while_live(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        assert (await configured(node, ROWS)).status_code == 200
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        found = await variants(node, 3)
        assert set(found) == {"Source", "Small", "Radio"}
        assert found["Small"].resolution == (320, 180)
        assert found["Radio"].codecs == "mp4a.40.2"
        listed = (await node.http.get("/api/video/variants")).json()
        assert listed == [{"index": n, "name": name} for n, name in enumerate(("Source", "Small", "Radio"))]
        for name, kinds in (("Source", 2), ("Small", 2), ("Radio", 1)):
            streams = await probed(f"{node.url}hls/{found[name].uri}")
            assert len(streams) == kinds, name
        video = next(
            each for each in await probed(f"{node.url}hls/{found['Small'].uri}") if each["codec_type"] == "video"
        )
        assert (video["width"], video["height"], video["codec_name"]) == (320, 180, "h264")
        assert (await configured(node, ROWS[:1])).status_code == 200
        assert set(await variants(node, 1)) == {"Source"}
        assert (await node.http.get(f"/hls/{found['Small'].uri}")).status_code == 404
        await encoder.stop()
