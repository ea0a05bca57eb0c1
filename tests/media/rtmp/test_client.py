import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from media.rtmp import client
from media.rtmp.client import PublishFailed
from media.rtmp.limits import DEFAULT
from media.rtmp.session import Audio, Metadata, Video
from tests.kit.rtmp import KEY
from tests.kit.rtmp_server import PATIENCE_S, listening

HASTY = replace(DEFAULT, handshake_s=0.2, publish_s=0.2, linger_s=0.2)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def far_server(handler: Handler) -> AsyncIterator[int]:
    """Somebody else's server, whose every connection does what `handler` does and is closed."""
    done: list[asyncio.Future[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over = asyncio.get_running_loop().create_future()
        done.append(over)
        with suppress(ConnectionError):
            await handler(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        over.set_result(None)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*done)


@pytest.mark.parametrize("address", ["", "live/KEY", "http://node.example/live/KEY", "rtmp://node.example/"])
async def test_an_address_that_is_none_is_refused_in_words(address: str) -> None:
    with pytest.raises(PublishFailed, match="the address"):
        await client.connect(address)


async def test_a_closed_port_is_told() -> None:
    async with listening() as node:
        pass
    with pytest.raises(PublishFailed, match=r"127\.0\.0\.1 cannot be reached"):
        await client.connect(node.url())


async def test_a_host_without_address_is_told() -> None:
    with pytest.raises(PublishFailed, match="cannot be reached"):
        await client.connect("rtmp://node.invalid/live/KEY")


async def test_a_name_with_several_addresses_is_tried_through() -> None:
    async with listening() as node:
        encoder = await client.connect(f"rtmp://localhost:{node.port}/live/{KEY}")
        assert encoder.publishing
        await encoder.close()


async def test_addresses_are_checked_before_they_are_connected_to() -> None:
    seen: list[str] = []

    def check(ip: str) -> None:
        seen.append(ip)
        raise PublishFailed("private addresses are not published to")

    async with listening() as node:
        with pytest.raises(PublishFailed, match="private addresses"):
            await client.connect(node.url(), check_address=check)
        assert seen == ["127.0.0.1"]
        assert not node.server.connections
        await (await client.connect(node.url(), check_address=seen.append)).close()
        assert seen == ["127.0.0.1"] * 2


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with far_server(silent) as port:
        with pytest.raises(PublishFailed, match="did not begin the stream in time"):
            await client.connect(f"rtmp://127.0.0.1:{port}/live/KEY", limits=HASTY)


async def test_a_server_that_hangs_up_is_told() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1537)

    async with far_server(rude) as port:
        with pytest.raises(PublishFailed, match="closed the connection"):
            await client.connect(f"rtmp://127.0.0.1:{port}/live/KEY")


async def test_a_web_server_is_no_rtmp_server() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    async with far_server(web) as port:
        with pytest.raises(PublishFailed, match="does not speak RTMP"):
            await client.connect(f"rtmp://127.0.0.1:{port}/live/KEY")


@pytest.mark.parametrize("scheme", [None, 0, 1])
async def test_a_publish_with_each_form_of_handshake(scheme: int | None) -> None:
    async with listening() as node:
        encoder = await client.connect(node.url(), scheme=scheme)
        encoder.send(Metadata({"width": 64.0}))
        encoder.send(Audio(0, b"\xaf\x00"))
        await encoder.close()
        await encoder.close()
        assert await encoder.wait_closed() is None
        await node.handler.tapes[0].end()
        assert node.handler.tapes[0].frames == [Audio(0, b"\xaf\x00")]


async def test_sending_after_the_end_says_why_it_ended() -> None:
    async with listening() as node:
        encoder = await client.connect(node.url())
        node.handler.tapes[0].connection.close("Another encoder took over.")
        await encoder.wait_closed()
        with pytest.raises(PublishFailed, match="Another encoder took over"):
            encoder.send(Video(0, b"\x17"))
        assert not encoder.publishing

        encoder = await client.connect(node.url())
        await encoder.close()
        with pytest.raises(PublishFailed, match="the publish is over"):
            encoder.send(Video(0, b"\x17"))


async def test_a_server_that_stops_reading_shows_in_what_is_buffered() -> None:
    async with listening(limits=replace(DEFAULT, linger_s=0.2)) as node:
        encoder = await client.connect(node.url(), limits=replace(DEFAULT, linger_s=0.2))
        assert encoder.buffered == 0
        node.handler.tapes[0].connection._read(False)
        before = 0
        async with asyncio.timeout(PATIENCE_S):
            while encoder.buffered < 1 << 20:
                encoder.send(Video(0, bytes(1 << 20)))
                await asyncio.sleep(0)
                before += 1
        assert encoder.acknowledged <= before << 20
        await encoder.close()  # gives up after the time to linger
        assert encoder.buffered == 0


async def test_a_client_that_aborts_has_nothing_left_to_do() -> None:
    async with listening() as node:
        encoder = await client.connect(node.url())
        encoder.abort()
        failure = await encoder.wait_closed()
        assert isinstance(failure, PublishFailed)
        encoder.abort()
        await encoder.close()
        await node.handler.tapes[0].end()


async def test_many_publish_at_the_same_time() -> None:
    async with listening() as node:
        encoders = await asyncio.gather(*(client.connect(node.url()) for _ in range(8)))
        for n in range(20):
            for encoder in encoders:
                encoder.send(Video(n, bytes([0x27]) * 5000))
        await asyncio.gather(*(encoder.close() for encoder in encoders))
        for tape in node.handler.tapes:
            await tape.end()
            assert [frame.timestamp_ms for frame in tape.frames] == list(range(20))
