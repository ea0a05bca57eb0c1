"""A whole node with its worker process, and a person on another server who can reach it and be reached."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient
from tests.kit.asking import basic
from tests.kit.fediverse import Peer, peer
from tests.kit.livenode import PASSWORD, LiveNode, live_node

RIGHT = basic(PASSWORD)


@asynccontextmanager
async def neighbours(folder: Path) -> AsyncIterator[tuple[LiveNode, Peer]]:
    """Federation is on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    allow = {"public_url": f"http://127.0.0.1:{port}", "federation_allow": "127.0.0.1"}
    async with (
        HttpClient(Guard(frozenset({"127.0.0.1"})), "peer") as http_client,
        peer(http_client, time.time) as ann,
        live_node(folder, port=port, **allow) as node,
    ):
        await change(node, "federation/enable", True)
        yield node, ann


async def change(node: LiveNode, name: str, value: object) -> None:
    """Change a setting as the admin does."""
    answer = await node.http.post(f"/api/admin/config/{name}", json={"value": value}, headers=RIGHT)
    assert answer.status_code == 200, answer.text


async def until(true: Callable[[], object]) -> None:
    """Wait for it."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)


def kill_worker() -> bool:
    """Kill the worker process of this process's node, if it runs just now."""
    for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdecimal()):
        try:
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
        if parent == os.getpid() and b"--nudged" in words:
            os.kill(pid, signal.SIGKILL)
            return True
    return False
