"""A node that is killed while live: the same broadcast goes on when it is started again."""

import asyncio
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from media import m3u8
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import KEY, PASSWORD

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)


@dataclass
class Process:
    """A node as an operator starts it."""

    process: asyncio.subprocess.Process
    url: str
    rtmp_url: str
    printed: str

    async def state(self) -> str:
        async with httpx2.AsyncClient(timeout=10) as http:
            return str((await http.get(f"{self.url}api/status")).json()["state"])

    async def becomes(self, state: str) -> None:
        async with asyncio.timeout(30):
            while await self.state() != state:
                await asyncio.sleep(0.05)

    async def playlist(self) -> m3u8.MediaPlaylist:
        async with httpx2.AsyncClient(timeout=10) as http, asyncio.timeout(30):
            while (answer := await http.get(f"{self.url}hls/0/stream.m3u8")).status_code != 200:
                await asyncio.sleep(0.05)
        value = m3u8.parse(answer.text)
        assert isinstance(value, m3u8.MediaPlaylist)
        return value


@asynccontextmanager
async def started(folder: Path, *flags: str) -> AsyncIterator[Process]:
    """`fedistream serve` on any free ports; killed at the end if it still runs."""
    command = [sys.executable, "-m", "fedistream", "serve", "--data-dir", str(folder), "--host", "127.0.0.1"]
    command += ["--port", "0", "--rtmp-port", "0", *flags]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    assert process.stdout is not None
    printed = ""
    try:
        async with asyncio.timeout(30):
            while not re.search(r"Stream key .*\n", printed):
                line = await process.stdout.readline()
                assert line, f"the node ended: {printed}"
                printed += line.decode()
        url, rtmp_url = re.findall(r"(?:Watch page|RTMP server) +(\S+)", printed)
        yield Process(process, url, rtmp_url, printed)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_killed_node_goes_on_with_the_broadcast_of_its_returning_encoder(tmp_path: Path) -> None:
    flags = ("--admin-password", PASSWORD, "--stream-key", KEY)
    async with started(tmp_path, *flags) as node:
        encoder = await Encoder.start(f"{node.rtmp_url}/{KEY}", CLIP)
        await node.becomes("live")
        before = await node.playlist()
        await asyncio.sleep(1.5)  # for the row to be written, and so that the age is at least a second
        node.process.send_signal(signal.SIGKILL)
        await node.process.wait()
        await encoder.die()
    async with started(tmp_path, *flags) as node:
        assert await node.state() == "waiting"
        encoder = await Encoder.start(f"{node.rtmp_url}/{KEY}", CLIP)
        await node.becomes("live")
        after = await node.playlist()
        assert after.media_sequence > before.media_sequence + len(before.segments)
        assert after.discontinuity_sequence > before.discontinuity_sequence
        await encoder.stop()
        await node.becomes("offline")
        node.process.terminate()
        assert await asyncio.wait_for(node.process.wait(), 20) == 0
    with sqlite3.connect(tmp_path / "fedistream.db") as rows:
        assert rows.execute("SELECT count(*), count(ended_at) FROM broadcast").fetchone() == (1, 1)
    rows.close()


async def test_a_node_told_to_stop_ends_in_order_and_prints_its_secrets_only_once(tmp_path: Path) -> None:
    async with started(tmp_path) as node:
        assert "Admin password" in node.printed
        key = re.search(r"Stream key +(\S+)", node.printed)
        assert key is not None
        encoder = await Encoder.start(f"{node.rtmp_url}/{key[1]}", CLIP)
        await node.becomes("live")
        node.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(node.process.wait(), 20) == 0
        await encoder.die()
    async with started(tmp_path) as node:
        assert await node.state() == "waiting"
        assert "Admin password" not in node.printed
        assert key[1] not in node.printed
    mode = (tmp_path / "fedistream.db").stat().st_mode
    assert mode & 0o077 == 0
