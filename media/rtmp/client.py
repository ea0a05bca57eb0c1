"""An RTMP publisher on asyncio: sockets and clocks around `publisher.PublisherSession`.

It never waits for a slow server: `buffered` says how much has not left yet, and the caller drops frames by that.
"""

import asyncio
import os
import socket
import ssl as tls
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

from media.rtmp import url as urls
from media.rtmp.errors import ProtocolError
from media.rtmp.handshake import NONCE_SIZE
from media.rtmp.limits import DEFAULT, Limits
from media.rtmp.publisher import Event, Published, PublisherSession, Rejected, State
from media.rtmp.session import Audio, Metadata, Video

CONNECT_S: Final = 10.0
ADDRESS_S: Final = 4.0

CheckAddress = Callable[[str], None]


class PublishFailed(Exception):
    """The stream cannot be published, or no longer; str() says why. `code` is the server's, if it sent one."""

    def __init__(self, why: str, code: str = "") -> None:
        super().__init__(why)
        self.code = code


class PublishClient(asyncio.Protocol):
    """A running publish. Made by `connect`."""

    def __init__(self, session: PublisherSession, limits: Limits) -> None:
        self._published: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()
        self._session = session
        self._limits = limits
        self._transport: asyncio.Transport | None = None
        self._failure: PublishFailed | None = None

    @property
    def publishing(self) -> bool:
        """Return whether the server accepts media now."""
        return self._transport is not None and self._session.state is State.PUBLISHING

    @property
    def buffered(self) -> int:
        """The number of bytes given to `send` that the operating system has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    @property
    def acknowledged(self) -> int:
        """Return how many bytes the server has acknowledged, modulo 2**32; 0 with servers that never do."""
        return self._session.acknowledged

    def send(self, event: Metadata | Video | Audio) -> None:
        """Send metadata or a frame, after what is `buffered`. Raises PublishFailed when the publish is over."""
        if not self.publishing:
            raise self._failure or PublishFailed("the publish is over")
        self._session.send(event)
        self._flush()

    async def close(self) -> None:
        """End the stream, and wait until the connection is closed, at most `limits.linger_s`. Never raises."""
        if self._transport is not None:
            if self.publishing:
                self._session.finish()
                self._flush()
            self._say_goodbye(self._transport)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.linger_s):
                    await self._gone.wait()
            self.abort()
        await self._gone.wait()

    async def wait_closed(self) -> PublishFailed | None:
        """Wait until the publish is over, and return what ended it; None when `close` did."""
        await self._gone.wait()
        return self._failure

    def abort(self) -> None:
        """Drop the connection and all that is buffered."""
        if self._transport is not None:
            self._transport.abort()

    async def published(self) -> None:
        """Wait until the server accepts media. Raises PublishFailed."""
        await self._published

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._flush()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._session.receive(data):
                self._handle(event)
        except ProtocolError as error:
            self._fail(PublishFailed(f"the server does not speak RTMP properly: {error}"))
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._session.state is not State.CLOSING and self._failure is None:
            self._failure = PublishFailed(str(error) if error else "the server closed the connection")
        if not self._published.done():
            self._published.set_exception(self._failure or PublishFailed("the publish is over"))
            self._published.exception()  # retrieved, because nobody may be waiting any more
        self._gone.set()

    def _handle(self, event: Event) -> None:
        if isinstance(event, Published):
            if not self._published.done():
                self._published.set_result(None)
        elif isinstance(event, Rejected):
            why = event.description or event.code or "the server refused the stream"
            self._fail(PublishFailed(why, event.code))

    def _fail(self, failure: PublishFailed) -> None:
        self._failure = self._failure or failure
        self.abort()

    def _say_goodbye(self, transport: asyncio.Transport) -> None:
        # closing at once would answer the server's last words by a TCP reset, which can overtake our own
        if transport.can_write_eof():
            with suppress(OSError, RuntimeError):  # the server was quicker
                transport.write_eof()
        else:
            transport.close()

    def _flush(self) -> None:
        if self._transport is not None and (data := self._session.outgoing()):
            self._transport.write(data)


async def connect(
    url: str,
    *,
    tls_context: tls.SSLContext | None = None,
    check_address: CheckAddress | None = None,
    limits: Limits = DEFAULT,
    scheme: int | None = None,
) -> PublishClient:
    """Connect to an rtmp:// or rtmps:// address and publish to the key in it; returns when media may be sent.

    `check_address` is called with each IP before it is connected to and raises PublishFailed for those not allowed.
    `scheme` asks for Adobe's digest handshake, which few servers want. Certificates are always verified: pass a
    context to trust others. Raises PublishFailed, for a bad address as well.
    """
    try:
        target = urls.parse(url)
    except ValueError as error:
        raise PublishFailed(str(error)) from None
    context = (tls_context or tls.create_default_context()) if target.secure else None

    def make() -> PublishClient:
        return PublishClient(PublisherSession(target, os.urandom(NONCE_SIZE), limits, scheme=scheme), limits)

    try:
        async with asyncio.timeout(CONNECT_S):
            client = await _reach(target, context, check_address, make)
    except TimeoutError:
        raise PublishFailed(f"{target.host} does not answer") from None
    except OSError as error:
        raise PublishFailed(f"{target.host} cannot be reached: {error}") from None
    try:
        async with asyncio.timeout(limits.handshake_s + limits.publish_s):
            await client.published()
    except TimeoutError:
        raise PublishFailed(f"{target.host} did not begin the stream in time") from None
    finally:
        if not client.publishing:
            client.abort()
    return client


async def _reach(
    target: urls.Target,
    context: tls.SSLContext | None,
    check_address: CheckAddress | None,
    make: Callable[[], PublishClient],
) -> PublishClient:
    """Try the addresses of the host in turn; the checked address is the one connected to, not looked up again."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    failure: OSError | None = None
    for *_, address in found:
        ip = str(address[0])
        if check_address is not None:
            check_address(ip)
        name = target.host if context else None
        try:
            async with asyncio.timeout(ADDRESS_S):  # a dead IPv6 route must leave time for IPv4
                _, client = await loop.create_connection(make, ip, target.port, ssl=context, server_hostname=name)
        except OSError as error:
            failure = failure or error
        else:
            return client
    raise failure or OSError("the name has no address")
