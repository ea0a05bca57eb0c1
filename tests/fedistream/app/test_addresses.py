"""The addresses to listen on: flags that were given, else the admin's settings, else the defaults of the flags."""

import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedistream.app.addresses import Addresses, addresses, given
from fedistream.app.config import Config
from fedistream.app.node import Node, Welcome
from fedistream.core.errors import Conflict
from fedistream.settings.checks import Json

STORED: dict[tuple[str, int], Json] = {
    ("node.web_port", 0): 9000,
    ("node.rtmp_port", 0): 2935,
    ("node.rtmp_address", 0): "::1",
    ("node.web_address", 1): "192.0.2.1",  # of a channel: a setting of the node has none
}


@pytest.mark.parametrize(
    ("flags", "stored", "found"),
    [
        ((), {}, Addresses("0.0.0.0", 8080, "0.0.0.0", 1935)),
        ((), STORED, Addresses("0.0.0.0", 9000, "::1", 2935)),
        (("port",), STORED, Addresses("0.0.0.0", 8080, "::1", 2935)),
        (("host", "rtmp_port"), STORED, Addresses("0.0.0.0", 9000, "0.0.0.0", 1935)),
    ],
)
def test_a_given_flag_decides_and_then_the_setting(
    flags: tuple[str, ...], stored: dict[tuple[str, int], Json], found: Addresses
) -> None:
    assert addresses(Config(), flags, stored) == found


def test_the_host_decides_both_addresses() -> None:
    assert given(Config(host="127.0.0.1"), ("host", "data_dir")) == {
        "node.web_address": "127.0.0.1",
        "node.rtmp_address": "127.0.0.1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def opened(folder: Path, *flags: str) -> AsyncIterator[tuple[Node, Welcome]]:
    node = Node(Config(data_dir=folder, host="127.0.0.1", port=0, rtmp_port=0, workers=0), flags)
    try:
        yield node, await node.open()
    finally:
        await node.close()


async def test_changed_ports_hold_from_the_next_start_unless_a_flag_says_otherwise(tmp_path: Path) -> None:
    web, rtmp = free_port(), free_port()
    async with opened(tmp_path) as (node, welcome):
        await node.features.settings.change("node.web_port", web)
        await node.features.settings.change("node.rtmp_port", rtmp)
        assert not welcome.watch_url.endswith(f":{web}/")
    async with opened(tmp_path) as (node, welcome):
        assert welcome.watch_url == f"http://127.0.0.1:{web}/"
        assert welcome.rtmp_url == f"rtmp://127.0.0.1:{rtmp}/live"
    async with opened(tmp_path, "port") as (node, welcome):
        assert not welcome.watch_url.endswith(f":{web}/")
        assert welcome.rtmp_url == f"rtmp://127.0.0.1:{rtmp}/live"
        with pytest.raises(Conflict, match="given-at-start"):
            await node.features.settings.change("node.web_port", web)
