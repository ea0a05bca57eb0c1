"""Far servers, many of them in one process: each on an address of its own in 127.9.0.0/16, all on one port.

They answer 202 to every POST; the dead ones take the connection and never say a word. As a process of its own, so that
its work is nobody's: `python -m benchmarks.far LIVE DEAD FILE`. It prints its port, and ends when its input does.
"""

import asyncio
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmarks.processes import Failed, last_words, running

FLUSH_S = 0.02
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
ACTIVITY = re.compile(rb'"id":"([^"]*)"')  # the first of a document of ours is its own
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ADDRESSES = 250  # of the last number of an address


@dataclass(frozen=True, slots=True)
class Taken:
    """A POST that came: when by the wall clock, to which address, which activity."""

    at: float
    host: str
    activity: str


def address(number: int) -> str:
    return f"127.9.{number // ADDRESSES}.{number % ADDRESSES + 1}"


def parse(text: str) -> list[Taken]:
    """Return what the process has written; the last line may be half of one."""
    lines = (line.split(" ", 2) for line in text.split("\n")[:-1])
    return [Taken(float(at), host, activity) for at, host, activity in lines]


@dataclass(frozen=True, slots=True)
class Far:
    """The far servers as their parent sees them: `live` and `dead` are host:port."""

    live: tuple[str, ...]
    dead: tuple[str, ...]
    file: Path

    def taken(self) -> list[Taken]:
        """Return what came so far, to living and dead, the oldest first."""
        return parse(self.file.read_text())


@contextlib.contextmanager
def servers(place: Path, live: int, dead: int = 0) -> Iterator[Far]:
    """Run `live` and `dead` servers until the block ends; `place` is a folder for their files. Raises Failed."""
    file, errors = place / "taken", place / "far-errors"
    command = [sys.executable, "-m", "benchmarks.far", str(live), str(dead), str(file)]
    with running(command, errors, output=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise Failed(f"the far servers did not start: {last_words(errors)}")
        named = [f"{address(number)}:{port}" for number in range(live + dead)]
        yield Far(tuple(named[:live]), tuple(named[live:]), file)


class Notes:
    """The received requests, written to a file in batches."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a")
        self._lines: list[str] = []

    def note(self, host: str, activity: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_S, self._flush)
        self._lines.append(f"{time.time()} {host} {activity}\n")

    def _flush(self) -> None:
        self._file.writelines(self._lines)
        self._file.flush()
        self._lines.clear()


class Taking(asyncio.Protocol):
    """One connection of a far server."""

    def __init__(self, notes: Notes, dead: frozenset[str]) -> None:
        self._notes, self._dead, self._buffer = notes, dead, b""
        self._host = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._host = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._whole():
            pass

    def _whole(self) -> bool:
        """Take one request from the buffer, if it is there to its end."""
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        wanted = int(length[1]) if length else 0
        if not found or len(rest) < wanted:
            return False
        body, self._buffer = rest[:wanted], rest[wanted:]
        activity = ACTIVITY.search(body)
        self._notes.note(self._host, activity[1].decode() if activity else "-")
        if self._host not in self._dead:
            self._transport.write(ACCEPTED)
        return True


async def serve(live: int, dead: int, file: Path) -> None:
    loop, notes = asyncio.get_running_loop(), Notes(file)
    silent = frozenset(address(number) for number in range(live, live + dead))
    hosts = [address(number) for number in range(live + dead)]
    first = await loop.create_server(lambda: Taking(notes, silent), hosts[0], 0, backlog=4096)
    port = first.sockets[0].getsockname()[1]
    if hosts[1:]:
        await loop.create_server(lambda: Taking(notes, silent), hosts[1:], port)
    print(port, flush=True)
    await asyncio.Event().wait()


def main() -> None:
    live, dead, file = sys.argv[1:]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(live), int(dead), Path(file)))


if __name__ == "__main__":
    main()
