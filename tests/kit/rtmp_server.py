"""An RTMP server on a free port, a publish handler that remembers, and encoders that connect to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from media import Unplayable
from media.rtmp import (
    BAD_NAME,
    Audio,
    Connection,
    EndReason,
    Limits,
    Metadata,
    PublishClient,
    PublishRequest,
    Refused,
    RtmpServer,
    Video,
    amf0,
    client,
)
from media.rtmp.limits import DEFAULT
from tests.kit.rtmp import KEY

PATIENCE_S = 20.0  # for what happens at once on a machine with nothing else to do
KEYFRAME = Video(0, b"\x17\x01\x00\x00\x00" + bytes(20_000))

SOUND = Audio(5, b"\xaf\x01" + bytes(300))

QUICK = replace(DEFAULT, linger_s=0.2)


@dataclass
class RecordedPublication:
    """A publication that records what it gets, and calls `on_frame` with each frame."""

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

    async def until(self, enough: Callable[["RecordedPublication"], bool]) -> None:
        """Wait for frames, metadata or the end."""
        async with asyncio.timeout(PATIENCE_S):
            while not enough(self):
                self._news.clear()
                await self._news.wait()

    async def end(self) -> EndReason:
        """Wait for the one end."""
        await self.until(lambda publication: bool(publication.ends))
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
    tapes: list[RecordedPublication] = field(default_factory=list)

    async def authorize(self, request: PublishRequest, connection: Connection) -> RecordedPublication:
        self.requests.append(request)
        self.asked.set()
        if self.gate:
            await self.gate.wait()
        if request.name != self.key:
            raise Refused(BAD_NAME, "There is no such stream key.")
        publication = RecordedPublication(request, connection, self.on_frame)
        self.tapes.append(publication)
        return publication


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
    """Return all bytes until the far end closes, in any way."""
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


def cannot_be_played(_: int, payload: bytes) -> None:
    """Refuse a frame of HEVC (a RecordingHandler.on_frame)."""
    if payload[:1] == b"\x1c":
        raise Unplayable("HEVC cannot be played here.")
