"""The RTMP listener: sockets, clocks and the door of the node around `session.ServerSession`.

What may be published is the door's affair, what becomes of the frames the publication's; both are handed in.
"""

import asyncio
import logging
import os
import socket
import ssl as tls
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, cast

from media.errors import Unplayable
from media.rtmp import amf0
from media.rtmp.admission import Admission
from media.rtmp.errors import (
    HandshakeTimeout,
    IdleTimeout,
    NotRtmp,
    OverLimit,
    ProtocolError,
    PublishTimeout,
    TooManyFailedKeys,
    WriteTimeout,
)
from media.rtmp.handshake import NONCE_SIZE
from media.rtmp.limits import DEFAULT, Limits
from media.rtmp.reasons import Reasons, Who
from media.rtmp.session import (
    BAD_NAME,
    REJECTED,
    Audio,
    Event,
    Ignored,
    Metadata,
    PublishAsked,
    PublishEnded,
    ServerSession,
    State,
    Video,
)

BACKLOG: Final = 512
COMPLAINT_S: Final = 1.0
LOG: Final = logging.getLogger("media.rtmp")


class End(Enum):
    FINISHED = "finished"  # FCUnpublish, deleteStream, closeStream
    LOST = "lost"  # the socket is gone, the peer was silent or broke the protocol
    CLOSED = "closed"  # by the node, or because Unplayable was raised


class Refused(Exception):
    """Raised by a Door. With the code BAD_NAME it counts as a wrong key."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class PublishRequest:
    app: str
    name: str  # the stream key, without parameters; never to be logged
    params: Mapping[str, str]
    address: str  # IP of the peer
    flash_ver: str  # what the encoder calls itself
    tc_url: str
    secure: bool


class Publication(Protocol):
    """What the node makes of an accepted publish. The calls are synchronous and quick; time is 32-bit milliseconds.

    metadata, video and audio may raise Unplayable. `payload` is FLV VIDEODATA or AUDIODATA and never empty.
    """

    def metadata(self, values: Mapping[str, amf0.Value]) -> None: ...
    def video(self, timestamp_ms: int, payload: bytes) -> None: ...
    def audio(self, timestamp_ms: int, payload: bytes) -> None: ...
    def ended(self, end: End, why: str) -> None:
        """Called exactly once; nothing follows it."""


class Door(Protocol):
    async def open(self, request: PublishRequest, connection: "Connection") -> Publication:
        """Raises Refused. Not cancelled when the peer leaves meanwhile: the publication is told that it is LOST."""
        ...


class Connection(asyncio.Protocol):
    """One peer. Made by RtmpServer; the door and the publication may read the attributes and call `close`."""

    def __init__(self, server: "RtmpServer", number: int, *, secure: bool) -> None:
        self.id = number
        self.address = ""
        self.bytes_received = 0
        self._server = server
        self._secure = secure
        self._limits = server.limits
        self._log = server.log
        self._loop = asyncio.get_running_loop()
        self._session = ServerSession(os.urandom(NONCE_SIZE), server.limits)
        self._publication: Publication | None = None
        self._who: Who = ("", "", "")
        self._flash_ver = ""
        self._transport: asyncio.Transport | None = None  # None when the socket is gone
        self._over = False  # nothing is read any more
        self._counted = False
        self._deadline = 0.0
        self._overdue: type[OverLimit] = HandshakeTimeout
        self._alarm: asyncio.TimerHandle | None = None
        self._write_alarm: asyncio.TimerHandle | None = None

    def close(self, why: str) -> None:
        """Say `why` to the encoder, end the publication as CLOSED, and close. Does nothing the second time."""
        if self._over:
            return
        self._log.info("rtmp %d: closed by the node: %s", self.id, why)
        self._over = True
        self._session.close(why)
        self._end(End.CLOSED, why)
        self._linger()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        try:
            self._server.admit(self)
        except OverLimit as error:
            self._server.turn_away(self.address, error)
            self._over = True
            self._transport.abort()
            return
        self._counted = True
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect(HandshakeTimeout, self._limits.handshake_s)

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        self.bytes_received += len(data)
        try:
            self._receive(data)
        except ProtocolError as error:
            self._fail(error)
        except Unplayable as error:
            self._on_unplayable(str(error))
        except Exception:
            # one broken publication must not take the other streams with it
            self._log.exception("rtmp %d: the publication failed", self.id)
            self._give_up()

    def eof_received(self) -> None:
        """The transport closes itself."""

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._over = True
        self._stop_alarms()
        self._end(End.LOST, str(error) if error else "the connection was closed by the encoder")
        if self._counted:
            self._counted = False
            self._server.dismiss(self)

    def pause_writing(self) -> None:
        # who does not read our answers gets no more of them: stop reading what would make us answer
        if self._over:
            return
        self._read(False)
        self._write_alarm = self._loop.call_later(self._limits.write_s, self._write_is_overdue)

    def resume_writing(self) -> None:
        if self._write_alarm:
            self._write_alarm.cancel()
            self._write_alarm = None
        if self._session.state is not State.ASKED:
            self._read(True)

    # what happens

    def _receive(self, data: bytes) -> None:
        for event in self._session.receive(data):
            self._handle(event)
            if self._over:
                return
        self._flush()
        state = self._session.state
        if state is State.CLOSING:
            self._over = True
            self._linger()
        elif self._overdue is HandshakeTimeout and state is not State.HANDSHAKE:
            self._expect(PublishTimeout, self._limits.publish_s)

    def _handle(self, event: Event) -> None:
        publication = self._publication
        if isinstance(event, PublishAsked):
            self._on_publish(event)
        elif isinstance(event, Ignored):
            self._log.warning("rtmp %d: ignored %s", self.id, event.why)
        elif isinstance(event, PublishEnded):
            self._end(End.FINISHED, event.command)
            self._expect(PublishTimeout, self._limits.publish_s)
        elif publication is not None:
            self._deadline = self._loop.time() + self._limits.idle_s
            if isinstance(event, Video):
                publication.video(event.timestamp_ms, event.payload)
            elif isinstance(event, Audio):
                publication.audio(event.timestamp_ms, event.payload)
            elif isinstance(event, Metadata):
                publication.metadata(event.values)

    def _on_publish(self, asked: PublishAsked) -> None:
        request = PublishRequest(
            asked.app, asked.name, asked.parameters, self.address, asked.flash_ver, asked.tc_url, self._secure
        )
        self._who = (self.address, asked.app, asked.name)
        self._flash_ver = asked.flash_ver
        reason = self._server.reasons.take(self._who, self._loop.time())
        if reason is not None:
            self._refuse(REJECTED, reason)
            return
        self._read(False)
        self._server.keep(self._loop.create_task(self._open(request)))

    async def _open(self, request: PublishRequest) -> None:
        try:
            publication = await self._server.door.open(request, self)
        except Refused as refusal:
            if refusal.code == BAD_NAME:
                self._server.count_wrong_key(self)
            self._refuse(refusal.code, refusal.description)
            return
        except Exception:
            self._log.exception("rtmp %d: the door failed", self.id)
            self._give_up()
            return
        self._publication = publication
        if self._over:
            self._end(End.LOST, "the encoder left before it was let in")
            return
        self._log.info("rtmp %d: %s publishes with %.80r", self.id, self.address, request.flash_ver)
        self._session.accept()
        self._expect(IdleTimeout, self._limits.idle_s)
        self._read(True)
        self.data_received(b"")  # what came meanwhile

    def _on_unplayable(self, reason: str) -> None:
        self._server.reasons.put(self._who, self._flash_ver, reason, self._loop.time())
        self._refuse(REJECTED, reason)

    def _refuse(self, code: str, description: str) -> None:
        """Tell the encoder no and why, and close."""
        if self._over:
            return
        self._over = True
        self._server.refused[code] += 1
        self._log.warning("rtmp %d: refused %s: %s %s", self.id, self.address, code, description)
        self._session.refuse(code, description)
        self._end(End.CLOSED, description)
        self._linger()

    def _give_up(self) -> None:
        """Close because of a fault on our side; viewers may wait for the encoder's return."""
        if self._over:
            return
        self._over = True
        self._session.close("The server failed; see its log.")
        self._end(End.LOST, "the server failed")
        self._linger()

    def _fail(self, error: ProtocolError) -> None:
        self._over = True
        self._server.refused[type(error).__name__] += 1
        self._log.warning("rtmp %d: %s broke off: %s: %s", self.id, self.address, type(error).__name__, error)
        self._end(End.LOST, str(error))
        if isinstance(error, NotRtmp) and error.answer:
            self._linger()
        else:
            self._abort()

    def _end(self, end: End, why: str) -> None:
        publication, self._publication = self._publication, None
        if publication is None:
            return
        try:
            publication.ended(end, why)
        except Exception:
            self._log.exception("rtmp %d: the publication failed while ending", self.id)

    # closing and clocks

    def _read(self, on: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _flush(self) -> None:
        if self._transport is not None and (data := self._session.outgoing()):
            self._transport.write(data)

    def _linger(self) -> None:
        """Send the last words and wait for the peer to close.

        Closing at once, with frames still arriving, would answer them by a TCP reset, which throws away what the
        peer has not read yet: the reason.
        """
        self._stop_alarms()
        if self._transport is None or self._transport.is_closing():
            return
        self._flush()
        self._read(True)
        if self._transport.can_write_eof():
            with suppress(OSError, RuntimeError):  # the peer was quicker; asyncio and uvloop say so differently
                self._transport.write_eof()
        self._alarm = self._loop.call_later(self._limits.linger_s, self._abort)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _expect(self, overdue: type[OverLimit], within_s: float) -> None:
        """Fail with `overdue` unless something is expected anew in time."""
        self._overdue = overdue
        self._deadline = self._loop.time() + within_s
        if self._alarm:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        if self._loop.time() < self._deadline:  # moved by every frame, without touching the timer
            self._alarm = self._loop.call_at(self._deadline, self._ring)
        else:
            self._fail(self._overdue(_OVERDUE[self._overdue]))

    def _write_is_overdue(self) -> None:
        self._fail(WriteTimeout(f"the peer has read nothing for {self._limits.write_s} s"))

    def _stop_alarms(self) -> None:
        for alarm in (self._alarm, self._write_alarm):
            if alarm:
                alarm.cancel()


_OVERDUE: Final[Mapping[type[OverLimit], str]] = {
    HandshakeTimeout: "the handshake was not finished in time",
    PublishTimeout: "nothing was published in time",
    IdleTimeout: "the encoder fell silent",
}


class RtmpServer:
    """Listens on any number of ports for one door.

    `refused` counts what was turned away, by the name of the error or the status code. `connections` are the open ones.
    """

    def __init__(self, door: Door, *, limits: Limits = DEFAULT, log: logging.Logger = LOG) -> None:
        self.door = door
        self.limits = limits
        self.log = log
        self.refused: Counter[str] = Counter()
        self.connections: set[Connection] = set()
        self.reasons = Reasons()
        self._admission = Admission(limits)
        self._listeners: list[asyncio.Server] = []
        self._silent_until: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._made = 0
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    async def listen(self, host: str | None, port: int, ssl: tls.SSLContext | None = None) -> int:
        """Open a port, RTMPS with `ssl`, and return its number. Raises OSError when it is taken or not allowed."""
        loop = asyncio.get_running_loop()
        # a peer is counted once TLS is done: start_tls, which could come after counting, loses bytes with uvloop
        wait = self.limits.handshake_s if ssl else None
        listener = await loop.create_server(
            lambda: self._make(ssl is not None), host, port, ssl=ssl, backlog=BACKLOG, ssl_handshake_timeout=wait
        )
        self._listeners.append(listener)
        bound: int = listener.sockets[0].getsockname()[1]
        return bound

    @property
    def open(self) -> bool:
        """Whether it listens."""
        return any(listener.is_serving() for listener in self._listeners)

    async def close(self) -> None:
        """Stop listening, end every publication as CLOSED and wait until the sockets are gone."""
        for listener in self._listeners:
            listener.close()
        for connection in tuple(self.connections):
            connection.close("the server is stopping")
        await self._all_gone.wait()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.publish_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # for Connection

    def admit(self, connection: Connection) -> None:
        """Raises OverLimit."""
        self._admission.arrive(connection.address, asyncio.get_running_loop().time())
        self.connections.add(connection)
        self._all_gone.clear()

    def dismiss(self, connection: Connection) -> None:
        self._admission.leave(connection.address)
        self.connections.discard(connection)
        if not self.connections:
            self._all_gone.set()

    def turn_away(self, address: str, error: OverLimit) -> None:
        """Count it, and log it unless the like of it was logged a moment ago: a flood must not become one of lines."""
        name, now = type(error).__name__, asyncio.get_running_loop().time()
        self.refused[name] += 1
        if now >= self._silent_until.get(name, 0):
            self._silent_until[name] = now + COMPLAINT_S
            self.log.warning("rtmp: refused %s: %s (%d so far)", address, error, self.refused[name])

    def keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.error("rtmp: an encoder could not be let in", exc_info=error)

    def count_wrong_key(self, connection: Connection) -> None:
        if self._admission.failed(connection.address, asyncio.get_running_loop().time()):
            self.refused[TooManyFailedKeys.__name__] += 1
            self.log.warning("rtmp: %s tried too many wrong stream keys and is blocked", connection.address)

    def _make(self, secure: bool) -> Connection:
        self._made += 1
        return Connection(self, self._made, secure=secure)
