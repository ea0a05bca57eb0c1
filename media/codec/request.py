"""The requests that the parent writes into the pipe to the child process: for a JPEG of a keyframe, and for a GIF of
JPEGs."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

MAX_REQUEST = 32 << 20  # bytes; a message of RTMP has 16 MiB at most
GIF = "gif"  # the argument of a child that makes an animation
MAX_PICTURES = 10  # of an animation
_LENGTHS = struct.Struct(">II")
_LENGTH = struct.Struct(">I")


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


@dataclass(frozen=True, slots=True)
class Animation:
    """`pictures` are JPEGs, `width` is in pixels, `frame_ms` how long each is shown."""

    pictures: Sequence[bytes]
    width: int
    frame_ms: int


def write_animation(asked: Animation) -> bytes:
    """Return the bytes of a request for a GIF: the counterpart of read_animation."""
    parts = [_LENGTHS.pack(asked.width, asked.frame_ms)]
    for picture in asked.pictures:
        parts += [_LENGTH.pack(len(picture)), picture]
    return b"".join(parts)


def read_animation(data: bytes) -> Animation:
    """Read the bytes of a request for a GIF, at most MAX_REQUEST. Raises BadRequest."""
    if not _LENGTHS.size <= len(data) <= MAX_REQUEST:
        raise BadRequest(f"a request of {len(data)} bytes")
    width, frame_ms = _LENGTHS.unpack_from(data)
    at, pictures = _LENGTHS.size, list[bytes]()
    while at + _LENGTH.size <= len(data) and len(pictures) < MAX_PICTURES:
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        pictures.append(data[at : at + length])
        at += length
    if at != len(data) or not pictures or not width or not frame_ms:
        raise BadRequest("a request that is cut off, or without pictures, a width or a time")
    return Animation(pictures, width, frame_ms)
