"""Which pictures of others are kept and shown: four kinds, told by their first bytes, whatever they are called.

Never SVG, which can hold scripts.
"""

from collections.abc import Mapping

MEDIA_TYPES: Mapping[str, str] = {"png": "image/png", "gif": "image/gif", "webp": "image/webp", "jpg": "image/jpeg"}


def sniff(data: bytes) -> str | None:
    """The ending of the file's name for such a picture, a key of MEDIA_TYPES; None for everything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "jpg" if data.startswith(b"\xff\xd8\xff") else None
