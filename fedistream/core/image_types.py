"""The four image formats that are stored and shown, recognised by their first bytes, whatever the file name.

SVG is not among them, because it can contain scripts.
"""

from collections.abc import Mapping

MEDIA_TYPES: Mapping[str, str] = {"png": "image/png", "gif": "image/gif", "webp": "image/webp", "jpg": "image/jpeg"}


def sniff(data: bytes) -> str | None:
    """Return the file name extension of the image format, a key of MEDIA_TYPES, or None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "jpg" if data.startswith(b"\xff\xd8\xff") else None
