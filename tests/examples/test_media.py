"""The examples of the media library, each as a program of its own, joined to each other."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE

from media import m3u8
from media.flv import write_tags
from tests.kit.footage import Recipe, flv_tags

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0


@asynccontextmanager
async def example(name: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, f"examples/{name}.py", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=PIPE, stderr=PIPE, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def get(url: str, path: str) -> bytes:
    """The body of an answer with status 200."""
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.0 200"), head
    return body


async def wrong_key(address: str, file: Path) -> str:
    async with example("media_publish_flv", str(file), f"{address.rpartition('/')[0]}/wrong") as publisher:
        _, complaint = await publisher.communicate()
    return complaint.decode()


async def test_a_file_that_one_example_publishes_is_played_from_the_other(tmp_path: Path) -> None:
    file = tmp_path / "clip.flv"
    file.write_bytes(write_tags(flv_tags(Recipe(seconds=3))))
    async with asyncio.timeout(PATIENCE_S), example("media_rtmp_to_hls", "0", "0") as server:
        assert server.stdout is not None
        address, url = (await server.stdout.readline()).decode().split()
        assert "There is no such stream key" in await wrong_key(address, file)
        async with example("media_publish_flv", str(file), address) as publisher:
            _, complaint = await publisher.communicate()
            assert (publisher.returncode, complaint) == (0, b"")
        top = m3u8.parse((await get(url, "stream.m3u8")).decode())
        assert isinstance(top, m3u8.MultivariantPlaylist)
        assert top.variants[0].resolution == (320, 180)
        playlist = m3u8.parse((await get(url, f"{top.variants[0].uri}?_HLS_msn=0&_HLS_part=0")).decode())
        assert isinstance(playlist, m3u8.MediaPlaylist)
        first = playlist.segments[0]
        assert first.map_uri is not None
        assert b"ftypiso6" in await get(url, f"0/{first.map_uri}")
        assert b"moof" in await get(url, f"0/{first.uri}")
