"""The same node on PostgreSQL, by RTMPS, and for a channel that is not the home channel; and what the admin can do."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from media.rtmp import PublishFailed, connect
from tests.kit import certificates
from tests.kit.asking import basic
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe, flv_tags
from tests.kit.livenode import KEY, PASSWORD, LiveNode, live_node
from tests.kit.postgres import Postgres

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
ADMIN = basic(PASSWORD)


async def plays(node: LiveNode) -> None:
    await node.until("live")
    top = await node.http.get("/hls/stream.m3u8")
    assert top.status_code == 200
    assert "RESOLUTION=160x90" in top.text


async def test_a_broadcast_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    async with live_node(tmp_path, database_url=postgres.make()) as node:
        encoder = await Encoder.start(node.publish_url, CLIP)
        await plays(node)
        await encoder.die()
        assert (await node.until("waiting"))["online"]
    assert not (tmp_path / "fedistream.db").exists()


async def test_a_broadcast_by_rtmps(tmp_path: Path) -> None:
    (tmp_path / "node.pem").write_bytes(certificates.pem())
    pem = tmp_path / "node.pem"
    async with live_node(tmp_path, rtmps_port=0, tls_cert=pem, tls_key=pem) as node:
        client = await connect(f"{node.welcome.rtmps_url}/{KEY}", tls_context=certificates.client_context())
        encoder = Encoder(client, flv_tags(CLIP), 2_000)
        await plays(node)
        await encoder.stop()
        await node.until("offline")


async def test_a_wrong_key_is_told_and_seen_by_the_admin_without_the_key(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        with pytest.raises(PublishFailed) as failed:
            await connect(f"{node.welcome.rtmp_url}/not-the-right-key")
        assert failed.value.code == "NetStream.Publish.BadName"
        log = (await node.http.get("/api/admin/logs/warnings", headers=ADMIN)).text
        assert "127.0.0.1" in log
        assert "not-the-right-key" not in log
        assert (await node.status())["online"] is False


async def test_the_admin_sees_the_encoder_and_sends_it_away(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        status = (await node.http.get("/api/admin/status", headers=ADMIN)).json()
        assert status["broadcaster"]["remoteAddr"].startswith("127.0.0.1")
        assert status["broadcaster"]["streamDetails"]["width"] == 160
        ended = await node.http.post("/api/admin/disconnect", headers=ADMIN)
        assert ended.json() == {"success": True, "message": "inbound stream disconnected"}
        await node.until("offline", within_s=5)
        assert await encoder.client.wait_closed() is not None
        await encoder.die()


async def test_a_second_encoder_with_the_same_key_takes_over_for_the_same_viewers(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        first = await Encoder.start(node.publish_url, CLIP)
        await plays(node)
        second = await Encoder.start(node.publish_url, Recipe(seconds=2, size=(320, 180), fps=15, gop=30))
        failure = await first.client.wait_closed()
        assert failure is not None
        assert "took over" in str(failure)
        await first.die()
        await asyncio.sleep(0.5)  # the first part of the second encoder
        playlist = await node.http.get("/hls/0/stream.m3u8")
        assert "#EXT-X-DISCONTINUITY\n" in playlist.text
        assert "ENDLIST" not in playlist.text
        await second.stop()


async def test_a_viewer_is_counted_by_playlist_and_by_ping(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        await node.http.get("/hls/stream.m3u8", headers={"user-agent": "VLC"})
        async with httpx2.AsyncClient(base_url=node.url, headers={"user-agent": "Browser"}) as browser:
            await browser.get("/api/ping")
        assert (await node.status())["viewerCount"] == 2
        viewers = (await node.http.get("/api/admin/viewers", headers=ADMIN)).json()
        assert {viewer["userAgent"] for viewer in viewers} == {"VLC", "Browser"}
        await encoder.stop()
