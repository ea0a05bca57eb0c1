"""Encoders behind a TCP proxy that says for whom it connects, joined by sockets."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from media.rtmp import EndReason, RtmpServer, client
from media.rtmp.client import PublishFailed
from media.rtmp.limits import DEFAULT
from media.rtmp.session import Video
from tests.kit.certificates import client_context, server_context
from tests.kit.rtmp import KEY
from tests.kit.rtmp_server import PATIENCE_S, RecordingHandler, until

QUICK = replace(DEFAULT, linger_s=0.2)
FRAME = Video(0, b"\x17\x01\x00\x00\x00" + bytes(20_000))


def header(address: str) -> bytes:
    return f"PROXY TCP4 {address} 127.0.0.1 40000 1935\r\n".encode()


@asynccontextmanager
async def proxy(port: int, *first: bytes) -> AsyncIterator[int]:
    """A proxy in front of `port`. Each new connection gets the next of `first`, the last one also all later ones."""
    left, running = list(first), set[asyncio.Task[None]]()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(cast(asyncio.Task[None], asyncio.current_task()))
        back_reader, back = await asyncio.open_connection("127.0.0.1", port)
        back.write(left.pop(0) if len(left) > 1 else left[0])
        await asyncio.gather(pipe(reader, back), pipe(back_reader, writer))
        for each in (back, writer):
            each.close()
            with suppress(ConnectionError):
                await each.wait_closed()

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*running)


@asynccontextmanager
async def serving(handler: RecordingHandler, *, proxied: bool = True) -> AsyncIterator[RtmpServer]:
    server = RtmpServer(handler, limits=replace(QUICK, failed_keys=3), is_proxy=lambda address: proxied)
    try:
        yield server
    finally:
        await server.close()


@pytest.mark.parametrize("secure", [False, True])
async def test_the_door_learns_the_encoders_address_and_not_the_proxys(secure: bool) -> None:
    handler = RecordingHandler()
    async with serving(handler) as server:
        port = await server.listen("127.0.0.1", 0, ssl=server_context() if secure else None)
        async with proxy(port, header("203.0.113.9")) as front:
            url = f"{'rtmps' if secure else 'rtmp'}://127.0.0.1:{front}/live/{KEY}"
            encoder = await client.connect(url, tls_context=client_context() if secure else None)
            encoder.send(FRAME)
            await encoder.close()
            (tape,) = handler.tapes
            assert await tape.end() is EndReason.FINISHED
            assert tape.frames == [FRAME]
            assert (tape.request.address, tape.request.secure) == ("203.0.113.9", secure)


async def test_wrong_keys_behind_a_proxy_slow_their_own_address_alone() -> None:
    handler = RecordingHandler()
    async with serving(handler) as server:
        port = await server.listen("127.0.0.1", 0)
        async with proxy(port, *[header("203.0.113.9")] * 4, header("203.0.113.10")) as front:
            for _ in range(4):
                with pytest.raises(PublishFailed):
                    await client.connect(f"rtmp://127.0.0.1:{front}/live/wrong")
            now = asyncio.get_running_loop().time()
            assert server.failed_keys.is_slow("203.0.113.9", now)
            assert not server.failed_keys.is_slow("203.0.113.10", now)
            assert not server.failed_keys.is_slow("127.0.0.1", now)
            await (await client.connect(f"rtmp://127.0.0.1:{front}/live/{KEY}")).close()
            assert handler.tapes[0].request.address == "203.0.113.10"


async def test_a_proxy_that_speaks_for_itself_is_counted_as_itself() -> None:
    handler = RecordingHandler()
    async with serving(handler) as server:
        port = await server.listen("127.0.0.1", 0)
        async with proxy(port, b"PROXY UNKNOWN\r\n") as front:
            await (await client.connect(f"rtmp://127.0.0.1:{front}/live/{KEY}")).close()
            assert handler.tapes[0].request.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("proxied", "first", "error"),
    [(True, b"", "BadProxyHeader"), (False, header("203.0.113.9"), "NotRtmp")],
    ids=["a proxy without a header", "a header from nobody we trust"],
)
async def test_a_header_is_needed_from_proxies_and_believed_of_nobody_else(
    proxied: bool, first: bytes, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    handler = RecordingHandler()
    async with serving(handler, proxied=proxied) as server:
        port = await server.listen("127.0.0.1", 0)
        async with proxy(port, first) as front:
            with pytest.raises(PublishFailed):
                await client.connect(f"rtmp://127.0.0.1:{front}/live/{KEY}")
        assert server.refused == {error: 1}
    assert not handler.requests
    assert "PROXY protocol" in caplog.text


async def test_a_proxy_that_never_ends_its_header_is_dropped() -> None:
    server = RtmpServer(RecordingHandler(), limits=replace(QUICK, handshake_s=0.2), is_proxy=lambda address: True)
    port = await server.listen("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"PROXY ")
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionError):
            assert await reader.read() == b""
    await until(lambda: server.refused == {"HandshakeTimeout": 1})
    writer.close()
    await server.close()


HAPROXY = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
"""
LISTEN = """
listen front{number}
    bind 127.0.0.1:{front}
    server node 127.0.0.1:{back} {sends}
"""


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed: not tested with it")
async def test_encoders_publish_through_haproxy(tmp_path: Path, free_port: Callable[[], int]) -> None:
    handler = RecordingHandler()
    async with serving(handler) as server:
        plain = await server.listen("127.0.0.1", 0)
        secure = await server.listen("127.0.0.1", 0, ssl=server_context())
        fronts = [
            ("rtmp", free_port(), plain, "send-proxy"),
            ("rtmp", free_port(), plain, "send-proxy-v2 proxy-v2-options unique-id,crc32c check inter 100"),
            ("rtmps", free_port(), secure, "send-proxy-v2"),
        ]
        blocks = [
            LISTEN.format(number=number, front=front, back=back, sends=sends)
            for number, (_, front, back, sends) in enumerate(fronts)
        ]
        config = tmp_path / "haproxy.cfg"
        config.write_text(HAPROXY + "".join(blocks))
        haproxy = await asyncio.create_subprocess_exec("haproxy", "-db", "-f", str(config))
        try:
            for scheme, front, _, _ in fronts:
                await until_open(front)
                context = client_context() if scheme == "rtmps" else None
                encoder = await client.connect(f"{scheme}://127.0.0.1:{front}/live/{KEY}", tls_context=context)
                encoder.send(FRAME)
                await encoder.close()
                assert await handler.tapes[-1].end() is EndReason.FINISHED
                assert handler.tapes[-1].frames == [FRAME]
            assert len(handler.tapes) == len(fronts)
        finally:
            haproxy.terminate()
            await haproxy.wait()


async def until_open(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.05)


@pytest.fixture
def free_port() -> Callable[[], int]:
    def find() -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
            return port

    return find
