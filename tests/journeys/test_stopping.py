"""A node that is told to stop has stopped within eight seconds, whatever holds on to it."""

import asyncio
import contextlib
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.kit.chatclient import chatting
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import KEY, PASSWORD
from tests.kit.nodeprocess import Process, started
from tests.kit.outage import held, proxy
from tests.kit.postgres import Postgres, name_of

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
SOCKETS, SLOW, POLLS = 40, 10, 10
FLAGS = ("--admin-password", PASSWORD, "--stream-key", KEY)


async def loaded(node: Process, stack: contextlib.AsyncExitStack) -> None:
    """A live stream, chat sockets, readers that do not read, and players that wait for the next part."""
    port = urlsplit(node.url).port
    assert port is not None
    encoder = await Encoder.start(f"{node.rtmp_url}/{KEY}", CLIP)
    stack.push_async_callback(encoder.die)
    await node.becomes("live")
    playlist = await node.playlist()
    async with httpx2.AsyncClient(base_url=node.url, timeout=30) as http:
        token = (await http.post("/api/chat/register", json={"displayName": "Ann"})).json()["accessToken"]
    for _ in range(SOCKETS):
        await stack.enter_async_context(chatting(port, token))
    asked = [f"/hls/0/stream.m3u8?_HLS_msn={playlist.media_sequence + len(playlist.segments) + 1}"] * POLLS
    for path in ["/hls/0/stream.m3u8"] * SLOW + asked:
        # never read; those that ask for the newest playlist ask for more of them than a socket holds
        peer = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: node\r\n\r\n".encode() * (1 if "?" in path else 500))


async def ends(node: Process) -> float:
    began = time.monotonic()
    node.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(node.process.wait(), 30) == 0
    return time.monotonic() - began


async def busy_with_the_database(node: Process, stack: contextlib.AsyncExitStack) -> None:
    """Requests that wait for it."""
    http = await stack.enter_async_context(httpx2.AsyncClient(base_url=node.url, timeout=60))
    for number in range(5):
        asking = asyncio.ensure_future(http.post("/api/chat/register", json={"displayName": f"Ben {number}"}))
        stack.callback(asking.cancel)
    await asyncio.sleep(0.5)


async def test_a_node_under_load_stops_in_time(tmp_path: Path) -> None:
    async with started(tmp_path, *FLAGS) as node, contextlib.AsyncExitStack() as stack:
        await loaded(node, stack)
        assert await ends(node) < 8


async def test_a_node_under_load_whose_sqlite_is_held_by_somebody_stops_in_time(tmp_path: Path) -> None:
    async with started(tmp_path, *FLAGS) as node, contextlib.AsyncExitStack() as stack:
        await loaded(node, stack)
        with held(tmp_path / "fedistream.db"):
            await busy_with_the_database(node, stack)
            assert await ends(node) < 8


async def test_a_node_under_load_whose_postgresql_does_not_answer_stops_in_time(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with proxy(postgres.port) as way, contextlib.AsyncExitStack() as stack:
        url = f"postgresql://{postgres.user}@127.0.0.1:{way.port}/{name_of(postgres.make())}"
        node = await stack.enter_async_context(started(tmp_path, *FLAGS, "--database-url", url))
        await loaded(node, stack)
        way.through.clear()
        await busy_with_the_database(node, stack)
        assert await ends(node) < 8
        way.through.set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_idle_node_stops_at_once(tmp_path: Path, number: signal.Signals) -> None:
    async with started(tmp_path, *FLAGS) as node:
        node.process.send_signal(number)
        assert await asyncio.wait_for(node.process.wait(), 20) == 0
