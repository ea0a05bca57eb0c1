"""A node in a process of its own under requests that do not end: what they leave in it, and what others notice."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from benchmarks.floods import FLOODS, send
from benchmarks.processes import cpu_s, free_port, rss_mb
from tests.kit.nodeprocess import started

SIZE = 6 * 1000 * 1000
MOST_MB = 5.0
MOST_CPU_S = 2.0  # for all of them; without the limits one field alone took longer, in one piece


@pytest.mark.timeout(180)
async def test_what_does_not_end_leaves_nothing_in_memory_and_costs_little(tmp_path: Path) -> None:
    async with started(tmp_path / "data") as node:
        port = urlsplit(node.url).port
        assert port is not None
        for flood in FLOODS.values():  # so that nothing is done for the first time
            send(port, flood, SIZE // 10)
        async with httpx2.AsyncClient(timeout=20) as http:
            memory, cpu = rss_mb(node.process.pid), cpu_s(node.process.pid)
            for flood in FLOODS.values():
                send(port, flood, SIZE)
                assert (await http.get(f"{node.url}healthz")).status_code == 200
        assert rss_mb(node.process.pid) - memory < MOST_MB
        assert cpu_s(node.process.pid) - cpu < MOST_CPU_S


async def test_the_rtmp_port_is_open_before_the_web_port(tmp_path: Path) -> None:
    web, rtmp = free_port(), free_port()

    async def opened() -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", web)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.001)
                    continue
                _, encoder = await asyncio.open_connection("127.0.0.1", rtmp)
                writer.close()
                encoder.close()
                return

    looking = asyncio.create_task(opened())
    async with started(tmp_path / "data", "--rtmp-port", str(rtmp), port=web):
        await looking
