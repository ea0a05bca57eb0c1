"""RTMP without a socket and with one: chunks written by hand, two sessions joined, a publish handler that remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from media.rtmp import amf0, publisher, session, url
from media.rtmp.handshake import NONCE_SIZE
from media.rtmp.limits import DEFAULT, Limits
from media.rtmp.publisher import PublisherSession
from media.rtmp.server import Connection, EndReason, PublishRequest, Refused, RtmpServer
from media.rtmp.session import BAD_NAME, Audio, PublishAsked, ServerSession, Video

NONCE = bytes(n * 7 % 256 for n in range(NONCE_SIZE))
KEY = "rosebud"
TARGET = url.Target("node.example", 1935, False, "live", KEY)
PATIENCE_S = 20.0  # for what happens at once on a machine with nothing else to do


def pieces(wire: bytes, size: int) -> Iterator[bytes]:
    """The bytes in pieces of `size`, as a socket may hand them over."""
    for at in range(0, len(wire), size):
        yield wire[at : at + size]


@dataclass(frozen=True, slots=True)
class Head:
    """A chunk header to be written as told, right or wrong: nothing is checked, and nothing remembered."""

    fmt: int
    csid: int = 3
    stamp: int = 0  # timestamp or delta
    length: int = 0
    kind: int = 9
    stream: int = 1
    extended: int | None = None  # an extended timestamp field, on whatever chunk


def chunk(head: Head, payload: bytes = b"") -> bytes:
    if head.csid < 64:
        out = bytes([head.fmt << 6 | head.csid])
    elif head.csid < 320:
        out = bytes([head.fmt << 6, head.csid - 64])
    else:
        out = bytes([head.fmt << 6 | 1]) + (head.csid - 64).to_bytes(2, "little")
    if head.fmt < 3:
        out += head.stamp.to_bytes(3, "big")
    if head.fmt < 2:
        out += head.length.to_bytes(3, "big") + bytes([head.kind])
    if head.fmt < 1:
        out += head.stream.to_bytes(4, "little")
    if head.extended is not None:
        out += head.extended.to_bytes(4, "big")
    return out + payload


class Pair:
    """A publisher and a server joined without a socket. Bytes travel in pieces of `size`.

    `answer` is what the handler would say: None to accept, or (code, description).
    """

    def __init__(
        self,
        *,
        target: url.Target = TARGET,
        limits: Limits = DEFAULT,
        scheme: int | None = None,
        size: int = 1 << 20,
        answer: tuple[str, str] | None = None,
    ) -> None:
        self.server = ServerSession(NONCE, limits)
        self.client = PublisherSession(target, NONCE[::-1], limits, scheme=scheme)
        self.at_server: list[session.Event] = []
        self.at_client: list[publisher.Event] = []
        self._size = size
        self._answer = answer

    def run(self) -> "Pair":
        """Carry bytes both ways until both are silent."""
        while True:
            up, down = self.client.outgoing(), self.server.outgoing()
            if not up and not down:
                return self
            for data in pieces(up, self._size):
                self._feed_server(data)
            for data in pieces(down, self._size):
                self.at_client += self.client.receive(data)

    def publishing(self) -> "Pair":
        """The same, and what came before the media is forgotten."""
        self.run()
        assert self.client.state is publisher.State.PUBLISHING
        self.at_server.clear()
        self.at_client.clear()
        return self

    def _feed_server(self, data: bytes) -> None:
        for event in self.server.receive(data):
            self.at_server.append(event)
            if isinstance(event, PublishAsked) and self._answer:
                self.server.refuse(*self._answer)
            elif isinstance(event, PublishAsked):
                self.server.accept()


@dataclass
class Tape:
    """A publication that remembers, and does what `on_frame` says with each frame."""

    request: PublishRequest
    connection: Connection
    on_frame: Callable[[int, bytes], None] | None = None
    on_end: Callable[[], None] | None = None
    frames: list[Video | Audio] = field(default_factory=list)
    values: list[Mapping[str, amf0.Value]] = field(default_factory=list)
    ends: list[tuple[EndReason, str]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def metadata(self, values: Mapping[str, amf0.Value]) -> None:
        self.values.append(values)
        self._news.set()

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        self.frames.append(Video(timestamp_ms, payload))
        self._news.set()
        if self.on_frame:
            self.on_frame(timestamp_ms, payload)

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        self.frames.append(Audio(timestamp_ms, payload))
        self._news.set()

    def ended(self, end: EndReason, why: str) -> None:
        self.ends.append((end, why))
        self.over.set()
        self._news.set()
        if self.on_end:
            self.on_end()

    async def until(self, enough: Callable[["Tape"], bool]) -> None:
        """Wait for frames, metadata or the end."""
        async with asyncio.timeout(PATIENCE_S):
            while not enough(self):
                self._news.clear()
                await self._news.wait()

    async def end(self) -> EndReason:
        """Wait for the one end."""
        await self.until(lambda tape: bool(tape.ends))
        assert len(self.ends) == 1
        return self.ends[0][0]


@dataclass
class RecordingHandler:
    """Lets in who knows the key. `on_frame` is handed on to each publication; `gate` holds everyone back until set."""

    key: str = KEY
    on_frame: Callable[[int, bytes], None] | None = None
    gate: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[PublishRequest] = field(default_factory=list)
    tapes: list[Tape] = field(default_factory=list)

    async def authorize(self, request: PublishRequest, connection: Connection) -> Tape:
        self.requests.append(request)
        self.asked.set()
        if self.gate:
            await self.gate.wait()
        if request.name != self.key:
            raise Refused(BAD_NAME, "There is no such stream key.")
        tape = Tape(request, connection, self.on_frame)
        self.tapes.append(tape)
        return tape


@dataclass
class Listening:
    server: RtmpServer
    handler: RecordingHandler
    port: int

    def url(self, key: str = KEY, app: str = "live") -> str:
        return f"rtmp://127.0.0.1:{self.port}/{app}/{key}"


async def until(true: Callable[[], object]) -> None:
    """Wait for what nobody announces."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if true():
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(handler: RecordingHandler | None = None, limits: Limits = DEFAULT) -> AsyncIterator[Listening]:
    """A server on a free port of this machine."""
    handler = handler or RecordingHandler()
    server = RtmpServer(handler, limits=limits)
    try:
        yield Listening(server, handler, await server.listen("127.0.0.1", 0))
    finally:
        await server.close()
