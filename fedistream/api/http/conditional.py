"""Entity tags of conditional requests (RFC 9110, sections 8.8.3 and 13.1.2)."""

from hashlib import sha256

from starlette.datastructures import Headers

MAX_TAGS = 2048  # characters of an If-None-Match that are read


def entity_tag(data: bytes) -> str:
    """Return a weak tag of these bytes: the same answer may be sent compressed (RFC 9110, 8.8.1)."""
    return f'W/"{sha256(data).hexdigest()[:16]}"'


def has(headers: Headers, tag: str) -> bool | None:
    """Return whether the client has the answer with this tag; None without an If-None-Match."""
    known = headers.get("if-none-match")
    if known is None:
        return None
    tags = [each.strip().removeprefix("W/") for each in known[:MAX_TAGS].split(",")]
    return tag.removeprefix("W/") in tags or tags == ["*"]
