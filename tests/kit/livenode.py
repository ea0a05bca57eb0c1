"""A whole node in this process, on ports of its own, with a data folder that is thrown away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from fedistream.app.config import Config
from fedistream.app.node import Node, Welcome

PASSWORD = "a long enough password"
KEY = "stream-key-of-the-tests"


@dataclass(frozen=True, slots=True)
class LiveNode:
    node: Node
    welcome: Welcome
    http: httpx2.AsyncClient  # paths are relative to the watch page

    @property
    def url(self) -> str:
        return self.welcome.watch_url

    @property
    def publish_url(self) -> str:
        return f"{self.welcome.rtmp_url}/{KEY}"

    @property
    def web_port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def rtmp_port(self) -> int:
        port = urlsplit(self.welcome.rtmp_url).port
        assert port is not None
        return port

    async def status(self) -> dict[str, object]:
        answer = await self.http.get("/api/status")
        value: dict[str, object] = answer.json()
        return value

    async def until(self, state: str, within_s: float = 20) -> dict[str, object]:
        """Wait for a state of the broadcast: "live", "waiting", "offline"."""
        async with asyncio.timeout(within_s):
            while (status := await self.status())["state"] != state:
                await asyncio.sleep(0.05)
        return status


@asynccontextmanager
async def live_node(data_dir: Path, **more: object) -> AsyncIterator[LiveNode]:
    """A running node; `more` are fields of Options. The admin's password is PASSWORD, the stream key KEY."""
    given = {"host": "127.0.0.1", "port": 0, "rtmp_port": 0, "admin_password": PASSWORD, "stream_key": KEY, **more}
    node = Node(Config(data_dir=data_dir, **given))  # type: ignore[arg-type]
    try:
        welcome = await node.open()
        running = asyncio.create_task(node.run())
        async with httpx2.AsyncClient(base_url=welcome.watch_url, timeout=30) as http:
            yield LiveNode(node, welcome, http)
        node.stop()
        await asyncio.wait_for(running, 20)
    finally:
        await node.close()
