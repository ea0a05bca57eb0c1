"""Small images of each format, made from their specifications."""

import struct
import zlib

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 1, height: int = 1, shade: int = 0) -> bytes:
    """A grey PNG. A large one has no more pixels than one row, like an image bomb before it is decoded."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = min(height, 1 if width > 1000 else height)
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + bytes([shade]) * width) * rows))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def gif(width: int = 1, height: int = 1) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0\x3b"


def webp(width: int = 1, height: int = 1, kind: bytes = b"VP8X") -> bytes:
    if kind == b"VP8X":
        data = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        data = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + b"\0"
    else:
        data = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    body = b"WEBP" + kind + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpg(width: int = 1, height: int = 1) -> bytes:
    return b"\xff\xd8\xff\xc0\0\x0b\x08" + struct.pack(">HH", height, width) + b"\1\1\x11\0\xff\xd9"


def ico(*images: bytes) -> bytes:
    head, at = struct.pack("<HHH", 0, 1, len(images)), 6 + 16 * len(images)
    rows = b""
    for image in images:
        rows += struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(image), at)
        at += len(image)
    return head + rows + b"".join(images)


def bitmap(width: int = 1, height: int = 1) -> bytes:
    return struct.pack("<IiiHHIIiiII", 40, width, height * 2, 1, 32, 0, 0, 0, 0, 0, 0) + bytes(8)
