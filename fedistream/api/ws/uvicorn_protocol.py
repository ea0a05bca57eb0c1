"""uvicorn's websocket protocol with a direct write: frames that were encoded once are written to the transport.

It uses uvicorn's internals, so uvicorn's minor version is pinned, and tests check what is used of them. The interface
is `connection.Socket`.
"""

import asyncio
import logging
import socket
from asyncio import BaseTransport, TimerHandle
from typing import Any, cast

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from fedistream.api.http.connection_limiter import ConnectionLimiter
from fedistream.api.http.uvicorn_protocol import Http1Protocol
from fedistream.api.ws.connection import EXTENSION, MAX_OWED, SLOW, TRY_AGAIN_LATER, Frames

# One message from a client; the longest that chat takes is an eighth of it
MAX_MESSAGE = 16 * 1024
PING_S = 20.0  # the interval of pings, and the time for the pong
LINGER_S = 10.0  # the time in which the client of a closed socket may read the rest
KERNEL_BUFFER = 128 * 1024  # bytes; without a bound the kernel holds up to 4 MB for a client that never reads

SETTINGS: dict[str, Any] = {
    "ws_max_size": MAX_MESSAGE,
    "ws_ping_interval": PING_S,
    "ws_ping_timeout": PING_S,
    # measured: compression takes 2.5 times the CPU and twice the memory, and saves little of a message of 200 bytes
    "ws_per_message_deflate": False,
}


class _Quiet(logging.Filter):
    """Drop the tracebacks of errors that every client can cause at will."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Invalid UTF-8")


# uvicorn logs the path of every websocket with its query, and there the access tokens are
_log = logging.getLogger(f"{__name__}.server")
_log.setLevel(logging.WARNING)
_log.addFilter(_Quiet())


class _Inbox:
    """The queue of one application: the part of `asyncio.Queue` that uvicorn uses, in a tenth of its memory."""

    __slots__ = ("_events", "_reader")

    def __init__(self) -> None:
        self._events: list[ASGIReceiveEvent] = []  # an empty deque has 600 bytes
        self._reader: asyncio.Future[None] | None = None

    def put_nowait(self, event: ASGIReceiveEvent) -> None:
        self._events.append(event)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def empty(self) -> bool:
        return not self._events

    async def get(self) -> ASGIReceiveEvent:
        """Return the next event. Only one task may wait at a time."""
        while not self._events:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._events.pop(0)


class _Gate:
    """Open while more may be written: the part of `asyncio.Event` that uvicorn uses, without an object while open."""

    __slots__ = ("_closed",)

    def __init__(self) -> None:
        self._closed: asyncio.Event | None = None

    def set(self) -> None:
        if self._closed is not None:
            self._closed.set()
            self._closed = None

    def clear(self) -> None:
        if self._closed is None:
            self._closed = asyncio.Event()

    async def wait(self) -> None:
        if self._closed is not None:
            await self._closed.wait()


class FanoutProtocol(WebSocketsSansIOProtocol):
    """A `connection.Socket`, offered in the scope. `behind` counts the sockets closed because they were behind."""

    behind = 0
    linger_s = LINGER_S

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.logger = self.conn.logger = _log  # otherwise each new connection fills a line of the admin's log
        self.queue = cast("asyncio.Queue[ASGIReceiveEvent]", _Inbox())
        self.writable = cast("asyncio.Event", _Gate())
        self._late = False
        self._end: TimerHandle | None = None
        self._http: HttpToolsProtocol | None = None
        self._connections: ConnectionLimiter | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        before = self.transport.get_protocol()
        if isinstance(before, HttpToolsProtocol):
            self._http = before
        if isinstance(before, Http1Protocol):
            self._connections = before.hand_over(self)

    def give_way(self) -> None:
        """Do nothing: a websocket is never idle for the connection limiter."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            # the application's task begins in a later turn of the loop
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self

    def write(self, encoded: Frames) -> bool:
        transport = self.transport
        if self._late or self.close_sent or self.disconnected or not self.handshake_complete or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > MAX_OWED:
            self._late = True
            FanoutProtocol.behind += 1
            self._end = self.loop.call_later(self.linger_s, self._give_up)
            return False
        transport.write(encoded.wire)
        return True

    def close(self, code: int, reason: str = "") -> None:
        """Close after what has been written. Does nothing before the websocket is accepted."""
        if self.close_sent or self.disconnected or not self.handshake_complete or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # the client's half of the closing handshake has to be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    async def drained(self) -> None:
        await self.writable.wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._late:  # the client has read the rest, and missed what came after it
            self.close(TRY_AGAIN_LATER, SLOW)

    def _give_up(self) -> None:
        self.close(TRY_AGAIN_LATER, SLOW)
        self.transport.abort()

    async def run_asgi(self) -> None:
        self._bound()
        self._forget_http()
        try:
            await super().run_asgi()
        finally:
            # closing waits until everything is written, which a client that never reads can delay forever
            if not self.disconnected and self._end is None:
                self._end = self.loop.call_later(self.linger_s, self.transport.abort)

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":
            # unused from here on, but the parser's frame and this object would hold them until the end
            self.request.headers.clear()
            self.response.headers.clear()

    def _forget_http(self) -> None:
        """Free the HTTP protocol of the handshake: it and its parser refer to each other until a full collection."""
        if self._http is not None:
            self._http.parser = None  # type: ignore[assignment]  # as uvicorn does when a connection is lost
            self._http = None

    def _bound(self) -> None:
        connection = self.transport.get_extra_info("socket")
        if connection is not None and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if self._connections is not None:
            self._connections.leave(self)
        super().connection_lost(exc)
