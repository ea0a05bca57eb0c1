"""One encoder's connection: a socket and its clocks around `session.ServerSession`.

The publish handler decides what may be published, the publication what becomes of the frames. What lies around RTMP on
the way, a proxy's header and TLS, is taken off here.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Final, Protocol, cast

from media.errors import Unplayable
from media.rtmp.deferred_refusals import DeferredRefusals, EncoderId
from media.rtmp.errors import (
    HandshakeTimeout,
    IdleTimeout,
    NotRtmp,
    OverLimit,
    ProtocolError,
    PublishTimeout,
    TooManyConnections,
    TooManyFailedKeys,
    WriteTimeout,
)
from media.rtmp.failed_keys import FailedKeys
from media.rtmp.handshake import NONCE_SIZE
from media.rtmp.limits import Limits
from media.rtmp.proxy import ProxyHeader
from media.rtmp.publication import EndReason, Publication, PublishRequest, Refused
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
from media.rtmp.tls import Tls


class PublishHandler(Protocol):
    """Decides who may publish."""

    async def authorize(self, request: PublishRequest, connection: "Connection") -> Publication:
        """Return what the media is handed to. Raises Refused.

        It is not cancelled when the peer leaves meanwhile: then the publication is told at once that it is LOST.
        """
        ...


class Listener(Protocol):
    """The server, as its connections see it."""

    handler: PublishHandler
    limits: Limits
    log: logging.Logger
    refused: Counter[str]
    deferred_refusals: DeferredRefusals
    failed_keys: FailedKeys

    def add(self, connection: "Connection") -> None:
        """Count a new connection, and close another one that has to make room for it."""

    def set_address(self, connection: "Connection", address: str) -> None:
        """Count a connection for the address that its proxy names."""

    def count_as_publishing(self, connection: "Connection") -> None:
        """Count a connection as one that publishes. Raises OverLimit."""

    def count_as_waiting(self, connection: "Connection") -> None:
        """Count a connection as one that does not publish any more, and may begin again."""

    def remove(self, connection: "Connection") -> None: ...
    def report(self, address: str, error: ProtocolError) -> None:
        """Count an error and log it, but not every one of a flood."""

    def start_task(self, work: Coroutine[None, None, None]) -> None:
        """Run a coroutine beside the connection."""

    def is_proxy(self, address: str) -> bool:
        """Return whether the peer with this address is a proxy, which sends a PROXY protocol header first."""


class Connection(asyncio.Protocol):
    """One peer's connection. Made by RtmpServer; handler and publication may read its attributes and call `close`."""

    def __init__(self, server: Listener, number: int, tls: ssl.SSLContext | None) -> None:
        self.id = number
        self.address = ""
        self.bytes_received = 0
        self._server = server
        self._header: ProxyHeader | None = None  # until it was read
        self._tls = Tls(tls) if tls is not None else None
        self._limits = server.limits
        self._log = server.log
        self._loop = asyncio.get_running_loop()
        self._session = ServerSession(os.urandom(NONCE_SIZE), server.limits)
        self._publication: Publication | None = None
        self._encoder_id: EncoderId = ("", "", "")
        self._flash_ver = ""
        self._transport: asyncio.Transport | None = None  # None when the socket is gone
        self._over = False  # nothing is read any more
        self._counted = False
        self._deadline = 0.0
        self._overdue: type[OverLimit] = HandshakeTimeout
        self._alarm: asyncio.TimerHandle | None = None
        self._write_alarm: asyncio.TimerHandle | None = None
        self._late_answer: asyncio.TimerHandle | None = None
        self._untold: str | None = None  # why it was disconnected, if it may not have read that

    def close(self, why: str) -> None:
        """Tell the encoder `why`, end the publication as CLOSED, and close. Does nothing the second time."""
        if self._over:
            return
        self._log.info("rtmp %d: closed by the node: %s", self.id, why)
        self._over = True
        self._session.close(why)
        self._end(EndReason.CLOSED, why)
        self._linger()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if self._server.is_proxy(self.address):
            self._header = ProxyHeader()
        self._counted = True
        self._server.add(self)
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect(HandshakeTimeout, self._limits.handshake_s)

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        self.bytes_received += len(data)
        try:
            self._receive(self._unwrap(data))
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
        self._end(EndReason.LOST, str(error) if error else "the connection was closed by the encoder")
        self._remove()

    def pause_writing(self) -> None:
        # a peer that does not read our answers gets no more of them: stop reading what would make us answer
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

    def make_room(self) -> None:
        """Close, because another connection came and this one has waited longest."""
        if not self._over:
            self._over = True
            self._server.report(self.address, TooManyConnections("closed to make room for a newer connection"))
        self._remove()
        self._leave()

    # what happens on it

    def _unwrap(self, data: bytes) -> bytes:
        """Return what is RTMP in received bytes: without the proxy's header and decrypted."""
        if self._header is not None:
            rest = self._header.receive(data)
            if rest is None:
                return b""
            source, self._header = self._header.source, None
            if source:
                self._server.set_address(self, source)
            data = rest
        if self._tls is not None:
            try:
                data = self._tls.receive(data)
            finally:
                self._write(self._tls.outgoing())
        return data

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
            self._end(EndReason.FINISHED, event.command)
            self._server.count_as_waiting(self)
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
            asked.app, asked.name, asked.parameters, self.address, asked.flash_ver, asked.tc_url, self._tls is not None
        )
        self._encoder_id = (self.address, asked.app, asked.name)
        self._flash_ver = asked.flash_ver
        reason = self._server.deferred_refusals.take(self._encoder_id, self._loop.time())
        if reason is not None:
            self._refuse(REJECTED, reason)
            return
        if not self._server.failed_keys.may_try(self.address, asked.name, self._loop.time()):
            self._on_wrong_key(REJECTED, TOO_MANY_KEYS)
            return
        self._read(False)
        self._server.start_task(self._authorize(request))

    async def _authorize(self, request: PublishRequest) -> None:
        try:
            publication = await self._server.handler.authorize(request, self)
        except Refused as refusal:
            if refusal.code == BAD_NAME:
                self._on_wrong_key(refusal.code, refusal.description)
            else:
                self._refuse(refusal.code, refusal.description)
            return
        except Exception:
            self._log.exception("rtmp %d: the publish handler failed", self.id)
            self._give_up()
            return
        self._publication = publication
        if self._over:
            self._end(EndReason.LOST, "the encoder left before it was let in")
            return
        try:
            self._server.count_as_publishing(self)
        except OverLimit as error:
            self._refuse(REJECTED, str(error))
            return
        self._log.info("rtmp %d: %s publishes with %.80r", self.id, self.address, request.flash_ver)
        self._session.accept()
        self._expect(IdleTimeout, self._limits.idle_s)
        self._read(True)
        self.data_received(b"")  # what came meanwhile

    def _on_unplayable(self, reason: str) -> None:
        self._untold = reason
        self._refuse(REJECTED, reason)

    def _on_wrong_key(self, code: str, description: str) -> None:
        """Refuse a wrong key, the later the more there were: what comes meanwhile waits in the socket."""
        now, keys = self._loop.time(), self._server.failed_keys
        slow = keys.is_slow(self.address, now)
        delay = keys.failed(self.address, now)
        if keys.is_slow(self.address, now) and not slow:
            error = TooManyFailedKeys("too many wrong stream keys: the next ones are answered late")
            self._server.report(self.address, error)
        if delay <= 0 or self._over:
            self._refuse(code, description)
            return
        self._read(False)
        self._expect(PublishTimeout, delay + self._limits.publish_s)
        self._late_answer = self._loop.call_later(delay, self._refuse, code, description)

    def _refuse(self, code: str, description: str) -> None:
        """Refuse the publish with the reason, and close."""
        if self._over:
            return
        self._over = True
        self._server.refused[code] += 1
        self._log.warning("rtmp %d: refused %s: %s %s", self.id, self.address, code, description)
        self._session.refuse(code, description)
        self._end(EndReason.CLOSED, description)
        self._linger()

    def _give_up(self) -> None:
        """Close because of a fault on our side; viewers may wait for the encoder's return."""
        if self._over:
            return
        self._over = True
        self._session.close("The server failed; see its log.")
        self._end(EndReason.LOST, "the server failed")
        self._linger()

    def _fail(self, error: ProtocolError) -> None:
        self._over = True
        self._server.refused[type(error).__name__] += 1
        self._log.warning("rtmp %d: %s broke off: %s: %s", self.id, self.address, type(error).__name__, error)
        self._end(EndReason.LOST, str(error))
        if isinstance(error, NotRtmp) and error.answer:
            self._linger()
        else:
            self._abort()

    def _remove(self) -> None:
        if self._counted:
            self._counted = False
            self._server.remove(self)

    def _end(self, end: EndReason, why: str) -> None:
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
        data = self._session.outgoing()
        self._write(data if self._tls is None else self._tls.send(data))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)

    def _linger(self) -> None:
        """Send the last bytes and wait for the peer to close.

        Closing at once, with frames still arriving, would answer them by a TCP reset, which discards what the peer has
        not read yet: the reason.
        """
        self._stop_alarms()
        if self._transport is None or self._transport.is_closing():
            return
        self._flush()
        if self._tls is not None:
            self._write(self._tls.close())
        self._read(True)
        if self._transport.can_write_eof():
            with suppress(OSError, RuntimeError):  # the peer was quicker; asyncio and uvloop say so differently
                self._transport.write_eof()
        self._alarm = self._loop.call_later(self._limits.linger_s, self._leave)

    def _leave(self) -> None:
        """Close, although the peer has not: one that reads would have closed at our last bytes."""
        if self._untold is not None:
            self._server.deferred_refusals.put(self._encoder_id, self._flash_ver, self._untold, self._loop.time())
        self._abort()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _expect(self, overdue: type[OverLimit], within_s: float) -> None:
        """Fail with `overdue` unless it is called again within that time."""
        self._overdue = overdue
        self._deadline = self._loop.time() + within_s
        if self._alarm:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        if self._loop.time() < self._deadline:  # each frame moves the deadline, without touching the timer
            self._alarm = self._loop.call_at(self._deadline, self._ring)
        else:
            self._fail(self._overdue(_OVERDUE[self._overdue]))

    def _write_is_overdue(self) -> None:
        self._fail(WriteTimeout(f"the peer has read nothing for {self._limits.write_s} s"))

    def _stop_alarms(self) -> None:
        for alarm in (self._alarm, self._write_alarm, self._late_answer):
            if alarm:
                alarm.cancel()


_OVERDUE: Final[Mapping[type[OverLimit], str]] = {
    HandshakeTimeout: "the handshake was not finished in time",
    PublishTimeout: "nothing was published in time",
    IdleTimeout: "the encoder fell silent",
}

TOO_MANY_KEYS: Final = "Too many wrong stream keys came from your address: wait a minute, or use a longer key."
