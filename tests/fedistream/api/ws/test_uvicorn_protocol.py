"""Our websocket protocol on the pinned uvicorn, and the line over plain ASGI beside it: one set of tests for both."""

import asyncio
import gc
import inspect
import logging
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from fedistream.api.ws.connection import MAX_OWED, TRY_AGAIN_LATER, Socket, frames, open_socket
from fedistream.api.ws.uvicorn_protocol import KERNEL_BUFFER, MAX_MESSAGE, SETTINGS, FanoutProtocol
from tests.kit.webserver import serving

PATIENCE_S = 20


@dataclass(slots=True)
class Room:
    """An application that accepts every connection, keeps the sockets, and records what it receives."""

    lines: asyncio.Queue[Socket] = field(default_factory=asyncio.Queue)
    received: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    scopes: list[Scope] = field(default_factory=list)
    before: Callable[[Send], Awaitable[None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.scopes.append(scope)
        if self.before is not None:
            await self.before(send)
        self.lines.put_nowait(open_socket(scope, send))
        while (message := await receive())["type"] != "websocket.disconnect":
            self.received.put_nowait(message)
        self.received.put_nowait(message)

    async def next_line(self) -> Socket:
        return await asyncio.wait_for(self.lines.get(), PATIENCE_S)

    async def next_message(self) -> Message:
        return await asyncio.wait_for(self.received.get(), PATIENCE_S)


def to(port: int, **more: object) -> connect:
    return connect(f"ws://127.0.0.1:{port}/ws?accessToken=secret", max_size=None, **more)  # type: ignore[arg-type]


async def heard(client: ClientConnection) -> str | bytes:
    return await asyncio.wait_for(client.recv(), PATIENCE_S)


@pytest.fixture(params=[FanoutProtocol, WebSocketsSansIOProtocol], ids=["fanout", "plain"])
def ws(request: pytest.FixtureRequest) -> type[WebSocketsSansIOProtocol]:
    protocol: type[WebSocketsSansIOProtocol] = request.param
    return protocol


def test_uvicorn_is_the_minor_version_that_the_protocol_was_written_for() -> None:
    assert version("uvicorn").startswith("0.54.")


def test_the_parts_of_uvicorn_that_are_reached_into_are_there() -> None:
    methods = ("handle_connect", "resume_writing", "run_asgi", "connection_made", "connection_lost", "send")
    assert all(name in vars(WebSocketsSansIOProtocol) for name in methods)


async def test_what_stands_in_for_a_queue_and_an_event_can_all_that_uvicorn_asks_of_them() -> None:
    room = Room()
    async with serving(room) as port, to(port):
        said = await room.next_line()
        for name in ("queue", "writable"):
            asked = set(re.findall(rf"self\.{name}\.(\w+)\(", inspect.getsource(WebSocketsSansIOProtocol)))
            assert asked
            assert all(callable(getattr(getattr(said, name), method, None)) for method in asked)


async def test_nothing_of_the_handshake_is_held_once_it_is_over() -> None:
    room = Room()
    gc.disable()  # what only a full collection frees is held for minutes
    try:
        async with serving(room) as port, to(port):
            said = await room.next_line()
            assert isinstance(said, FanoutProtocol)
            assert not said.request.headers
            assert not said.response.headers
            readers = [one for one in gc.get_objects() if type(one) is HttpToolsProtocol]
            assert not [one for one in readers if one.transport is said.transport]
    finally:
        gc.enable()


async def test_a_waiting_send_continues_when_the_client_reads_again() -> None:
    sent = asyncio.Event()

    async def flood(send: Send) -> None:
        for _ in range(32):
            await send({"type": "websocket.send", "bytes": b"x" * 65536})
        sent.set()

    room = Room(before=flood)
    async with serving(room) as port, deaf_to(port) as deaf:
        await deaf.read(32 * (65536 + 10))
        await asyncio.wait_for(sent.wait(), PATIENCE_S)


async def test_what_clients_say_at_once_is_received_in_its_order() -> None:
    room = Room()
    async with serving(room) as port, deaf_to(port) as client:
        await client.say(b"".join(b"\x81\x81\0\0\0\0%d" % number for number in range(10)))
        assert [(await room.next_message())["text"] for _ in range(10)] == [str(number) for number in range(10)]


async def test_our_protocol_offers_its_line_and_the_plain_one_does_not() -> None:
    for ws, offered in ((FanoutProtocol, True), (WebSocketsSansIOProtocol, False)):
        room = Room()
        async with serving(room, ws) as port, to(port):
            assert isinstance(await room.next_line(), FanoutProtocol) is offered


async def test_texts_of_every_length_of_header_arrive_whole(ws: type[WebSocketsSansIOProtocol]) -> None:
    texts = ["x" * length for length in (0, 1, 125, 126, 65535, 65536)] + ["größer 🎉"]
    room = Room()
    async with serving(room, ws) as port, to(port) as client:
        said = await room.next_line()
        assert said.write(frames(text.encode() for text in texts))
        assert [await heard(client) for _ in texts] == texts


async def test_what_is_pushed_comes_after_what_was_sent(ws: type[WebSocketsSansIOProtocol]) -> None:
    async def greet(send: Send) -> None:
        await send({"type": "websocket.send", "text": "hello"})

    room = Room(before=greet)
    async with serving(room, ws) as port, to(port) as client:
        said = await room.next_line()
        for number in range(50):
            said.write(frames([b"%d" % number]))
        assert [await heard(client) for _ in range(51)] == ["hello", *map(str, range(50))]


async def test_a_line_that_is_shut_says_why_and_takes_nothing_more(ws: type[WebSocketsSansIOProtocol]) -> None:
    room = Room()
    async with serving(room, ws) as port, to(port) as client:
        said = await room.next_line()
        said.write(frames([b"last words"]))
        said.close(4001, "you are disabled")
        said.close(4002, "and again")
        assert not said.write(frames([b"too late"]))
        assert await heard(client) == "last words"
        with pytest.raises(ConnectionClosed) as closed:
            await heard(client)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "you are disabled")
        assert (await room.next_message())["type"] == "websocket.disconnect"


async def test_a_client_who_has_gone_is_no_error(ws: type[WebSocketsSansIOProtocol]) -> None:
    room = Room()
    async with serving(room, ws) as port:
        async with to(port):
            said = await room.next_line()
        assert (await room.next_message())["type"] == "websocket.disconnect"
        said.write(frames([b"anybody there?"]))
        said.close(1000)


async def test_the_application_hears_what_clients_say_and_why_they_go() -> None:
    room = Room()
    async with serving(room) as port:
        async with to(port) as client:
            await client.send("one\ntwo")
            assert (await room.next_message())["text"] == "one\ntwo"
            await client.close(1001, "lunch")
        gone = await room.next_message()
        assert (gone["type"], gone["code"]) == ("websocket.disconnect", 1001)


@dataclass(slots=True)
class Deaf:
    """A client that shakes hands and then reads only when told to."""

    connection: socket.socket

    async def shake(self, port: int) -> None:
        connection = self.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(
            connection,
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await loop.sock_recv(connection, 1)
        assert head.startswith(b"HTTP/1.1 101 ")

    async def say(self, raw: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.connection, raw)

    async def rest(self) -> bytes:
        """Everything until the other side closes."""
        loop, parts = asyncio.get_running_loop(), []
        async with asyncio.timeout(PATIENCE_S):
            while part := await loop.sock_recv(self.connection, 1 << 20):
                parts.append(part)
        return b"".join(parts)

    async def read(self, length: int) -> bytes:
        loop, parts = asyncio.get_running_loop(), b""
        async with asyncio.timeout(PATIENCE_S):
            while len(parts) < length:
                parts += await loop.sock_recv(self.connection, length - len(parts))
        return parts


@asynccontextmanager
async def deaf_to(port: int) -> AsyncIterator[Deaf]:
    with socket.socket() as connection:
        client = Deaf(connection)
        await client.shake(port)
        yield client


def owed(said: Socket) -> tuple[int, bytes]:
    """Push 1 kB at a time until the line takes no more. How many it took, and what one is on the wire."""
    one = frames([b"x" * 1000])
    taken = 0
    while said.write(one):
        taken += 1
        assert taken < 100_000, "there is no bound"
    return taken, one.wire


async def test_a_slow_client_gets_its_backlog_without_a_gap_and_a_close_that_asks_it_to_return() -> None:
    room = Room()
    async with serving(room) as port, deaf_to(port) as deaf:
        said = await room.next_line()
        taken, wire = owed(said)
        assert taken * len(wire) < MAX_OWED + 4 * KERNEL_BUFFER
        assert not said.write(frames([b"never"]))
        assert await deaf.read(taken * len(wire)) == wire * taken
        closing = await deaf.read(4)
        assert (closing[0], int.from_bytes(closing[2:4], "big")) == (0x88, TRY_AGAIN_LATER)


async def test_a_line_over_plain_asgi_is_bounded_as_well() -> None:
    room = Room()
    async with serving(room, WebSocketsSansIOProtocol) as port, deaf_to(port) as deaf:
        said = await room.next_line()
        taken, wire = owed(said)
        assert taken * len(wire) <= MAX_OWED
        assert await deaf.read(taken * len(wire)) == wire * taken
        assert (await deaf.read(1))[0] == 0x88


class Hasty(FanoutProtocol):
    linger_s = 0.2

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()


async def test_a_client_that_never_reads_is_disconnected() -> None:
    room = Room()
    async with serving(room, Hasty) as port, deaf_to(port):
        said = await room.next_line()
        assert isinstance(said, Hasty)
        owed(said)
        assert (await room.next_message())["type"] == "websocket.disconnect"
        await asyncio.wait_for(said.gone.wait(), PATIENCE_S)


async def test_a_client_that_never_reads_delays_nobody() -> None:
    room = Room()
    async with serving(room) as port, deaf_to(port):
        deafs = await room.next_line()
        async with to(port) as client:
            other = await room.next_line()
            one = frames([b"y" * 3000])
            for _ in range(500):
                deafs.write(one)
                assert other.write(one)
                assert await heard(client) == "y" * 3000


async def test_clients_are_asked_every_20_s_whether_they_are_there() -> None:
    assert (SETTINGS["ws_ping_interval"], SETTINGS["ws_ping_timeout"]) == (20.0, 20.0)


async def test_clients_that_do_not_answer_pings_are_disconnected() -> None:
    room = Room()
    async with (
        serving(room, ws_ping_interval=0.1, ws_ping_timeout=0.5) as port,
        to(port) as client,
        deaf_to(port) as silent,
    ):
        said = await room.next_line()
        # the silent one has been asked, and closed with 1011 for want of an answer
        told = await silent.rest()
        assert told[:2] == b"\x89\x04"
        assert (told[6], int.from_bytes(told[8:10], "big")) == (0x88, 1011)
        assert (await room.next_message())["type"] == "websocket.disconnect"
        # longer than anybody may be silent, who is not
        said.write(frames([b"still there?"]))
        assert await heard(client) == "still there?"
        assert room.received.empty()


async def test_too_long_a_message_closes_the_socket() -> None:
    room = Room()
    async with serving(room) as port, to(port) as client:
        await client.send("z" * (MAX_MESSAGE + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await heard(client)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        assert (await room.next_message())["type"] == "websocket.disconnect"


async def test_a_frame_of_a_megabyte_is_refused_by_its_header_alone() -> None:
    room = Room()
    async with serving(room) as port, deaf_to(port) as client:
        await client.say(b"\x81\xff" + (1 << 20).to_bytes(8, "big") + bytes(4))
        assert (await client.rest())[0] == 0x88


async def test_broken_text_closes_the_socket_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = Room()
    async with serving(room) as port, deaf_to(port) as client:
        await client.say(b"\x81\x82\0\0\0\0\xff\xfe")
        rest = await client.rest()
    assert int.from_bytes(rest[2:4], "big") == 1007
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_no_access_token_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = Room()
    async with serving(room) as port, to(port):
        await room.next_line()
    assert "secret" not in caplog.text
    # nor does each that opens push what the admin should see out of the admin's log
    assert "connection open" not in caplog.text


async def test_nothing_is_compressed_whatever_the_client_would_like() -> None:
    room = Room()
    async with serving(room) as port, to(port, compression="deflate") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


async def test_what_the_kernel_holds_for_a_line_is_bounded() -> None:
    room = Room()
    async with serving(room) as port, to(port):
        said = await room.next_line()
        assert isinstance(said, FanoutProtocol)
        connection = said.transport.get_extra_info("socket")
        # Linux doubles what it is asked for, for its own bookkeeping
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * KERNEL_BUFFER
