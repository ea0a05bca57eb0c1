"""The request that the parent writes into the pipe to the child process that makes a picture. The answer is a JPEG."""

import struct
from dataclasses import dataclass

MAX_REQUEST = 32 << 20  # bytes; a message of RTMP has 16 MiB at most
_LENGTHS = struct.Struct(">II")


class BadRequest(Exception):
    """The bytes are no request."""


@dataclass(frozen=True, slots=True)
class Request:
    """`frame` is an H.264 keyframe as MP4 stores it, with its `decoder_config`; `max_width` is in pixels."""

    decoder_config: bytes
    frame: bytes
    max_width: int


def write_request(request: Request) -> bytes:
    """Return the bytes of a request: the counterpart of read_request."""
    head = _LENGTHS.pack(len(request.decoder_config), request.max_width)
    return b"".join((head, request.decoder_config, request.frame))


def read_request(data: bytes) -> Request:
    """Read the bytes of a request, at most MAX_REQUEST. Raises BadRequest."""
    if not _LENGTHS.size <= len(data) <= MAX_REQUEST:
        raise BadRequest(f"a request of {len(data)} bytes")
    length, max_width = _LENGTHS.unpack_from(data)
    frame_at = _LENGTHS.size + length
    if frame_at >= len(data) or not length or not max_width:
        raise BadRequest("a request without a configuration, a frame or a width")
    return Request(data[_LENGTHS.size : frame_at], data[frame_at:], max_width)
