import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import pytest

from media.errors import Unplayable
from media.rtmp import amf0, client
from media.rtmp.client import PublishClient, PublishFailed
from media.rtmp.limits import DEFAULT
from media.rtmp.server import Connection, EndReason, PublishRequest, Refused, RtmpServer
from media.rtmp.session import BAD_NAME, REJECTED, Audio, Metadata, Video
from tests.kit.certificates import client_context, server_context
from tests.kit.rtmp import KEY, PATIENCE_S, Head, Listening, RecordingHandler, Tape, chunk, listening, until

KEYFRAME = Video(0, b"\x17\x01\x00\x00\x00" + bytes(20_000))
SOUND = Audio(5, b"\xaf\x01" + bytes(300))
QUICK = replace(DEFAULT, linger_s=0.2)


@asynccontextmanager
async def raw(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        await gone(writer)


async def gone(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """What comes until the far end closes, in whatever way."""
    async with asyncio.timeout(PATIENCE_S):
        got = b""
        while True:
            try:
                data = await reader.read(65_536)
            except ConnectionError:
                return got
            if not data:
                return got
            got += data


async def publish(node: Listening, *events: Metadata | Video | Audio, key: str = KEY) -> PublishClient:
    encoder = await client.connect(node.url(key))
    for event in events:
        encoder.send(event)
    return encoder


async def all_gone(node: Listening) -> None:
    await until(lambda: not node.server.connections)


async def all_gone_after(node: Listening, publishes: int) -> None:
    await until(lambda: len(node.handler.tapes) == publishes and not node.server.connections)


def call(name: str, transaction: float = 1, *arguments: amf0.Value) -> bytes:
    body = amf0.write(name, transaction, None, *arguments)
    return chunk(Head(0, 3, length=len(body), kind=20, stream=0), body)


async def test_frames_arrive_in_order_and_a_stop_is_a_stop() -> None:
    async with listening() as node:
        encoder = await publish(node, Metadata({"width": 64.0}), KEYFRAME, SOUND, Video(33, b"\x27\x01"))
        await encoder.close()
        (tape,) = node.handler.tapes
        assert await tape.end() is EndReason.FINISHED
        assert tape.values == [{"width": 64.0}]
        assert tape.frames == [KEYFRAME, SOUND, Video(33, b"\x27\x01")]
        assert tape.connection.bytes_received > 20_000


async def test_the_door_learns_who_asks_for_what() -> None:
    async with listening() as node:
        encoder = await client.connect(node.url(f"{KEY}?token=x", app="live"))
        await encoder.close()
        assert node.handler.requests == [
            PublishRequest(
                app="live",
                name=KEY,
                params={"token": "x"},
                address="127.0.0.1",
                flash_ver="FMLE/3.0 (compatible; FMSc/1.0)",
                tc_url=f"rtmp://127.0.0.1:{node.port}/live",
                secure=False,
            )
        ]


async def test_an_encoder_whose_socket_goes_is_lost() -> None:
    async with listening() as node:
        encoder = await publish(node, KEYFRAME)
        tape = node.handler.tapes[0]
        await tape.until(lambda tape: bool(tape.frames))
        encoder.abort()
        assert await tape.end() is EndReason.LOST


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


async def test_who_waits_for_a_late_answer_and_leaves_is_forgotten() -> None:
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


async def test_who_stops_and_begins_again_on_one_connection_is_counted_right() -> None:
    async with listening(limits=replace(QUICK, publishing_per_address=1)) as node, raw(node.port) as (_, writer):
        writer.write(b"\x03" + bytes(2 * 1536) + call("connect"))
        for n in range(3):
            writer.write(call("publish", 2, KEY))
            await until(lambda: len(node.handler.tapes) > n)  # noqa: B023 awaited in this very turn
            writer.write(call("FCUnpublish", 3))
            assert await node.handler.tapes[n].end() is EndReason.FINISHED
        assert not node.server.refused


async def test_a_peer_that_does_not_finish_the_handshake_is_dropped_even_if_it_dribbles() -> None:
    async with listening(limits=replace(QUICK, handshake_s=0.2)) as node, raw(node.port) as (reader, writer):
        writer.write(b"\x03")
        while not node.server.refused:
            writer.write(b"\x00")
            await asyncio.sleep(0.02)
        await everything(reader)
        assert node.server.refused == {"HandshakeTimeout": 1}


async def test_a_peer_that_does_not_publish_is_dropped() -> None:
    async with listening(limits=replace(QUICK, publish_s=0.2)) as node, raw(node.port) as (reader, writer):
        writer.write(b"\x03" + bytes(2 * 1536))
        assert len(await everything(reader)) == 1 + 2 * 1536
        assert node.server.refused == {"PublishTimeout": 1}


async def test_a_silent_encoder_is_lost_and_one_that_sends_is_not() -> None:
    async with listening(limits=replace(QUICK, idle_s=0.5)) as node:
        quiet, busy = await publish(node, KEYFRAME), await publish(node, KEYFRAME)
        first, second = node.handler.tapes
        while not first.ends:
            busy.send(SOUND)
            await asyncio.sleep(0.02)
        assert first.ends[0][0] is EndReason.LOST
        assert node.server.refused == {"IdleTimeout": 1}
        assert isinstance(await quiet.wait_closed(), PublishFailed)
        assert not second.ends
        await busy.close()
        assert await second.end() is EndReason.FINISHED


async def test_a_peer_that_asks_and_never_reads_is_dropped() -> None:
    limits = replace(QUICK, write_s=0.2, publish_s=60, early=1 << 30)
    async with listening(limits=limits) as node, raw(node.port) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"\x03" + bytes(2 * 1536) + call("connect"))
        async with asyncio.timeout(PATIENCE_S):
            while not node.server.refused:
                writer.write(call("makeCoffee") * 2000)
                await asyncio.sleep(0.01)
        assert node.server.refused == {"WriteTimeout": 1}


async def test_a_peer_that_reads_late_is_served_late() -> None:
    async with listening(limits=replace(QUICK, early=1 << 30)) as node, raw(node.port) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"\x03" + bytes(2 * 1536) + call("connect"))
        sent = 0

        def is_held_back() -> bool:
            return any(connection._write_alarm for connection in node.server.connections)

        async with asyncio.timeout(PATIENCE_S):
            while not is_held_back():
                writer.write(call("makeCoffee") * 2000)
                sent += 2000
                await asyncio.sleep(0.01)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        answers = 0
        async with asyncio.timeout(PATIENCE_S):
            while answers < sent:
                answers += (await reader.readuntil(b"NetConnection.Call.Failed")).count(b"_error")
        await until(lambda: not is_held_back())
        assert not node.server.refused


@pytest.mark.parametrize(
    ("sent", "name", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: node.example\r\n\r\n", "NotRtmp", b"HTTP/1.1 400 Bad Request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), "NotRtmp", b""),
        (b"\xde\xad\xbe\xef" * 500, "NotRtmp", b""),
        (b"\x06" + bytes(1536), "BadHandshake", b""),
        (b"\x03" + bytes(2 * 1536) + b"\xc5", "BadChunk", None),
    ],
    ids=["http", "tls", "noise", "rtmpe", "noise after the handshake"],
)
async def test_what_is_no_rtmp_is_closed_at_once_with_one_log_line(
    sent: bytes, name: str, answer: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(limits=QUICK) as node, raw(node.port) as (reader, writer):
        writer.write(sent)
        got = await everything(reader)
        assert answer is None or got.partition(b"\r\n")[0] == answer
        await until(lambda: node.server.refused == {name: 1})
        await gone(writer)
        await all_gone(node)
    assert len(caplog.messages) == 1


async def test_a_player_is_told_that_this_is_the_wrong_place() -> None:
    async with listening(limits=QUICK) as node, raw(node.port) as (reader, writer):
        writer.write(b"\x03" + bytes(2 * 1536) + call("connect") + call("play"))
        assert b"NetStream.Play.Failed" in await everything(reader)


def cannot_be_played(_: int, payload: bytes) -> None:
    if payload[:1] == b"\x1c":
        raise Unplayable("HEVC cannot be played here.")


async def test_an_unplayable_stream_is_ended_with_the_reason() -> None:
    async with listening(RecordingHandler(on_frame=cannot_be_played)) as node:
        encoder = await publish(node, Video(0, b"\x1c\x00"), KEYFRAME)
        failure = await encoder.wait_closed()
        assert failure is not None
        assert (failure.code, str(failure)) == (REJECTED, "HEVC cannot be played here.")
        (tape,) = node.handler.tapes
        assert tape.ends == [(EndReason.CLOSED, "HEVC cannot be played here.")]
        assert len(tape.frames) == 1


async def test_the_reason_is_told_again_to_an_encoder_that_did_not_read_it_and_then_no_more() -> None:
    """OBS does not read what it is told in the middle: it sends on until the connection breaks, and comes back."""
    async with listening(RecordingHandler(on_frame=cannot_be_played), QUICK) as node:
        async with raw(node.port) as (_, writer):
            bad = chunk(Head(0, 6, length=2, kind=9), b"\x1c\x00")
            writer.write(b"\x03" + bytes(2 * 1536) + call("connect") + call("publish", 2, KEY) + bad)
            await all_gone_after(node, 1)
        with pytest.raises(PublishFailed, match="HEVC cannot be played here"):
            await client.connect(f"rtmp://127.0.0.1:{node.port}//{KEY}")
        encoder = await client.connect(f"rtmp://127.0.0.1:{node.port}//{KEY}")
        encoder.send(KEYFRAME)
        await encoder.close()
        assert [await tape.end() for tape in node.handler.tapes] == [EndReason.CLOSED, EndReason.FINISHED]


async def test_an_encoder_that_has_read_why_it_was_cut_off_is_not_told_again_when_all_is_well() -> None:
    async with listening(RecordingHandler(on_frame=cannot_be_played)) as node:
        await (await publish(node, Video(0, b"\x1c\x00"))).wait_closed()
        encoder = await publish(node, KEYFRAME)
        await encoder.close()
        assert [await tape.end() for tape in node.handler.tapes] == [EndReason.CLOSED, EndReason.FINISHED]


async def test_the_door_may_refuse_for_other_reasons_without_counting_a_wrong_key() -> None:
    class FullHouse:
        async def authorize(self, request: PublishRequest, connection: Connection) -> Tape:
            raise Refused(REJECTED, "The disk is full.")

    server = RtmpServer(FullHouse(), limits=replace(QUICK, failed_keys=1))
    port = await server.listen("127.0.0.1", 0)
    for _ in range(3):
        with pytest.raises(PublishFailed, match="The disk is full"):
            await client.connect(f"rtmp://127.0.0.1:{port}/live/{KEY}")
    await server.close()
    assert server.refused == {REJECTED: 3}


async def test_a_takeover_ends_the_old_encoder_with_a_word() -> None:
    async with listening() as node:
        old = await publish(node, KEYFRAME)
        node.handler.tapes[0].connection.close("Another encoder took over.")
        node.handler.tapes[0].connection.close("Said twice, heard once.")
        assert await node.handler.tapes[0].end() is EndReason.CLOSED
        failure = await old.wait_closed()
        assert failure is not None
        assert str(failure) == "Another encoder took over."


async def test_a_publication_may_close_its_own_connection() -> None:
    def close(timestamp_ms: int, _: bytes) -> None:
        if timestamp_ms == 33:
            node.handler.tapes[0].connection.close("That was enough.")

    async with listening(RecordingHandler(on_frame=close)) as node:
        encoder = await publish(node, KEYFRAME, Video(33, b"\x27"), Video(66, b"\x27"))
        assert isinstance(await encoder.wait_closed(), PublishFailed)
        (tape,) = node.handler.tapes
        assert tape.ends == [(EndReason.CLOSED, "That was enough.")]
        assert len(tape.frames) == 2


async def test_a_publication_that_breaks_takes_only_its_own_connection_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def stumble(timestamp_ms: int, _: bytes) -> None:
        if timestamp_ms == 666:
            raise ZeroDivisionError

    async with listening(RecordingHandler(on_frame=stumble)) as node:
        good, bad = await publish(node, KEYFRAME), await publish(node, Video(666, b"\x17"))
        assert isinstance(await bad.wait_closed(), PublishFailed)
        good.send(SOUND)
        await good.close()
        assert [await tape.end() for tape in node.handler.tapes] == [EndReason.FINISHED, EndReason.LOST]
    assert "ZeroDivisionError" in caplog.text


async def test_a_publication_that_breaks_while_ending_is_logged_and_left(caplog: pytest.LogCaptureFixture) -> None:
    def stumble() -> None:
        raise ZeroDivisionError

    async with listening() as node:
        encoder = await publish(node, KEYFRAME)
        node.handler.tapes[0].on_end = stumble
        await encoder.close()
        assert await node.handler.tapes[0].end() is EndReason.FINISHED
        await all_gone(node)
    assert "ZeroDivisionError" in caplog.text


async def test_a_door_that_breaks_refuses_without_details(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def authorize(self, request: PublishRequest, connection: Connection) -> Tape:
            raise ZeroDivisionError

    server = RtmpServer(Broken(), limits=QUICK)
    port = await server.listen("127.0.0.1", 0)
    with pytest.raises(PublishFailed, match="The server failed; see its log"):
        await client.connect(f"rtmp://127.0.0.1:{port}/live/{KEY}")
    await server.close()
    assert "ZeroDivisionError" in caplog.text


async def test_a_server_that_stops_waits_for_its_door() -> None:
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


async def test_a_server_that_stops_does_not_wait_for_ever_for_its_door() -> None:
    handler = RecordingHandler(gate=asyncio.Event())
    async with listening(handler, replace(QUICK, publish_s=0.2)) as node:
        trying = asyncio.ensure_future(client.connect(node.url()))
        await handler.asked.wait()
        await node.server.close()
        assert not handler.tapes
        with pytest.raises(PublishFailed):
            await trying


async def test_what_is_sent_too_early_is_kept_until_the_door_opens() -> None:
    handler = RecordingHandler(gate=asyncio.Event())
    assert handler.gate
    async with listening(handler, QUICK) as node, raw(node.port) as (_, writer):
        frame = chunk(Head(0, 6, stamp=7, length=100, kind=9), b"\x17" * 100)
        connect, publish = call("connect"), call("publish", 2, KEY)
        writer.write(b"\x03" + bytes(2 * 1536) + connect + publish + frame)
        await handler.asked.wait()
        writer.write(frame * 5)
        handler.gate.set()
        await until(lambda: handler.tapes)
        await handler.tapes[0].until(lambda tape: len(tape.frames) == 6)


async def test_an_encoder_that_leaves_while_the_door_decides_is_lost() -> None:
    handler = RecordingHandler(gate=asyncio.Event())
    assert handler.gate
    async with listening(handler, replace(QUICK, publish_s=0.3)) as node:
        trying = asyncio.ensure_future(client.connect(node.url()))
        await handler.asked.wait()
        with pytest.raises(PublishFailed):
            await trying  # the publish time is over, the handler still thinks
        handler.gate.set()
        await until(lambda: handler.tapes)
        assert await handler.tapes[0].end() is EndReason.LOST
        assert not handler.tapes[0].frames


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


async def test_metadata_that_cannot_be_read_is_logged_and_the_stream_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    deep: list[object] = []
    for _ in range(30):
        deep = [deep]
    async with listening() as node:
        encoder = await publish(node, Metadata({"a": deep}), KEYFRAME)  # type: ignore[dict-item]
        await encoder.close()
        (tape,) = node.handler.tapes
        assert await tape.end() is EndReason.FINISHED
        assert tape.frames == [KEYFRAME]
    assert "ignored metadata" in caplog.text


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
    """How many files this process may open, after asking for as many as it can get."""
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
