"""The formats of logos and favicons, recognised by their content, with the size that their headers state. Pure.

Nothing is decoded: an image is served as it came, and the headers are enough to refuse one that would fill the memory
of those who decode it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from media import jpeg

Size = tuple[int, int]
"""Width and height in pixels."""

PNG = b"\x89PNG\r\n\x1a\n"
ICO = b"\0\0\1\0"
ICO_ENTRY = 16  # bytes of a row of an icon's directory
MAX_ICONS = 32  # in one file; generators write 3 to 9


class BadImage(Exception):
    """The bytes begin like an image of a format, and are none."""


@dataclass(frozen=True, slots=True)
class Header:
    """The format and size of an image. `kind` is a key of `MEDIA_TYPES` in `values.py`."""

    kind: str
    width: int
    height: int


def read(data: bytes) -> Header | None:
    """Return the header of an image, or None for anything else, also for a damaged image."""
    for begins, kind, size in FORMATS:
        if begins(data):
            try:
                return Header(kind, *size(data))
            except (BadImage, jpeg.BadJpeg, IndexError):
                return None
    return None


def is_svg(data: bytes) -> bool:
    """Return whether the bytes look like an SVG file."""
    return b"<svg" in data[:4096].lower()


def png_size(data: bytes) -> Size:
    """Return the size of a PNG whose chunks reach to its end (PNG specification, section 5). Raises BadImage."""
    at, seen = len(PNG), list[bytes]()
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        seen.append(name)
        if name == b"IEND":
            if seen[0] != b"IHDR" or b"IDAT" not in seen:
                raise BadImage("a PNG without a header or pixels")
            return _number(data, 16, 4, "big"), _number(data, 20, 4, "big")
        at += 12 + length
    raise BadImage("a PNG that is cut off")


def gif_size(data: bytes) -> Size:
    """Return the size of the screen of a GIF (GIF89a, section 18). Raises BadImage."""
    if b"\x3b" not in data[-16:]:  # some programs write zeros after the trailer
        raise BadImage("a GIF that is cut off")
    return _number(data, 6, 2, "little"), _number(data, 8, 2, "little")


def webp_size(data: bytes) -> Size:
    """Return the size of a WebP of any of its three kinds (RFC 9649). Raises BadImage."""
    if _number(data, 4, 4, "little") + 8 > len(data):
        raise BadImage("a WebP that is cut off")
    kind = data[12:16]
    if kind == b"VP8X":
        return _number(data, 24, 3, "little") + 1, _number(data, 27, 3, "little") + 1
    if kind == b"VP8L" and data[20:21] == b"\x2f":
        bits = _number(data, 21, 4, "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return _number(data, 26, 2, "little") & 0x3FFF, _number(data, 28, 2, "little") & 0x3FFF
    raise BadImage("a WebP of an unknown kind")


def ico_size(data: bytes) -> Size:
    """Return the largest size in an icon file, from the images themselves rather than their directory.

    Raises BadImage, also for an image that is not within the file.
    """
    count = _number(data, 4, 2, "little")
    if not 1 <= count <= MAX_ICONS:
        raise BadImage(f"an icon file of {count} images")
    sizes: list[Size] = []
    for row in range(6, 6 + count * ICO_ENTRY, ICO_ENTRY):
        length, at = _number(data, row + 8, 4, "little"), _number(data, row + 12, 4, "little")
        image = data[at : at + length]
        if length < 12 or len(image) != length:
            raise BadImage("an icon outside of its file")
        if image.startswith(PNG):
            sizes.append(png_size(image))
        else:
            # a BITMAPINFOHEADER, whose height counts the mask too
            if _number(image, 0, 4, "little") != 40:
                raise BadImage("an icon that is neither a PNG nor a bitmap")
            sizes.append((_number(image, 4, 4, "little"), _number(image, 8, 4, "little") // 2))
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _number(data: bytes, at: int, length: int, order: str) -> int:
    part = data[at : at + length]
    if len(part) != length:
        raise BadImage("a header that is cut off")
    return int.from_bytes(part, "big" if order == "big" else "little")


FORMATS: tuple[tuple[Callable[[bytes], bool], str, Callable[[bytes], Size]], ...] = (
    (lambda data: data.startswith(PNG), "png", png_size),
    (lambda data: data.startswith((b"GIF87a", b"GIF89a")), "gif", gif_size),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", "webp", webp_size),
    (lambda data: data.startswith(b"\xff\xd8\xff"), "jpg", jpeg.size),
    (lambda data: data.startswith(ICO), "ico", ico_size),
)
