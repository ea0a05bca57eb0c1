"""One connection: frames and their end, refusals, breaks, and peers that are slow or not encoders."""

import asyncio
from dataclasses import replace

import pytest

from media.rtmp import Connection, EndReason, PublishRequest, Refused, RtmpServer, client
from media.rtmp.client import PublishFailed
from media.rtmp.session import REJECTED, Metadata, Video
from tests.kit.rtmp import KEY, Head, call, chunk
from tests.kit.rtmp_server import (
    KEYFRAME,
    PATIENCE_S,
    QUICK,
    SOUND,
    Listening,
    RecordedPublication,
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


async def all_gone_after(node: Listening, publishes: int) -> None:
    await until(lambda: len(node.handler.tapes) == publishes and not node.server.connections)


async def test_frames_arrive_in_order_and_a_stop_is_a_stop() -> None:
    async with listening() as node:
        encoder = await publish(node, Metadata({"width": 64.0}), KEYFRAME, SOUND, Video(33, b"\x27\x01"))
        await encoder.close()
        (publication,) = node.handler.tapes
        assert await publication.end() is EndReason.FINISHED
        assert publication.values == [{"width": 64.0}]
        assert publication.frames == [KEYFRAME, SOUND, Video(33, b"\x27\x01")]
        assert publication.connection.bytes_received > 20_000


async def test_the_handler_learns_who_asks_for_what() -> None:
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
        publication = node.handler.tapes[0]
        await publication.until(lambda publication: bool(publication.frames))
        encoder.abort()
        assert await publication.end() is EndReason.LOST


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
    limits = replace(QUICK, write_s=0.2, handshake_s=60, publish_s=60, early=1 << 30)
    async with listening(limits=limits) as node, raw(node.port) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"\x03" + bytes(2 * 1536) + call("connect"))
        async with asyncio.timeout(PATIENCE_S):
            while not node.server.refused:
                if not is_held_back(node):
                    writer.write(call("makeCoffee") * 2000)
                await asyncio.sleep(0.01)
        assert node.server.refused == {"WriteTimeout": 1}


def is_held_back(node: Listening) -> bool:
    """Return whether the node waits for a peer to read."""
    return any(connection._write_alarm for connection in node.server.connections)


async def test_a_peer_that_reads_late_is_served_late() -> None:
    patient = replace(QUICK, early=1 << 30, write_s=3600, handshake_s=3600, publish_s=3600)
    async with listening(limits=patient) as node, raw(node.port) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"\x03" + bytes(2 * 1536) + call("connect"))
        sent = 0
        while not is_held_back(node):
            writer.write(call("makeCoffee") * 2000)
            sent += 2000
            await asyncio.sleep(0.01)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        answers, rest = 0, b""
        while answers < sent:
            data = rest + await reader.read(1 << 20)
            assert len(data) > len(rest), "the node has closed"
            whole, found, rest = data.rpartition(b"NetConnection.Call.Failed")
            answers += (whole + found).count(b"_error")
        while is_held_back(node):
            await asyncio.sleep(0.01)
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


async def test_an_unplayable_stream_is_ended_with_the_reason() -> None:
    async with listening(RecordingHandler(on_frame=cannot_be_played)) as node:
        encoder = await publish(node, Video(0, b"\x1c\x00"), KEYFRAME)
        failure = await encoder.wait_closed()
        assert failure is not None
        assert (failure.code, str(failure)) == (REJECTED, "HEVC cannot be played here.")
        (publication,) = node.handler.tapes
        assert publication.ends == [(EndReason.CLOSED, "HEVC cannot be played here.")]
        assert len(publication.frames) == 1


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
        assert [await publication.end() for publication in node.handler.tapes] == [EndReason.CLOSED, EndReason.FINISHED]


async def test_an_encoder_that_has_read_why_it_was_cut_off_is_not_told_again_when_all_is_well() -> None:
    async with listening(RecordingHandler(on_frame=cannot_be_played)) as node:
        await (await publish(node, Video(0, b"\x1c\x00"))).wait_closed()
        encoder = await publish(node, KEYFRAME)
        await encoder.close()
        assert [await publication.end() for publication in node.handler.tapes] == [EndReason.CLOSED, EndReason.FINISHED]


async def test_the_handler_may_refuse_for_other_reasons_without_counting_a_wrong_key() -> None:
    class Full:
        async def authorize(self, request: PublishRequest, connection: Connection) -> RecordedPublication:
            raise Refused(REJECTED, "The disk is full.")

    server = RtmpServer(Full(), limits=replace(QUICK, failed_keys=1))
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
        (publication,) = node.handler.tapes
        assert publication.ends == [(EndReason.CLOSED, "That was enough.")]
        assert len(publication.frames) == 2


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
        assert [await publication.end() for publication in node.handler.tapes] == [EndReason.FINISHED, EndReason.LOST]
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


async def test_a_handler_that_breaks_refuses_without_details(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def authorize(self, request: PublishRequest, connection: Connection) -> RecordedPublication:
            raise ZeroDivisionError

    server = RtmpServer(Broken(), limits=QUICK)
    port = await server.listen("127.0.0.1", 0)
    with pytest.raises(PublishFailed, match="The server failed; see its log"):
        await client.connect(f"rtmp://127.0.0.1:{port}/live/{KEY}")
    await server.close()
    assert "ZeroDivisionError" in caplog.text


async def test_what_is_sent_too_early_is_kept_until_the_handler_has_answered() -> None:
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
        await handler.tapes[0].until(lambda publication: len(publication.frames) == 6)


async def test_an_encoder_that_leaves_while_the_handler_decides_is_lost() -> None:
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


async def test_metadata_that_cannot_be_read_is_logged_and_the_stream_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    deep: list[object] = []
    for _ in range(30):
        deep = [deep]
    async with listening() as node:
        encoder = await publish(node, Metadata({"a": deep}), KEYFRAME)  # type: ignore[dict-item]
        await encoder.close()
        (publication,) = node.handler.tapes
        assert await publication.end() is EndReason.FINISHED
        assert publication.frames == [KEYFRAME]
    assert "ignored metadata" in caplog.text
