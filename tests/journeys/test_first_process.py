"""A node that is the first process of a container: the kernel spares it signals, and leaves it orphans to wait for."""

import asyncio
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import KEY, PASSWORD
from tests.kit.nodeprocess import command, handles, started

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
CODES = {signal.SIGTERM: 0, signal.SIGINT: 130}
FLAGS = ("--admin-password", PASSWORD, "--stream-key", KEY)


@pytest.fixture(scope="module")
def alone() -> tuple[str, ...]:
    """The command of a program that runs another one as process 1 of a namespace of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare (util-linux)")
    for mapping in ((), ("--user", "--map-root-user")):
        under = (unshare, *mapping, "--pid", "--fork", "--mount-proc", "--kill-child")
        if subprocess.run([*under, "true"], check=False, capture_output=True).returncode == 0:
            return under
    pytest.skip("this machine lets nobody make a namespace for processes")


async def only_child(pid: int) -> psutil.Process:
    async with asyncio.timeout(20):
        while not (children := psutil.Process(pid).children()):
            await asyncio.sleep(0.01)
    (child,) = children
    return child


async def test_a_node_that_is_process_1_stops_at_once_and_leaves_no_zombie(
    tmp_path: Path, alone: tuple[str, ...]
) -> None:
    async with started(tmp_path, *FLAGS, under=alone) as node:
        first = await only_child(node.process.pid)
        encoder = await Encoder.start(f"{node.rtmp_url}/{KEY}", CLIP)
        await node.becomes("live")
        async with asyncio.timeout(30):  # a process of its own draws the picture, and is gone then
            while not list(tmp_path.glob("stills/*")):
                await asyncio.sleep(0.05)
            while first.children(recursive=True):
                await asyncio.sleep(0.05)
        await encoder.die()
        first.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(node.process.wait(), 20) == 0


async def test_a_node_that_is_process_1_and_still_waits_for_its_database_can_be_stopped(
    tmp_path: Path, alone: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        database = f"postgresql://somebody@127.0.0.1:{silent.getsockname()[1]}/node"
        start = command(tmp_path, *FLAGS, "--database-url", database)
        process = await asyncio.create_subprocess_exec(*alone, *start)
        try:
            first = await only_child(process.pid)
            connection, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(silent), 20)
            with connection:
                first.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 5) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.3, 0.6])
async def test_a_node_that_is_process_1_can_be_stopped_while_it_starts(
    tmp_path: Path, alone: tuple[str, ...], number: signal.Signals, delay_s: float
) -> None:
    """The kernel drops a signal that process 1 does not handle, so it has to handle them before all else."""
    process = await asyncio.create_subprocess_exec(*alone, *command(tmp_path, *FLAGS), stdout=subprocess.DEVNULL)
    try:
        first = await only_child(process.pid)
        async with asyncio.timeout(20):
            while "fedistream" not in first.cmdline():  # it is still `unshare`
                await asyncio.sleep(0.005)
        await handles(signal.SIGTERM, first.pid)  # SIGINT has a handler of Python's own before
        await asyncio.sleep(delay_s)
        first.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 20) in {CODES[number], 0}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
