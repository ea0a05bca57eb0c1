"""The http(s) URLs that serve as ids: parsed strictly, because two readings of one URL are a hole. No fetching here."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urljoin

MAX_URL = 2048  # Mastodon refuses ids over 2,048 too
CACHE_SIZE = 1024  # of at most 2 kB: the same few are parsed a dozen times for each activity
DEFAULT_PORTS = {"https": 443, "http": 80}

# No user info, no backslash, no empty label or final dot ("host." is another spelling of a blocked "host"), and no
# quote, which would end a keyId early. Not RFC 3986 in full: that grammar leaves room for two readings.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!$-;=?-\[\]^_a-z|~]*)?",
    re.IGNORECASE,
)


_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))  # what stays as it is in `from_iri`


class BadUrl(ValueError):
    """The text is not an http(s) URL that we would fetch, or compare with another."""


@dataclass(frozen=True, slots=True)
class Url:
    """`host` is lower case; `port` is always given; `target` is what goes on the request line; no fragment in it."""

    scheme: str
    host: str
    port: int
    target: str
    fragment: str

    @property
    def authority(self) -> str:
        """`host`, or `host:port` where the port is not the scheme's own: the form of the Host header."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """`scheme://authority`."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return f"{self.origin}{self.target}" + (f"#{self.fragment}" if self.fragment else "")


def parse_url(text: object) -> Url:
    """Parse an absolute http(s) URL of printable ASCII. Raises BadUrl."""
    if not isinstance(text, str) or len(text) > MAX_URL:
        raise BadUrl("not a URL of at most 2,048 characters")
    return _parse(text)


@lru_cache(CACHE_SIZE)
def _parse(text: str) -> Url:
    locator, _, fragment = text.partition("#")
    # "https://host?query" lacks the slash that RFC 9110 makes the client send
    if "/" not in locator[8:] and "?" in locator:
        locator = locator.replace("?", "/?", 1)
    match = _URL.fullmatch(locator)
    if match is None or (fragment and _URL.fullmatch(f"http://h/{fragment}") is None):
        raise BadUrl("not an absolute http or https URL")
    scheme = match["scheme"].lower()
    port = int(match["port"] or DEFAULT_PORTS[scheme])
    if not 0 < port < 65536 or len(match["host"]) > 253:
        raise BadUrl("port or host name out of range")
    return Url(scheme, match["host"].lower(), port, match["path"] or "/", fragment)


def from_iri(text: str) -> str:
    """Return the URL of an address with letters beyond ASCII (RFC 3987 section 3.1): the host by IDNA, the rest in
    percent-encoded UTF-8. Raises BadUrl for a host that has no such form; what comes is not parsed."""
    if len(text) > MAX_URL:
        raise BadUrl("not a URL of at most 2,048 characters")
    if text.isascii():
        return text
    scheme, separator, rest = text.partition("://")
    end = next((at for at, char in enumerate(rest) if char in "/?#"), len(rest))
    host, rest = rest[:end], rest[end:]
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise BadUrl("the host is no name") from None
    if any(sign in host for sign in "/?#@"):
        # signs that IDNA makes of others, as of U+2100: the host would end earlier than it seems to (CVE-2019-9636)
        raise BadUrl("the host is no name")
    return scheme + separator + host + quote(rest, safe=_PRINTABLE)


def resolve(base: str, reference: str) -> str:
    """Return the absolute URL of `reference` in the document at `base` (RFC 3986 section 5), as ASCII.

    Raises BadUrl for a reference that cannot be resolved; whether the result is an http(s) URL is not checked.
    """
    try:
        # longer ones are refused by `from_iri`; cut before, since they cost time
        return from_iri(urljoin(base, reference[: MAX_URL + 1]))
    except ValueError as error:
        raise BadUrl(str(error)) from None


def authority(text: object) -> str:
    """Return the host, with the port if it is not the default one: what "same host" compares. Raises BadUrl."""
    return parse_url(text).authority


def is_url(text: object) -> bool:
    """Tell whether `parse_url` would take it."""
    try:
        parse_url(text)
    except BadUrl:
        return False
    return True


def same_authority(one: object, other: object) -> bool:
    """Tell whether both are URLs of the same host and port. The scheme may differ: it tells nothing of the owner."""
    try:
        return authority(one) == authority(other)
    except BadUrl:
        return False


def without_fragment(text: str) -> str:
    """Return the part of a URL that is sent to a server."""
    return text.partition("#")[0]
