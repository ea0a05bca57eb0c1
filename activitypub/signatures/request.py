"""An HTTP request as a value, to be signed and sent, or received and verified. Both schemes read it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from activitypub.refusal import Reason, Refused
from activitypub.urls import parse_url

MAX_HEADERS = 64  # Mastodon sends 14, a proxy adds 10; Apache allows 100
MAX_HEADER = 8192  # characters of one value, as nginx
MAX_TARGET = 4096

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_TARGET = re.compile(r"/[!-~]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Request:
    """A request, made by `incoming_request` or `outgoing_request`.

    `origin` is the public "https://host[:port]" that it is for. `target` is path and query, as on the request line.
    `headers` are in order, with lower-case names.
    """

    method: str
    origin: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def authority(self) -> str:
        """The host, with the port if it is not the default one."""
        return self.origin.partition("://")[2]

    @property
    def url(self) -> str:
        """The public URL of the request, without a fragment."""
        return self.origin + self.target

    def with_headers(self, added: Iterable[tuple[str, str]]) -> "Request":
        """Return the same request with more headers behind its own; their names must be lower case."""
        return replace(self, headers=(*self.headers, *added))

    def header(self, name: str) -> str | None:
        """Return the value of the header `name` (lower case); None if it is missing. Raises Refused(HEADERS) for two.

        Servers disagree on whether the first or the last of two counts, so a header that matters must be unique.
        """
        values = [value for header, value in self.headers if header == name]
        if len(values) > 1:
            raise Refused(Reason.HEADERS, f"the header {name} comes twice")
        return values[0] if values else None


def incoming_request(
    method: str, origin: str, target: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> Request:
    """Return a request that was received. Raises Refused (METHOD, TARGET, HEADERS) beyond the limits.

    `origin` must come from the configuration, never from the request, which does not know it behind a proxy. Header
    values are text, decoded as Latin-1 from the bytes that an ASGI server passes on.
    """
    if not _NAME.fullmatch(method):
        raise Refused(Reason.METHOD, "the method is not a token")
    if len(target) > MAX_TARGET or not _TARGET.fullmatch(target):
        raise Refused(Reason.TARGET, "the request target is not a path of printable ASCII, or too long")
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        if len(kept) == MAX_HEADERS:
            raise Refused(Reason.HEADERS, f"more than {MAX_HEADERS} headers")
        # a line break in a value could forge lines of the signature base
        if not _NAME.fullmatch(name) or len(value) > MAX_HEADER or _CONTROL.search(value):
            raise Refused(Reason.HEADERS, "a header is malformed or too long")
        kept.append((name.lower(), value.strip(" \t")))
    return Request(method, origin, target, tuple(kept), body)


def outgoing_request(method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
    """Return a request that is to be sent, with a Host header before `headers`. Raises BadUrl."""
    parsed = parse_url(url)
    kept = (("host", parsed.authority), *((name.lower(), value) for name, value in headers))
    return Request(method, parsed.origin, parsed.target, kept, body)
