"""RTMP chunk stream (spec 5.3): bytes to messages and back.

It obeys the two messages that change how chunks are read, Set Chunk Size and Abort, and leaves all others to
`messages` and `session`.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Final

from media.rtmp.errors import BadChunk, MessageTooBig, TooManyChunkStreams

SET_CHUNK_SIZE: Final = 1
ABORT: Final = 2

FIRST_CHUNK_SIZE: Final = 128
_EXTENDED: Final = 0xFFFFFF
_HEADER_SIZES: Final = (11, 7, 3)
_MOST_PLAUSIBLE_DELTA_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """One RTMP message. `timestamp` is milliseconds modulo 2**32, `stream` the message stream id."""

    kind: int
    timestamp: int
    stream: int
    body: bytes


@dataclass(slots=True)
class _ChunkStream:
    """The header fields that the next chunk of this stream may leave out."""

    kind: int = 0
    timestamp: int = 0
    delta: int = 0
    stream: int = 0
    length: int = 0
    missing: int = 0  # bytes of the present message; 0 between messages
    extended: bytes = b""  # the extended timestamp field as it was written, if there was one
    body: bytearray = field(default_factory=bytearray)


class ChunkReader:
    """Bytes to messages. In the parser, `yield None` asks for more bytes.

    Payload is copied as it arrives, so that an unfinished message holds no more than its own bytes, in however small
    pieces it comes. `max_message` (bytes) may be changed between messages; `max_streams` counts chunk streams.
    """

    def __init__(self, *, max_message: int, max_streams: int) -> None:
        self.chunk_size = FIRST_CHUNK_SIZE
        self.max_message = max_message
        self._max_streams = max_streams
        self._announced = 0  # bytes of all unfinished messages, arrived or not
        self._streams: dict[int, _ChunkStream] = {}
        self._data = b""
        self._at = 0
        self._parser = self._parse()

    @property
    def buffered(self) -> int:
        """The number of bytes that were put in and not yet parsed."""
        return len(self._data) - self._at

    def put(self, data: bytes) -> None:
        """Add received bytes."""
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0

    def messages(self) -> Iterator[Message]:
        """Return the messages that are complete. The iteration may be left early: the next call goes on.

        Raises BadChunk, MessageTooBig, TooManyChunkStreams; after that the stream cannot be read any more.
        """
        while (message := next(self._parser, None)) is not None:
            yield message

    def receive(self, data: bytes) -> list[Message]:
        """Add received bytes, and return the messages that are complete. Raises what `messages` does."""
        self.put(data)
        return list(self.messages())

    def _parse(self) -> Generator[Message | None, None, None]:
        streams = self._streams
        while True:
            if self._at == len(self._data):
                yield None
                continue
            first = self._data[self._at]
            self._at += 1
            fmt, csid = first >> 6, first & 0x3F
            if csid < 2:
                csid = yield from self._long_csid(csid)
            chunks = streams.get(csid) or self._open(csid, fmt)
            if fmt < 3:
                yield from self._header(fmt, chunks)
            elif chunks.extended:
                yield from self._extended_again(chunks)
            if not chunks.missing:
                self._begin(fmt, chunks)
            message = yield from self._payload(chunks)
            if message is None:
                continue
            if message.kind > ABORT:
                yield message
            else:
                self._obey(message)

    def _exact(self, size: int) -> Generator[None, None, bytes]:
        while len(self._data) - self._at < size:
            yield None
        at = self._at
        self._at = at + size
        return self._data[at : at + size]

    def _long_csid(self, form: int) -> Generator[None, None, int]:
        if form == 0:
            return 64 + (yield from self._exact(1))[0]
        low, high = yield from self._exact(2)
        return 64 + low + 256 * high

    def _open(self, csid: int, fmt: int) -> _ChunkStream:
        # librtmp begins its control stream with fmt 1 when it pings; fmt 2 and 3 would leave the length unknown
        if fmt > 1:
            raise BadChunk(f"chunk stream {csid} begins with a header of type {fmt}, which refers to one before")
        if len(self._streams) >= self._max_streams:
            raise TooManyChunkStreams(f"more than {self._max_streams} chunk streams")
        self._streams[csid] = chunks = _ChunkStream()
        return chunks

    def _header(self, fmt: int, chunks: _ChunkStream) -> Generator[None, None, None]:
        if chunks.missing:
            raise BadChunk(f"a message began {chunks.missing} bytes before the end of the one before it")
        head = yield from self._exact(_HEADER_SIZES[fmt])
        stamp = int.from_bytes(head[:3], "big")
        if fmt < 2:
            chunks.length = int.from_bytes(head[3:6], "big")
            chunks.kind = head[6]
        if fmt == 0:
            chunks.stream = int.from_bytes(head[7:], "little")
        chunks.extended = b""
        if stamp == _EXTENDED:
            chunks.extended = yield from self._exact(4)
            stamp = int.from_bytes(chunks.extended, "big")
        chunks.delta = stamp

    def _extended_again(self, chunks: _ChunkStream) -> Generator[None, None, None]:
        """Skip the extended timestamp of a fmt 3 chunk, if it is there.

        Spec 5.3.1.3 wants it; old Flash encoders and some hardware leave it out. So it is taken for one only when it
        repeats the field of the message's header (ffmpeg, librtmp) or its timestamp (FMS).
        """
        wanted = (chunks.extended, chunks.timestamp.to_bytes(4, "big"))
        while True:
            seen = self._data[self._at : self._at + 4]
            if seen in wanted:
                self._at += 4
                return
            if len(seen) == 4 or not any(value.startswith(seen) for value in wanted):
                return
            yield None

    def _begin(self, fmt: int, chunks: _ChunkStream) -> None:
        if fmt == 0:
            chunks.timestamp = chunks.delta
            # Spec 5.3.1.2.4: a fmt 3 message behind a fmt 0 one adds that one's *timestamp*, and ffmpeg counts on it
            # for the first two audio frames. librtmp means "the same time again". Only a small value can be a step.
            if chunks.delta > _MOST_PLAUSIBLE_DELTA_MS:
                chunks.delta = 0
        else:
            chunks.timestamp = (chunks.timestamp + chunks.delta) & 0xFFFFFFFF
        if chunks.length > self.max_message:
            raise MessageTooBig(f"a message of {chunks.length} bytes, at most {self.max_message} are accepted")
        self._announced += chunks.length
        if self._announced > 2 * self.max_message:
            raise MessageTooBig(f"unfinished messages of {self._announced} bytes together")
        chunks.missing = chunks.length

    def _payload(self, chunks: _ChunkStream) -> Generator[None, None, Message | None]:
        """Take the payload of one chunk, and return the message if that completes it."""
        left = min(self.chunk_size, chunks.missing)
        if left == chunks.length and left <= len(self._data) - self._at:
            body = self._data[self._at : self._at + left]
            self._at += left
            chunks.missing = 0
        else:
            chunks.missing -= left
            while left:
                piece = memoryview(self._data)[self._at : self._at + left]
                if not piece:
                    yield None
                    continue
                chunks.body += piece
                self._at += len(piece)
                left -= len(piece)
            if chunks.missing:
                return None
            body = bytes(chunks.body)
            chunks.body = bytearray()
        self._announced -= chunks.length
        return Message(chunks.kind, chunks.timestamp, chunks.stream, body)

    def _obey(self, message: Message) -> None:
        if message.kind == 0:
            return  # no such message; passed over like the other unknown ones
        if len(message.body) < 4:
            raise BadChunk(f"a control message {message.kind} of {len(message.body)} bytes")
        value = int.from_bytes(message.body[:4], "big")
        if message.kind == SET_CHUNK_SIZE:
            self.chunk_size = value & 0x7FFFFFFF
            if not self.chunk_size:
                raise BadChunk("a chunk size of 0")
        elif chunks := self._streams.get(value):
            if chunks.missing:
                self._announced -= chunks.length
            chunks.missing = 0
            chunks.body = bytearray()


class ChunkWriter:
    """Messages to bytes. Headers are as short as the peer can complete them, as with ffmpeg and librtmp."""

    def __init__(self) -> None:
        self.chunk_size = FIRST_CHUNK_SIZE
        self._last: dict[int, tuple[int, int, int, int]] = {}  # csid: kind, length, stream, timestamp

    def send(self, message: Message, csid: int) -> bytes:
        """Return the message in chunks of `chunk_size`; `csid` is 2 to 63. A Set Chunk Size counts from the next
        message on."""
        header, again = self._headers(message, csid)
        body, size = memoryview(message.body), self.chunk_size
        parts: list[bytes | memoryview] = [header, body[:size]]
        for at in range(size, len(body), size):
            parts += (again, body[at : at + size])
        if message.kind == SET_CHUNK_SIZE:
            self.chunk_size = int.from_bytes(message.body, "big")
        return b"".join(parts)

    def _headers(self, message: Message, csid: int) -> tuple[bytes, bytes]:
        """Return the header of the first chunk, and that of the others."""
        length = len(message.body)
        kind, last_length, stream, timestamp = self._last.get(csid, (0, 0, -1, 0))
        self._last[csid] = (message.kind, length, message.stream, message.timestamp)
        stamp = message.timestamp - timestamp
        if stamp < 0 or stream != message.stream:
            fmt, stamp = 0, message.timestamp
            rest = length.to_bytes(3, "big") + bytes([message.kind]) + message.stream.to_bytes(4, "little")
        elif length != last_length or kind != message.kind:
            fmt, rest = 1, length.to_bytes(3, "big") + bytes([message.kind])
        else:
            # fmt 3 for a whole message would save 3 bytes more, but readers disagree about the step it means
            fmt, rest = 2, b""
        extended = stamp.to_bytes(4, "big") if stamp >= _EXTENDED else b""
        header = bytes([fmt << 6 | csid]) + min(stamp, _EXTENDED).to_bytes(3, "big") + rest + extended
        return header, bytes([0xC0 | csid]) + extended
