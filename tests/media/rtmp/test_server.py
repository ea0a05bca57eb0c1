"""Many connections: wrong keys and crowds that keep no encoder out, ports, TLS, and the end of the server."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from media.rtmp import EndReason, RtmpServer, client
from media.rtmp.client import PublishFailed
from media.rtmp.limits import DEFAULT
from media.rtmp.session import BAD_NAME, Video
from tests.kit.certificates import client_context, server_context
from tests.kit.rtmp import KEY, call
from tests.kit.rtmp_server import (
    KEYFRAME,
    QUICK,
    SOUND,
    RecordingHandler,
    all_gone,
    cannot_be_played,
    everything,
    gone,
    listening,
    publish,
    raw,
    until,
)


async def test_a_wrong_key_is_refused_in_words_and_logged_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    async with listening() as node:
        with pytest.raises(PublishFailed, match="no such stream key") as caught:
            await publish(node, key="ros3bud-secret")
        assert caught.value.code == BAD_NAME
        await all_gone(node)
    assert "127.0.0.1" in caplog.text
    assert BAD_NAME in caplog.text
    assert "ros3bud" not in caplog.text


async def test_after_many_wrong_keys_the_right_one_passes_at_once_and_wrong_ones_are_answered_late(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with listening(limits=replace(QUICK, failed_keys=3, failed_keys_delay_s=0.5)) as node:
        for _ in range(3):
            with pytest.raises(PublishFailed):
                await publish(node, key="wrong")
        began = asyncio.get_running_loop().time()
        slow = [asyncio.create_task(publish(node, key="wrong")) for _ in range(2)]
        await until(lambda: len(node.handler.requests) == 5)
        await (await publish(node, KEYFRAME)).close()
        assert len(node.handler.tapes) == 1
        for task in slow:
            with pytest.raises(PublishFailed, match="no such stream key"):
                await task
        assert asyncio.get_running_loop().time() - began >= 0.5
        assert node.server.refused["TooManyFailedKeys"] == 1
    assert len([line for line in caplog.messages if "too many wrong stream keys" in line]) == 1


async def test_a_short_key_is_compared_only_so_often_after_many_wrong_ones_and_a_long_one_always() -> None:
    long = "k" * DEFAULT.long_key
    limits = replace(QUICK, failed_keys=1, short_keys=2, failed_keys_delay_s=0)
    async with listening(RecordingHandler(key=long), limits) as node:
        for _ in range(3):
            with pytest.raises(PublishFailed, match="no such stream key"):
                await publish(node, key="wrong")
        with pytest.raises(PublishFailed, match="wait a minute, or use a longer key"):
            await publish(node, key="wrong")
        await (await publish(node, KEYFRAME, key=long)).close()
        assert [request.name for request in node.handler.requests] == ["wrong"] * 3 + [long]


async def test_a_client_that_leaves_before_a_late_answer_is_forgotten() -> None:
    async with listening(limits=replace(QUICK, failed_keys=1, failed_keys_delay_s=60)) as node:
        with pytest.raises(PublishFailed):
            await publish(node, key="wrong")
        waiting = asyncio.create_task(publish(node, key="wrong"))
        await until(lambda: len(node.handler.requests) == 2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await all_gone(node)


async def test_a_wrong_key_whose_encoder_was_closed_meanwhile_is_not_answered_late() -> None:
    handler = RecordingHandler()
    async with listening(handler, replace(QUICK, failed_keys=1, failed_keys_delay_s=60)) as node:
        with pytest.raises(PublishFailed):
            await publish(node, key="wrong")
        handler.gate, handler.asked = asyncio.Event(), asyncio.Event()
        trying = asyncio.create_task(publish(node, key="wrong"))
        await handler.asked.wait()
        connection = max(node.server.connections, key=lambda each: each.id)
        connection.close("the admin said so")
        with pytest.raises(PublishFailed, match="the admin said so"):
            await trying
        handler.gate.set()
        await until(lambda: not node.server._tasks)
        assert connection._late_answer is None
        await all_gone(node)
        assert node.server.refused == {BAD_NAME: 1, "TooManyFailedKeys": 1}


async def test_one_connection_too_many_closes_the_oldest_that_does_not_publish() -> None:
    async with listening(limits=replace(QUICK, waiting_per_address=2)) as node:
        async with raw(node.port) as (first, _), raw(node.port) as (second, writer):
            await until(lambda: len(node.server.connections) == 2)
            writer.write(b"\x03" + bytes(2 * 1536))  # further on, which does not help it
            assert len(await second.readexactly(1 + 2 * 1536)) > 1536
            encoder = await publish(node, KEYFRAME)
            assert await everything(first) == b""
            assert node.server.refused == {"TooManyConnections": 1}
            async with raw(node.port), raw(node.port):
                assert await everything(second) == b""
            encoder.send(SOUND)
            await encoder.close()
            assert await node.handler.tapes[0].end() is EndReason.FINISHED
            assert node.handler.tapes[0].frames == [KEYFRAME, SOUND]
        await all_gone(node)


async def test_one_that_was_refused_and_does_not_close_makes_room_too() -> None:
    limits = replace(DEFAULT, linger_s=60, waiting_per_address=2)
    async with listening(limits=limits) as node, AsyncExitStack() as stack:
        for n in range(6):
            reader, writer = await stack.enter_async_context(raw(node.port))
            writer.write(b"\x03" + bytes(2 * 1536) + call("connect") + call("publish", 2, "wrong"))
            await until(lambda: len(node.handler.requests) > n)  # noqa: B023 awaited in this very turn
            assert BAD_NAME.encode() in await reader.readuntil(BAD_NAME.encode())
        assert len(node.server.connections) == 2
        assert await publish(node, KEYFRAME)


async def test_an_address_has_only_so_many_publishers() -> None:
    async with listening(limits=replace(QUICK, publishing_per_address=1)) as node:
        encoder = await publish(node, KEYFRAME)
        with pytest.raises(PublishFailed, match="1 encoders publish from there already"):
            await publish(node, KEYFRAME)
        await encoder.close()
        await until(lambda: len(node.server.connections) == 0)
        await (await publish(node, KEYFRAME)).close()


async def test_republishing_on_one_connection_is_counted_right() -> None:
    async with listening(limits=replace(QUICK, publishing_per_address=1)) as node, raw(node.port) as (_, writer):
        writer.write(b"\x03" + bytes(2 * 1536) + call("connect"))
        for n in range(3):
            writer.write(call("publish", 2, KEY))
            await until(lambda: len(node.handler.tapes) > n)  # noqa: B023 awaited in this very turn
            writer.write(call("FCUnpublish", 3))
            assert await node.handler.tapes[n].end() is EndReason.FINISHED
        assert not node.server.refused


async def test_a_server_that_stops_waits_for_its_handler() -> None:
    handler = RecordingHandler(gate=asyncio.Event())
    assert handler.gate
    async with listening(handler, QUICK) as node:
        trying = asyncio.ensure_future(client.connect(node.url()))
        await handler.asked.wait()
        stopping = asyncio.ensure_future(node.server.close())
        with pytest.raises(PublishFailed, match="the server is stopping"):
            await trying
        handler.gate.set()
        await stopping
        assert await handler.tapes[0].end() is EndReason.LOST


async def test_a_server_that_stops_does_not_wait_for_ever_for_its_handler() -> None:
    handler = RecordingHandler(gate=asyncio.Event())
    async with listening(handler, replace(QUICK, publish_s=0.2)) as node:
        trying = asyncio.ensure_future(client.connect(node.url()))
        await handler.asked.wait()
        await node.server.close()
        assert not handler.tapes
        with pytest.raises(PublishFailed):
            await trying


async def test_closing_the_server_ends_every_publication_and_frees_the_port() -> None:
    async with listening(limits=QUICK) as node:
        encoders = [await publish(node, KEYFRAME) for _ in range(3)]
        async with raw(node.port) as (reader, _):
            await until(lambda: len(node.server.connections) == 4)
            await node.server.close()
            assert await everything(reader) == b""
        assert [await tape.end() for tape in node.handler.tapes] == [EndReason.CLOSED] * 3
        assert [str(await encoder.wait_closed()) for encoder in encoders] == ["the server is stopping"] * 3
        with pytest.raises(PublishFailed):
            await publish(node)
        assert not node.server.open
        again = RtmpServer(RecordingHandler())
        assert await again.listen("127.0.0.1", node.port) == node.port
        await again.close()


async def test_a_taken_port_is_the_callers_affair() -> None:
    async with listening() as node:
        other = RtmpServer(RecordingHandler())
        with pytest.raises(OSError, match="in use"):
            await other.listen("127.0.0.1", node.port)
        await other.close()


async def test_rtmps_is_the_same_behind_tls() -> None:
    handler = RecordingHandler()
    server = RtmpServer(handler, limits=QUICK)
    port = await server.listen("127.0.0.1", 0, ssl=server_context())
    encoder = await client.connect(f"rtmps://127.0.0.1:{port}/live/{KEY}", tls_context=client_context())
    encoder.send(KEYFRAME)
    await encoder.close()
    assert await handler.tapes[0].end() is EndReason.FINISHED
    assert handler.tapes[0].frames == [KEYFRAME]
    assert handler.requests[0].secure
    with pytest.raises(PublishFailed, match="no such stream key"):
        await client.connect(f"rtmps://127.0.0.1:{port}/live/wrong", tls_context=client_context())
    with pytest.raises(PublishFailed, match="certificate"):
        await client.connect(f"rtmps://127.0.0.1:{port}/live/{KEY}")
    async with raw(port) as (reader, writer):
        writer.write(b"\x03" + bytes(1536))  # plain RTMP on the TLS port
        await everything(reader)
    await server.close()


async def test_a_thousand_connections_of_one_byte_do_not_keep_an_encoder_out(many_files: int) -> None:
    count = min(1000, many_files // 2 - 200)
    async with listening(limits=replace(QUICK, handshake_s=120)) as node:
        idle = [await asyncio.open_connection("127.0.0.1", node.port) for _ in range(count)]
        for _, writer in idle[::2]:
            writer.write(b"\x03")
        encoder = await publish(node, KEYFRAME, SOUND)
        assert len(node.server.connections) <= DEFAULT.waiting_per_address + 1
        await encoder.close()
        assert await node.handler.tapes[0].end() is EndReason.FINISHED
        assert node.handler.tapes[0].frames == [KEYFRAME, SOUND]
        await asyncio.gather(*(gone(writer) for _, writer in idle))
        await all_gone(node)


async def test_a_thousand_half_open_tls_handshakes_do_not_keep_an_encoder_out() -> None:
    handler = RecordingHandler()
    server = RtmpServer(handler, limits=replace(QUICK, handshake_s=120, waiting_per_address=20))
    port = await server.listen("127.0.0.1", 0, ssl=server_context())
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
    for _, writer in idle:
        writer.write(b"\x16\x03\x01")
    encoder = await client.connect(f"rtmps://127.0.0.1:{port}/live/{KEY}", tls_context=client_context())
    assert len(server.connections) <= 21
    encoder.send(KEYFRAME)
    await encoder.close()
    assert await handler.tapes[0].end() is EndReason.FINISHED
    await asyncio.gather(*(gone(writer) for _, writer in idle))
    await server.close()


@pytest.fixture
def many_files() -> int:
    """Return how many files this process may open, after asking for as many as it can get."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 8192
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, 8192)), hard))
    most: int = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return most


def test_all_of_it_on_uvloop_too(caplog: pytest.LogCaptureFixture) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def scenario() -> None:
        async with listening(RecordingHandler(on_frame=cannot_be_played), QUICK) as node:
            encoder = await publish(node, KEYFRAME, SOUND)
            await encoder.close()
            assert await node.handler.tapes[0].end() is EndReason.FINISHED
            assert node.handler.tapes[0].frames == [KEYFRAME, SOUND]
            with pytest.raises(PublishFailed, match="no such stream key"):
                await publish(node, key="wrong")
            refused = await publish(node, Video(0, b"\x1c"))
            assert str(await refused.wait_closed()) == "HEVC cannot be played here."
            port = await node.server.listen("127.0.0.1", 0, ssl=server_context())
            secure = await client.connect(f"rtmps://127.0.0.1:{port}/app/{KEY}", tls_context=client_context())
            secure.send(KEYFRAME)
            await node.handler.tapes[-1].until(lambda tape: bool(tape.frames))
            node.handler.tapes[-1].connection.close("Enough.")
            assert str(await secure.wait_closed()) == "Enough."

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
