"""A node in a process of its own, as an operator starts it."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from media import m3u8


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


def command(folder: Path, *flags: str, port: int = 0) -> list[str]:
    """Return the command that starts a node, on any free port unless one is given."""
    start = [sys.executable, "-m", "fedistream", "serve", "--data-dir", str(folder), "--host", "127.0.0.1"]
    return [*start, "--port", str(port), "--rtmp-port", "0", *flags]


async def handles(number: signal.Signals, pid: int) -> None:
    """Wait until a process has a handler for this signal."""
    async with asyncio.timeout(20):
        while True:
            found = re.search(r"^SigCgt:\t(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
            assert found
            if int(found[1], 16) & 1 << number - 1:
                return
            await asyncio.sleep(0.005)


@asynccontextmanager
async def started(folder: Path, *flags: str, port: int = 0, under: Sequence[str] = ()) -> AsyncIterator[Process]:
    """Start a node and wait until it is there; it is killed at the end if it still runs. `under` is the command of a
    program that runs it."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *under, *command(folder, *flags, port=port), stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
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
