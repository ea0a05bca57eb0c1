"""What goes through the pipe between us and the child that makes a picture: one request, one answer. Pure."""

import struct
from dataclasses import dataclass

MAX_REQUEST = 32 << 20  # bytes; a message of RTMP has 16 MiB at most
_LENGTHS = struct.Struct(">II")


class BadRequest(Exception):
    """The bytes are not what the other side writes."""


@dataclass(frozen=True, slots=True)
class Request:
    """A keyframe of H.264 as MP4 stores it, its decoder configuration (`record`), and the widest that is wanted."""

    record: bytes
    frame: bytes
    max_width: int


def write_request(request: Request) -> bytes:
    head = _LENGTHS.pack(len(request.record), request.max_width)
    return b"".join((head, request.record, request.frame))


def read_request(data: bytes) -> Request:
    """Raises Broken."""
    if not _LENGTHS.size <= len(data) <= MAX_REQUEST:
        raise BadRequest(f"a request of {len(data)} bytes")
    length, max_width = _LENGTHS.unpack_from(data)
    frame_at = _LENGTHS.size + length
    if frame_at >= len(data) or not length or not max_width:
        raise BadRequest("a request without a configuration, a frame or a width")
    return Request(data[_LENGTHS.size : frame_at], data[frame_at:], max_width)
