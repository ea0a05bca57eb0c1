"""The request that is signed or verified, as a value. Either end makes one; both schemes read it."""

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
    """`origin` is the public "https://host[:port]" that the request is for; `headers` have lower-case names, in order.

    `target` is path and query as on the request line. Make one with `receive` or `compose`.
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
        """The URL as the public sees it, without a fragment."""
        return self.origin + self.target

    def with_headers(self, added: Iterable[tuple[str, str]]) -> "Request":
        """Return the same request with more headers behind its own; their names must be lower case."""
        return replace(self, headers=(*self.headers, *added))

    def header(self, name: str) -> str | None:
        """Return the value of the header `name` (lower case), None without it. Raises Refused if it comes twice.

        Servers disagree on whether the first or the last of two counts, so one that matters must come once.
        """
        values = [value for header, value in self.headers if header == name]
        if len(values) > 1:
            raise Refused(Reason.HEADERS, f"the header {name} comes twice")
        return values[0] if values else None


def incoming_request(
    method: str, origin: str, target: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> Request:
    """Make the value of a request that came in. Raises Refused (METHOD, TARGET, HEADERS) beyond the limits.

    `origin` must come from the configuration, never from the request: behind a proxy the request does not know it.
    Header values are text decoded as Latin-1, as ASGI servers hand them out in bytes.
    """
    if not _NAME.fullmatch(method):
        raise Refused(Reason.METHOD, "the method is not a word")
    if len(target) > MAX_TARGET or not _TARGET.fullmatch(target):
        raise Refused(Reason.TARGET, "the request target is not a path of printable ASCII, or too long")
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        if len(kept) == MAX_HEADERS:
            raise Refused(Reason.HEADERS, f"more than {MAX_HEADERS} headers")
        # a line break in a value would forge lines of the text that is verified
        if not _NAME.fullmatch(name) or len(value) > MAX_HEADER or _CONTROL.search(value):
            raise Refused(Reason.HEADERS, "a header is malformed or too long")
        kept.append((name.lower(), value.strip(" \t")))
    return Request(method, origin, target, tuple(kept), body)


def outgoing_request(method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
    """Make a request that will be sent; the Host header is added. Raises BadUrl."""
    parsed = parse_url(url)
    kept = (("host", parsed.authority), *((name.lower(), value) for name, value in headers))
    return Request(method, parsed.origin, parsed.target, kept, body)
