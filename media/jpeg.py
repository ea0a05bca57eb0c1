"""The size of a JPEG picture, from its headers (ITU-T T.81, annex B). Nothing is decoded."""

START = b"\xff\xd8"
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length: TEM, RSTn, SOI
# a frame header of any process, without DHT (C4), JPG (C8) and DAC (CC), which are numbered among them
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9


class BadJpeg(Exception):
    """The bytes are no JPEG, or end before its size is known."""


def size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels. Raises BadJpeg."""
    if not data.startswith(START):
        raise BadJpeg("it does not begin as a JPEG")
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise BadJpeg("there is no marker where one has to be")
        marker = data[at + 1]
        if marker == 0xFF:  # any marker may be preceded by fill bytes (B.1.1.2)
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in (_SCAN, _END):
            break
        else:
            if marker in _FRAMES and at + 9 <= len(data):
                height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
                return width, height
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise BadJpeg("it ends before its size is known")
