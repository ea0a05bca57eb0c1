"""The http(s) URLs that serve as ids, parsed strictly: two readings of one URL would be a security hole."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urljoin

MAX_URL = 2048  # Mastodon refuses ids over 2,048 too
CACHE_SIZE = 1024  # URLs of at most 2 kB: each activity has a few that are parsed a dozen times
DEFAULT_PORTS = {"https": 443, "http": 80}

# No user info, no backslash, no empty label or final dot ("host." is another spelling of a blocked "host"), and no
# quotation mark, which would end a keyId early. Not the whole grammar of RFC 3986, which permits two readings.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!$-;=?-\[\]^_a-z|~]*)?",
    re.IGNORECASE,
)


_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))  # what stays as it is in `from_iri`


class BadUrl(ValueError):
    """The text is not an http(s) URL that may be fetched or compared with another."""


@dataclass(frozen=True, slots=True)
class Url:
    """A parsed URL. `host` is in lower case, `port` is the default one if none is given, `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str
    fragment: str

    @property
    def authority(self) -> str:
        """`host`, or `host:port` if it is not the default port: the form of the Host header (RFC 9110 section 7.2)."""
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
    # "https://host?query" lacks the slash that a client sends (RFC 9110 section 4.2.3)
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
    """Return an IRI as a URL (RFC 3987 section 3.1): the host by IDNA, the rest in percent-encoded UTF-8.

    Raises BadUrl for a host that IDNA cannot encode. Whether the result is a valid URL is not checked.
    """
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
        raise BadUrl("the host is not a name") from None
    if any(sign in host for sign in "/?#@"):
        # IDNA makes these of other characters, such as U+2100: the host would end earlier than it seems (CVE-2019-9636)
        raise BadUrl("the host is not a name")
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
    """Return `Url.authority` of a URL, which is what "the same host" compares. Raises BadUrl."""
    return parse_url(text).authority


def is_url(text: object) -> bool:
    """Return whether `parse_url` accepts the text."""
    try:
        parse_url(text)
    except BadUrl:
        return False
    return True


def same_authority(one: object, other: object) -> bool:
    """Return whether both are URLs with the same host and port. The scheme, which has no owner, may differ."""
    try:
        return authority(one) == authority(other)
    except BadUrl:
        return False


def without_fragment(text: str) -> str:
    """Return a URL without its fragment, which is not sent to a server."""
    return text.partition("#")[0]
