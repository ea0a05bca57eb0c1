"""A database that goes away and comes back, as it does for a backup, a VACUUM, a restart or a full disk."""

import asyncio
import contextlib
import os
import shlex
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from fedistream.db import statement
from tests.kit.postgres import SOMEBODY, Postgres, binaries, name_of


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Somebody else writes to this SQLite file for as long as the block lasts."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def cut(server: Postgres, url: str) -> Iterator[None]:
    """This database throws everybody out and lets nobody in; others of the same server go on."""
    name = name_of(url)
    server.say(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    server.say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 a name of ours
    try:
        yield
    finally:
        server.say(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextlib.contextmanager
def away(url: str, server: Postgres | None) -> Iterator[None]:
    """The database of this URL is away, whichever it is. `server` is PostgreSQL's."""
    if server is None:
        with held(Path(url.removeprefix("sqlite://"))):
            yield
    else:
        with cut(server, url):
            yield


@contextlib.asynccontextmanager
async def full_disk() -> AsyncIterator[None]:
    """No page can be added to the open SQLite database."""
    (pages,) = (await statement.rows("PRAGMA page_count", {}))[0].values()
    await statement.rows(f"PRAGMA max_page_count = {pages}", {})
    try:
        yield
    finally:
        await statement.rows("PRAGMA max_page_count = 1000000", {})


@dataclass
class Proxy:
    """A TCP proxy. While `through` is not set, nothing passes and no connection is closed."""

    port: int
    through: asyncio.Event


@contextlib.asynccontextmanager
async def proxy(to_port: int) -> AsyncIterator[Proxy]:
    """Run a TCP proxy to a server on this machine."""
    busy: set[asyncio.Task[None]] = set()
    through = asyncio.Event()
    through.set()

    async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await through.wait()
                writer.write(data)
                await writer.drain()

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", to_port)
        ways = [asyncio.create_task(one_way(reader, back)), asyncio.create_task(one_way(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.transport.abort()
            writer.transport.abort()

    def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(both(reader, writer))
        busy.add(task)
        task.add_done_callback(busy.discard)

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    try:
        yield Proxy(server.sockets[0].getsockname()[1], through)
    finally:
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


@contextlib.contextmanager
def stopped(server: Postgres) -> Iterator[None]:
    """A server that is one's own does not run."""
    programs = binaries()
    assert programs is not None
    data = server.host / "data"
    # what it was started with, after its own name and "-D" with the folder
    options = shlex.join(shlex.split((data / "postmaster.opts").read_text())[3:])
    as_whom = ["runuser", "-u", SOMEBODY, "--"] if os.geteuid() == 0 else []
    command = [*as_whom, str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]

    def run(*words: str) -> None:
        subprocess.run([*command, *words], cwd=server.host, check=True, stdout=subprocess.DEVNULL)

    run("-m", "fast", "stop")
    try:
        yield
    finally:
        run("-l", str(server.host / "log"), "-o", options, "start")
