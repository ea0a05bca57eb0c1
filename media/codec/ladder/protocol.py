"""The messages between the node and the child that encodes, and their frames: one byte of kind, four of length, body.

Without I/O. Tracks and samples go both ways; `rendition` is the index of a plan, and 0 on the way to the child.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from media.track import Kind, Sample

MAX_BODY = 32 << 20  # bytes; a message of RTMP has 16 MiB at most
MAX_JSON = 64 << 10
_HEAD = struct.Struct(">BI")
_TRACKS = struct.Struct(">BII")
_SAMPLE = struct.Struct(">BBqi")
_PROGRESS = struct.Struct(">q")
_VIDEO, _KEY = 1, 2


class BadMessage(Exception):
    """The bytes are no message of this protocol; str() says why."""


class MessageKind(IntEnum):
    """The first byte of a message."""

    SETUP = 1
    TRACKS = 2
    SAMPLE = 3
    PROGRESS = 4
    NOTE = 5


@dataclass(frozen=True, slots=True)
class SetupMessage:
    """The first message to the child."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TracksMessage:
    """The decoder configurations of the samples that follow, b"" for a track that is not there."""

    rendition: int
    video: bytes
    audio: bytes


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """A sample of a rendition."""

    rendition: int
    sample: Sample


@dataclass(frozen=True, slots=True)
class Progress:
    """The child is well, and has taken the samples up to this time in milliseconds."""

    taken_ms: int


@dataclass(frozen=True, slots=True)
class Note:
    """News of a rendition: the code is one of NoteCode, `values` are for the sentence."""

    rendition: int
    code: str
    values: Mapping[str, Any]


Message = SetupMessage | TracksMessage | SampleMessage | Progress | Note


def write(message: Message) -> bytes:
    """Return the bytes of a message, frame and all."""
    kind, *parts = _parts(message)
    return b"".join((_HEAD.pack(kind, sum(map(len, parts))), *parts))


def _parts(message: Message) -> tuple[Any, ...]:
    """Return the kind and the pieces of the body."""
    match message:
        case SampleMessage(rendition, sample):
            flags = (_VIDEO if sample.kind is Kind.VIDEO else 0) | (_KEY if sample.key else 0)
            head = _SAMPLE.pack(rendition, flags, sample.dts_ms, sample.cts_ms)
            return MessageKind.SAMPLE, head, sample.data
        case TracksMessage(rendition, video, audio):
            return MessageKind.TRACKS, _TRACKS.pack(rendition, len(video), len(audio)), video, audio
        case Progress(taken_ms):
            return MessageKind.PROGRESS, _PROGRESS.pack(taken_ms)
        case SetupMessage(values):
            return MessageKind.SETUP, json.dumps(dict(values)).encode()
        case Note(rendition, code, values):
            text = json.dumps({"rendition": rendition, "code": code, "values": dict(values)})
            return MessageKind.NOTE, text.encode()


class MessageReader:
    """Bytes to messages. `receive` takes what came through the pipe, in any pieces."""

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self._buffer, self._max_body = bytearray(), max_body

    def receive(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that `data` completes. Raises BadMessage; nothing can be read after that."""
        self._buffer += data
        at, end = 0, len(self._buffer)
        try:
            while end - at >= _HEAD.size:
                kind, length = _HEAD.unpack_from(self._buffer, at)
                if length > self._max_body:
                    raise BadMessage(f"a message of {length} bytes")
                start = at + _HEAD.size
                if end - start < length:
                    break
                at = start + length
                yield _read(kind, bytes(self._buffer[start:at]))
        finally:
            del self._buffer[:at]


def _read(kind: int, body: bytes) -> Message:
    try:
        match kind:
            case MessageKind.SAMPLE:
                rendition, flags, dts_ms, cts_ms = _SAMPLE.unpack_from(body)
                what = Kind.VIDEO if flags & _VIDEO else Kind.AUDIO
                return SampleMessage(rendition, Sample(what, dts_ms, body[_SAMPLE.size :], bool(flags & _KEY), cts_ms))
            case MessageKind.TRACKS:
                return _tracks(body)
            case MessageKind.PROGRESS:
                return Progress(*_PROGRESS.unpack(body))
            case MessageKind.SETUP:
                return SetupMessage(_object(body))
            case MessageKind.NOTE:
                found = _object(body)
                return Note(int(found["rendition"]), str(found["code"]), dict(found["values"]))
    except (struct.error, KeyError, TypeError, ValueError) as error:
        raise BadMessage(f"a message of kind {kind} that cannot be read: {error}") from error
    raise BadMessage(f"a message of kind {kind}, which does not exist")


def _tracks(body: bytes) -> TracksMessage:
    rendition, video, audio = _TRACKS.unpack_from(body)
    at = _TRACKS.size + video
    if len(body) != at + audio:
        raise ValueError("the lengths do not add up")
    return TracksMessage(rendition, body[_TRACKS.size : at], body[at:])


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_JSON:
        raise ValueError(f"{len(body)} bytes of JSON")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found
