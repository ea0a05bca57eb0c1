"""The health check of a container, asked as the container's engine asks."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fedistream.api import ops
from fedistream.app import healthcheck
from fedistream.app.config import Config
from tests.kit.livenode import live_node
from tests.kit.outage import held
from tests.kit.postgres import free_port


async def check(port: int) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "fedistream.app.healthcheck"],
        env={**os.environ, "FEDISTREAM_PORT": str(port)},
        check=False,
        capture_output=True,
        text=True,
    )


async def test_a_node_that_is_ready_is_healthy_and_one_that_is_not_says_why(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        healthy = await check(node.web_port)
        assert (healthy.returncode, healthy.stdout) == (0, '{"ready":true,"reasons":{}}\n')
        with held(tmp_path / "fedistream.db"):
            async with asyncio.timeout(30):  # what was written within the last second counts
                while (unhealthy := await check(node.web_port)).returncode == 0:
                    pass
        assert unhealthy.returncode == 1
        assert unhealthy.stdout.startswith('{"ready":false,"reasons":{"database":"')


async def test_no_node_is_not_healthy() -> None:
    port = free_port()
    done = await check(port)
    assert done.returncode == 1
    assert done.stdout.startswith(f"no answer at 127.0.0.1 port {port}: ")


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, ("127.0.0.1", Config().port)),
        ({"FEDISTREAM_PORT": "", "FEDISTREAM_HOST": ""}, ("127.0.0.1", Config().port)),
        ({"FEDISTREAM_PORT": "8081", "FEDISTREAM_HOST": "::"}, ("::1", 8081)),
        ({"FEDISTREAM_HOST": "192.0.2.1"}, ("192.0.2.1", Config().port)),
    ],
)
def test_the_node_is_looked_for_where_its_variables_say(variables: dict[str, str], found: tuple[str, int]) -> None:
    assert healthcheck.address(variables) == found
    assert Config().host in healthcheck.THIS_MACHINE


def test_the_node_has_time_to_say_what_is_wrong() -> None:
    assert healthcheck.TIMEOUT_S > ops.CHECK_S


def test_it_costs_next_to_nothing() -> None:
    code = "import sys, fedistream.app.healthcheck; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "fedistream" in loaded
    assert not {"asyncio", "click", "starlette", "tortoise"} & set(loaded)
