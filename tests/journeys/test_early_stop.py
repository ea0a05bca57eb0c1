"""A command that is told to stop while it starts ends at once, and leaves no process behind."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from tests.kit.nodeprocess import command, handles
from tests.kit.outage import held
from tests.kit.stored_data import taken_over

CODES = {signal.SIGTERM: 0, signal.SIGINT: 130}
DELAYS_S = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5)
PIPE = asyncio.subprocess.PIPE


@asynccontextmanager
async def starting(*flags: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A node in the first moment of its start. Its processes are known by the folder in their environment."""
    environment = os.environ | {"LC_FOLDER": str(folder)}  # a name that child processes are given
    process = await asyncio.create_subprocess_exec(*command(folder, *flags), env=environment, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        for each in left_behind(folder):
            each.kill()
        await process.wait()


def left_behind(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("LC_FOLDER") == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # it has ended meanwhile, or is not ours
            continue
    return found


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize("delay_s", DELAYS_S)
async def test_a_node_that_is_stopped_while_it_starts_ends_in_order(
    tmp_path: Path, number: signal.Signals, delay_s: float
) -> None:
    folder = taken_over(tmp_path, "dee255b")  # to be upgraded, which takes a child process
    async with starting("--workers", "1", folder=folder) as process:
        await handles(signal.SIGTERM, process.pid)  # before, the kernel ends it as any other program
        await asyncio.sleep(delay_s)
        process.send_signal(number)
        _, said = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode in {CODES[number], 0}, said.decode()  # 0: it was up already
        assert b"Traceback" not in said
        assert left_behind(folder) == []


async def test_a_program_that_is_stopped_before_its_first_line_ends_too(tmp_path: Path) -> None:
    async with starting(folder=tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode in {-signal.SIGTERM, 0}
        assert left_behind(tmp_path) == []


async def test_a_node_that_waits_for_its_database_says_so_and_can_be_stopped(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        url = f"postgresql://somebody:secret@127.0.0.1:{silent.getsockname()[1]}/node"
        async with starting("--database-url", url, folder=tmp_path) as process:
            connection, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(silent), 20)
            with connection:
                assert process.stderr is not None
                line = (await asyncio.wait_for(process.stderr.readline(), 5)).decode()
                process.send_signal(signal.SIGINT)
                await asyncio.wait_for(process.communicate(), 5)
    assert line.startswith("fedistream: waiting for the database postgresql://somebody@127.0.0.1:")
    assert "secret" not in line
    assert process.returncode == 130


async def test_a_node_whose_sqlite_is_held_by_somebody_says_what_it_waits_for(tmp_path: Path) -> None:
    folder = taken_over(tmp_path, "dee255b")
    with held(folder / "fedistream.db"):
        async with starting(folder=folder) as process:
            assert process.stderr is not None
            line = (await asyncio.wait_for(process.stderr.readline(), 20)).decode()
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.communicate(), 5)
    assert line == f"fedistream: waiting for the database {folder / 'fedistream.db'} ...\n"
    assert process.returncode == 0


async def test_a_worker_that_waits_for_its_database_can_be_stopped(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        url = f"postgresql://somebody@127.0.0.1:{silent.getsockname()[1]}/node"
        start = (sys.executable, "-m", "fedistream", "worker", "--data-dir", str(tmp_path), "--database-url", url)
        process = await asyncio.create_subprocess_exec(*start, stderr=PIPE)
        try:
            connection, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(silent), 20)
            with connection:
                process.send_signal(signal.SIGTERM)
                _, said = await asyncio.wait_for(process.communicate(), 5)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0, said.decode()
