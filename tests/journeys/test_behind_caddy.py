"""The shipped Caddyfile, run by a real Caddy with TLS in front of a node: what people reach comes through it."""

import asyncio
import contextlib
import json
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from media import m3u8
from tests.house.tree import ROOT
from tests.kit.asking import basic
from tests.kit.chatclient import ChatClient
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import PASSWORD, LiveNode, live_node
from tests.kit.postgres import free_port

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
CADDY = "127.0.0.1"
VISITOR = "127.0.0.7"  # an address of this machine that is not the proxy's

pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed (apt install caddy)")


@dataclass(frozen=True, slots=True)
class Front:
    """The node as visitors reach it."""

    url: str
    plain_port: int  # without TLS
    tls: ssl.SSLContext
    node: LiveNode

    @property
    def visitor(self) -> httpx2.AsyncClient:
        transport = httpx2.AsyncHTTPTransport(verify=self.tls, local_address=VISITOR)
        return httpx2.AsyncClient(base_url=self.url, transport=transport, timeout=30)


def adapted(public_url: str, upstream: str, plain_port: int, folder: Path) -> dict[str, Any]:
    """The shipped Caddyfile as Caddy reads it, without what would touch the machine beside `folder` and these ports."""
    done = subprocess.run(
        ["caddy", "adapt", "--config", ROOT / "deploy" / "Caddyfile"],
        env={**os.environ, "FEDISTREAM_PUBLIC_URL": public_url, "UPSTREAM": upstream},
        check=True,
        capture_output=True,
        text=True,
    )
    config: dict[str, Any] = json.loads(done.stdout)
    config["admin"] = {"disabled": True, "config": {"persist": False}}
    config["storage"] = {"module": "file_system", "root": str(folder)}
    config["apps"]["http"]["http_port"] = plain_port
    config["apps"]["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
    return config


@contextlib.asynccontextmanager
async def caddy(public_url: str, upstream: str, plain_port: int, folder: Path) -> AsyncIterator[ssl.SSLContext]:
    """A running Caddy. Gives the TLS of who trusts its own authority, which signs for names of this machine."""
    config = folder / "caddy.json"
    config.write_text(json.dumps(adapted(public_url, upstream, plain_port, folder)))
    with (folder / "caddy.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            "caddy", "run", "--config", config, env={**os.environ, "HOME": str(folder)}, stdout=log, stderr=log
        )
    root = folder / "pki" / "authorities" / "local" / "root.crt"
    try:
        async with asyncio.timeout(30):
            while not (root.exists() and "serving initial configuration" in (folder / "caddy.log").read_text()):
                assert process.returncode is None, (folder / "caddy.log").read_text()
                await asyncio.sleep(0.05)
        yield ssl.create_default_context(cafile=str(root))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def front(folder: Path) -> AsyncIterator[Front]:
    """A live node behind Caddy, which alone it believes."""
    public_url, plain_port = f"https://{CADDY}:{free_port()}", free_port()
    (folder / "caddy").mkdir()
    async with (
        live_node(folder / "node", public_url=public_url, trusted_proxies=CADDY) as node,
        caddy(public_url, f"{CADDY}:{node.web_port}", plain_port, folder / "caddy") as tls,
    ):
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        yield Front(public_url, plain_port, tls, node)
        await encoder.die()


async def test_pages_playlists_and_the_chat_come_through_caddy_with_the_visitors_address(tmp_path: Path) -> None:
    async with front(tmp_path) as there, there.visitor as visitor:
        page = await visitor.get("/")
        assert page.status_code == 200
        assert "<media-controller" in page.text
        plain = await visitor.get(f"http://{CADDY}:{there.plain_port}/")
        assert plain.status_code == 308
        assert plain.headers["location"].startswith(f"https://{CADDY}")

        # a playlist that does not exist yet is answered the moment it does
        playlist = m3u8.parse((await visitor.get("/hls/0/stream.m3u8")).text)
        assert isinstance(playlist, m3u8.MediaPlaylist)
        coming = playlist.media_sequence + len(playlist.segments) + 1
        began = time.monotonic()
        answers = [await visitor.get(f"/hls/0/stream.m3u8?_HLS_msn={coming + turn}&_HLS_part=0") for turn in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert 0.5 < time.monotonic() - began < 10

        await chats(there, visitor)
        await is_seen_with_its_own_address(there, visitor)


async def chats(there: Front, visitor: httpx2.AsyncClient) -> None:
    token = (await visitor.post("/api/chat/register", json={"displayName": "Ann"})).json()["accessToken"]
    url = there.url.replace("https://", "wss://")
    async with connect(f"{url}/ws?accessToken={token}", ssl=there.tls) as raw:
        client = ChatClient(raw)
        await client.say("hello")
        assert "hello" in (await client.bodies(1))[0]


async def is_seen_with_its_own_address(there: Front, visitor: httpx2.AsyncClient) -> None:
    """Check the address of a visitor who sends a false X-Forwarded-For."""
    await visitor.get("/hls/stream.m3u8", headers={"user-agent": "VLC", "X-Forwarded-For": "203.0.113.9"})
    viewers = (await there.node.http.get("/api/admin/viewers", headers=basic(PASSWORD))).json()
    assert [viewer["ipAddress"] for viewer in viewers if viewer["userAgent"] == "VLC"] == [VISITOR]


def test_the_caddyfile_is_written_as_caddy_would_write_it() -> None:
    done = subprocess.run(
        ["caddy", "fmt", "--diff", ROOT / "deploy" / "Caddyfile"], check=True, capture_output=True, text=True
    )
    assert not [line for line in done.stdout.splitlines() if line.startswith(("+", "-"))]
