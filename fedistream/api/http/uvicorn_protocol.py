"""uvicorn's HTTP/1.1 protocol with our own limits: on heads, trailers, chunks, times, pipelines and connections.

It uses uvicorn's internals, so uvicorn's minor version is pinned, and tests check what is used of them. The limits on
connections are in `connection_limiter.py`, the handling of accepted requests in `application.py`.
"""

import asyncio
import logging
import re
from asyncio import BaseTransport, TimerHandle
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn, cast
from urllib.parse import urlsplit

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from fedistream.api.http.connection_limiter import Connection, ConnectionLimiter, Place

MAX_HEAD = 64 * 1024  # bytes of one request's line and fields; of its trailers; of a chunked body apart from data
MAX_FIELDS = 100  # a browser sends 20, one behind three proxies 30
MAX_TARGET = 8 * 1024  # bytes of the address; nginx and Apache have the same limit
MAX_PIPELINED = 16  # requests that wait for the answer of an earlier one; browsers send none
PIECE = 16 * 1024  # bytes parsed between two checks of the limits
HEAD_S = 10.0  # from the connection, or the first byte of a later head, to the head's end
WRITE_S = 30.0  # without progress in the bytes that the client reads
LINGER_S = 2.0  # after our last bytes, so that the client can read them before the connection is reset
LINGER_BYTES = 1024 * 1024

# what RFC 3986, 3.2.2 allows as a host, with its port
HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
# the answer when all places are taken
ADMIN_PATHS = (b"/admin", b"/api/admin", b"/static/", b"/healthz", b"/readyz")


class _Quiet(logging.Filter):
    """Drop tracebacks of requests that a stopping node no longer waits for."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


# uvicorn logs each malformed request, and the admin can read the last 500 lines only
_log = logging.getLogger(f"{__name__}.server")
_log.setLevel(logging.ERROR)
_log.addFilter(_Quiet())


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    why: str
    malformed: bool = True


MALFORMED = Refusal(400, "This is not a valid HTTP request.")
NO_HOST = Refusal(400, "A request needs one Host field with one host.")
CHUNKED_BEFORE_1_1 = Refusal(400, "HTTP/1.0 has no chunked bodies.")
UPGRADE_CHUNKED = Refusal(400, "A request that asks for an upgrade cannot have a chunked body.")
BAD_HANDSHAKE = Refusal(400, "This is not a valid handshake of a WebSocket.")
TARGET_TOO_LONG = Refusal(414, f"The address is longer than {MAX_TARGET} bytes.")
HEAD_TOO_LARGE = Refusal(431, f"The head may have {MAX_FIELDS} fields and {MAX_HEAD} bytes.")
TRAILERS_TOO_LARGE = Refusal(431, f"The trailers may have {MAX_FIELDS} fields and {MAX_HEAD} bytes.")
CHUNKS_TOO_MANY = Refusal(413, "The body comes in too many small chunks, or with too long extensions.")
TOO_MANY_PIPELINED = Refusal(429, f"At most {MAX_PIPELINED} requests may wait for an answer.")
TOO_SLOW = Refusal(408, f"The head did not arrive within {HEAD_S:.0f} seconds.")
FULL = Refusal(503, "The node has no room for another connection.", malformed=False)


class _Stop(Exception):
    """Raised through the parser, which turns it into an error of its own."""


class Reading(Enum):
    """The part of a message that the next byte belongs to."""

    NOTHING = "nothing"  # between two requests
    HEAD = "head"
    BODY = "body"


class Http1Protocol(HttpToolsProtocol):
    """One connection. Its times are the class's, for a subclass to shorten."""

    head_s = HEAD_S
    write_s = WRITE_S
    linger_s = LINGER_S

    def __init__(self, connections: ConnectionLimiter, **named: Any) -> None:
        super().__init__(**named)
        self.logger = _log
        self._connections = connections
        self._reading = Reading.NOTHING
        self._spent = 0  # bytes of the present head, or of the present body beside its data
        self._last_chunk = False
        self._host: bytes | None = None  # the last that was found good
        self._refusal: Refusal | None = None
        self._websocket = False
        self._raw_body = 0  # bytes of a body that the parser takes for another protocol
        self._over = False
        self._spare = False
        self._discarded = 0
        self._unsent = 0
        self._head_alarm: TimerHandle | None = None
        self._write_alarm: TimerHandle | None = None
        self._linger_alarm: TimerHandle | None = None

    # the connection

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        place = self._connections.arrive(self, self.client[0] if self.client else "")
        if place is Place.NONE:
            self._over = True
            self.transport.abort()
            return
        self._spare = place is Place.SPARE
        self._head_alarm = self.loop.call_later(self.head_s, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._connections.leave(self)
        self._stop_alarms()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def hand_over(self, successor: Connection) -> ConnectionLimiter:
        """Give this protocol's place to another one, which has to `leave` at its end."""
        self._connections.hand_over(self, successor)
        self._stop_alarms()
        return self._connections

    def _stop_alarms(self) -> None:
        self._stop_head_alarm()
        for alarm in (self._write_alarm, self._linger_alarm):
            if alarm is not None:
                alarm.cancel()
        self._write_alarm = self._linger_alarm = None

    def give_way(self) -> None:
        self._over = True
        self.transport.abort()

    # what arrives

    def data_received(self, data: bytes) -> None:
        if self._over:
            self._discard(len(data))
            return
        self._unset_keepalive_if_required()
        if len(data) <= PIECE:
            self._feed(data)
            return
        view = memoryview(data)
        for start in range(0, len(data), PIECE):
            self._feed(view[start : start + PIECE])
            if self._over or self._websocket:
                return

    def _feed(self, piece: bytes | memoryview) -> None:
        if self._raw_body:
            piece = self._take_raw(piece)
        self._spent += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            if self._websocket:
                self._over = True
                self.handle_websocket_upgrade()
                return
            self._spent = 0
            if rest := piece[upgrade.args[0] :]:
                self._feed(rest)
                return
        except httptools.HttpParserError:
            self._refuse(self._refusal or MALFORMED)
            return
        if self._reading is Reading.NOTHING and not self._spent:
            return
        if refusal := self._excess():
            self._refuse(refusal)
        elif self._head_alarm is None and self._reading is not Reading.BODY:
            self._head_alarm = self.loop.call_later(self.head_s, self._head_is_late)

    def _excess(self) -> Refusal | None:
        """Return the refusal of a head or a body that has not ended and is too large already."""
        if self._reading is Reading.BODY:
            if len(self.headers) > MAX_FIELDS:
                return TRAILERS_TOO_LARGE
            if self._spent > MAX_HEAD:
                return TRAILERS_TOO_LARGE if self._last_chunk else CHUNKS_TOO_MANY
        elif self._reading is Reading.HEAD:
            if len(self.url) > MAX_TARGET:
                return TARGET_TOO_LONG
            if self._spent > MAX_HEAD or len(self.headers) > MAX_FIELDS:
                return HEAD_TOO_LARGE
        elif self._spent > MAX_HEAD:
            return MALFORMED
        return None

    def _take_raw(self, piece: bytes | memoryview) -> bytes | memoryview:
        """Take the bytes after a body that the parser cannot read."""
        body = bytes(piece[: self._raw_body])
        self._raw_body -= len(body)
        self.on_body(body)
        if not self._raw_body:
            self.on_message_complete()
        return piece[len(body) :]

    # what the parser finds

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            self._stop(TOO_MANY_PIPELINED)
        self._reading = Reading.HEAD
        self._spent = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        fields = self.headers
        if len(self.url) > MAX_TARGET:
            self._stop(TARGET_TOO_LONG)
        if len(fields) > MAX_FIELDS or (
            self._spent and len(self.url) + sum(len(name) + len(value) + 4 for name, value in fields) > MAX_HEAD
        ):
            self._stop(HEAD_TOO_LARGE)
        self._check_host(fields)
        if self._spare and not self.url.startswith(ADMIN_PATHS):
            self._stop(FULL)
        if self.parser.should_upgrade():
            self._prepare_upgrade(fields)
        self._stop_head_alarm()
        self._connections.busy(self)
        self._reading = Reading.BODY
        self._spent = 0
        super().on_headers_complete()
        self.headers = []  # trailers come here; merged, they would change a request after its check (RFC 9110, 6.5.1)

    def on_chunk_header(self) -> None:
        self._last_chunk = True  # unless there are data in it

    def on_body(self, body: bytes) -> None:
        # bytes between chunks count, minus an eighth of the data: chunks of 64 bytes cost nothing
        self._spent = max(0, self._spent - len(body) - len(body) // 8)
        self._last_chunk = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._raw_body:
            return
        self._reading = Reading.NOTHING
        self._spent = 0
        super().on_message_complete()

    def _check_host(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Check for one Host with one host. The host of an absolute address has precedence (RFC 9112, 3.2, 3.2.2)."""
        names = [name for name, _ in fields]
        hosts = names.count(b"host")
        chunked = b"transfer-encoding" in names
        if (chunked or not hosts) and self.parser.get_http_version() != "1.1":
            if chunked:
                self._stop(CHUNKED_BEFORE_1_1)  # RFC 9112, 6.1: a proxy before us may see its end elsewhere
            return
        if hosts != 1:
            self._stop(NO_HOST)
        place = names.index(b"host")
        host = fields[place][1]
        if host != self._host:  # cached: the requests of one connection nearly always have the same one
            if not HOST.fullmatch(host):
                self._stop(NO_HOST)
            self._host = host
        if not self.url.startswith(b"/"):
            fields[place] = (b"host", self._absolute())

    def _absolute(self) -> bytes:
        """Take the path out of an address in absolute form, and return its host."""
        try:
            target = urlsplit(self.url.decode("ascii"))
            authority = target.netloc.encode()
        except ValueError:
            self._stop(MALFORMED)
        if target.scheme.lower() not in ("http", "https") or not HOST.fullmatch(authority):
            self._stop(MALFORMED)
        path = target.path or "/"
        self.url = (f"{path}?{target.query}" if target.query else path).encode()
        return authority

    def _prepare_upgrade(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Accept upgrades to websockets. Requests for other upgrades are answered without one (RFC 9110, 7.8).

        Java's HttpClient asks every server for h2c in this way, also with a body, which the parser leaves to the
        protocol that it expects next.
        """
        if any(name == b"transfer-encoding" for name, _ in fields):
            self._stop(UPGRADE_CHUNKED)
        self._websocket = super()._should_upgrade()
        if self._websocket and self.cycle is not None and not self.cycle.response_complete:
            self._stop(MALFORMED)  # its answer would be written into that of the request before it
        length = next((value for name, value in fields if name == b"content-length"), b"0")
        self._raw_body = int(length) if length.isdigit() and not self._websocket else 0

    def _should_upgrade(self) -> bool:
        return self._websocket

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # when the websockets library cannot read the handshake, uvicorn would wait for more of it, which never comes
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self._say(BAD_HANDSHAKE)
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing, because every client can cause this warning."""

    def _stop(self, refusal: Refusal) -> NoReturn:
        self._refusal = refusal
        raise _Stop

    # how it ends

    def _refuse(self, refusal: Refusal) -> None:
        """Refuse the request and close, after the answers to earlier requests."""
        self._over = True
        self._stop_head_alarm()
        if refusal.malformed:
            self._connections.malformed(self.client[0] if self.client else "", refusal.why)
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if self._reading is not Reading.BODY or self.pipeline:
                cycle.keep_alive = False
                return
            cycle.disconnected = True  # the rest of this body is not read
            cycle.message_event.set()
            if cycle.response_started:
                self._linger()
                return
        self._say(refusal)
        self._linger()

    def _say(self, refusal: Refusal) -> None:
        body = refusal.why.encode()
        fields = [
            *self.server_state.default_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        head = b"".join(b"%s: %s\r\n" % field for field in fields)
        self.transport.write(STATUS_LINE[refusal.status] + head + b"\r\n" + body)

    def _head_is_late(self) -> None:
        self._head_alarm = None
        if self._over or self.transport.is_closing():
            return
        if self._reading is Reading.HEAD:
            self._refuse(TOO_SLOW)
        elif self.cycle is None or self.cycle.response_complete:  # browsers open connections that they may never use
            self._over = True
            self._linger()

    def _linger(self) -> None:
        """Close after the client has had the time to read the last bytes.

        Closing at once, while bytes still arrive, causes a reset, and the client loses what it has not read.
        """
        if self.transport.is_closing():
            return
        self._connections.idle(self)
        if self.transport.can_write_eof():
            with suppress(OSError, RuntimeError):  # the client closed first; asyncio and uvloop raise different errors
                self.transport.write_eof()
        self.flow.resume_reading()
        self._linger_alarm = self.loop.call_later(self.linger_s, self.transport.abort)

    def _discard(self, length: int) -> None:
        self._discarded += length
        if self._discarded > LINGER_BYTES:
            self.transport.abort()

    def _stop_head_alarm(self) -> None:
        if self._head_alarm is not None:
            self._head_alarm.cancel()
            self._head_alarm = None

    # what is written

    def on_response_complete(self) -> None:
        if self.cycle.response_complete and self._reading is Reading.BODY and not self.transport.is_closing():
            self.server_state.total_requests += 1
            self._over = True  # the rest of this body is of no use, and may be endless
            self._linger()
            return
        super().on_response_complete()
        if self.cycle.response_complete:
            self._connections.idle(self)
        if self._write_alarm is not None or self.transport.get_write_buffer_size():
            self._watch_writing()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def _watch_writing(self) -> None:
        """Begin to check that the client reads. The response is the last of this connection, or the writer waits, so
        the unsent bytes only become fewer when the client reads."""
        if self._write_alarm is not None:
            self._write_alarm.cancel()
            self._write_alarm = None
        self._unsent = self.transport.get_write_buffer_size()
        if self._unsent:
            self._write_alarm = self.loop.call_later(self.write_s, self._look_at_writing)

    def _look_at_writing(self) -> None:
        self._write_alarm = None
        previous, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        if self._unsent >= previous:
            self.transport.abort()
        elif self._unsent:
            self._write_alarm = self.loop.call_later(self.write_s, self._look_at_writing)
