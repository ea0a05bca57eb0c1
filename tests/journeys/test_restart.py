"""A node that is killed while live: the same broadcast goes on when it is started again."""

import asyncio
import re
import signal
import sqlite3
from pathlib import Path

from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import KEY, PASSWORD
from tests.kit.nodeprocess import started

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)


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
