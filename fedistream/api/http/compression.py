"""Compression of dynamic answers with gzip. Static files are compressed once, when they are read.

Only public answers are compressed: when an answer has a secret beside text that an attacker chose, its compressed
length reveals the secret byte by byte (BREACH). The nonce of a page is new in each answer, so it reveals nothing.
"""

import zlib

from starlette.responses import Response

from fedistream.api.http.content_codings import choose

LEAST = 1_000  # bytes; a smaller answer fits into one packet without compression
MOST = 512 * 1024  # bytes; compressing more would hold the loop for too long
LEVEL = 6
TYPES = ("text/", "application/json", "application/activity+json", "application/ld+json", "application/jrd+json")
MORE_TYPES = ("image/svg+xml", "application/xml", "application/xrd+xml")
GZIP = 16 + zlib.MAX_WBITS


def is_long(response: Response) -> bool:
    """Return whether the body is long enough for compression."""
    return len(getattr(response, "body", b"")) >= LEAST  # a stream has none


def compress(response: Response, accept_encoding: str) -> None:
    """Gzip the whole body of `response` for a client that takes it."""
    body = getattr(response, "body", b"")  # a stream has none
    if not LEAST <= len(body) <= MOST:
        return
    headers = response.headers
    kind = headers.get("content-type", "")
    if "accept-encoding" in headers.get("vary", "").lower():
        return  # the handler has chosen an encoding
    if "content-encoding" in headers or not kind.startswith((*TYPES, *MORE_TYPES)):
        return
    headers.add_vary_header("Accept-Encoding")
    if choose(accept_encoding, ("gzip",)) != "gzip":
        return
    squeeze = zlib.compressobj(LEVEL, wbits=GZIP)
    packed = squeeze.compress(body) + squeeze.flush()
    if len(packed) >= len(body):
        return
    response.body = packed
    headers["content-length"] = str(len(packed))
    headers["content-encoding"] = "gzip"
    if headers.get("etag", "W/").startswith('"'):
        headers["etag"] = f"W/{headers['etag']}"  # RFC 9110, 8.8.1: a strong one names these bytes alone
