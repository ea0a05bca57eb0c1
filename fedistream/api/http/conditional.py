"""Entity tags that an asker has already, and whether 304 is the answer (RFC 9110, sections 8.8.3 and 13.1.2)."""

from hashlib import sha256

from starlette.datastructures import Headers

MAX_TAGS = 2048  # characters of an If-None-Match that are looked at


def entity_tag(data: bytes) -> str:
    """Return a weak tag of these bytes: the same answer may be sent compressed (RFC 9110, 8.8.1)."""
    return f'W/"{sha256(data).hexdigest()[:16]}"'


def has(headers: Headers, tag: str) -> bool | None:
    """Tell whether the asker has what bears this tag; None where no If-None-Match says anything about it."""
    known = headers.get("if-none-match")
    if known is None:
        return None
    tags = [each.strip().removeprefix("W/") for each in known[:MAX_TAGS].split(",")]
    return tag.removeprefix("W/") in tags or tags == ["*"]
