"""One request as a handler sees it: parsed, within limits, with its principal and its channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import orjson
from starlette.requests import Request

from fedistream.api.http.permissions import ANONYMOUS, Principal
from fedistream.api.http.problems import RequestProblem
from fedistream.channels.values import Channel
from fedistream.core.client_network import client_network
from fedistream.core.errors import Invalid, NotAllowed, Problem, Refusal, ValueProblem

MAX_JSON_DEPTH = 32  # the deepest body of any API spoken here has 6 levels
MAX_COOKIES = 16 * 1024  # characters that are searched; other programs on the same host name set cookies too
MAX_USER_AGENT = 512  # characters; browsers send about 150
UNKNOWN_ADDRESS = "unknown"  # a server on a UNIX socket without proxy headers has no peer address

T = TypeVar("T")


class TooLarge(Refusal):
    """The body is longer than the endpoint takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(RequestProblem.BODY_TOO_LARGE, limit=limit)
        self.limit = limit


class TooSlow(Refusal):
    """The body did not arrive in time."""

    def __init__(self, within_s: float) -> None:
        super().__init__(RequestProblem.BODY_TOO_SLOW, within_s=within_s)


class OtherSite(NotAllowed):
    """A page of another site made the browser ask for a change."""

    def __init__(self) -> None:
        super().__init__(RequestProblem.OTHER_SITE)


class Unidentified(Refusal):
    """The request has no credentials, or wrong ones. `challenge` is the WWW-Authenticate value, if any."""

    def __init__(self, challenge: str = "") -> None:
        super().__init__(RequestProblem.UNAUTHORIZED)
        self.challenge = challenge


@dataclass(slots=True)
class ApiRequest:
    """A request and its principal. `headers` are added to the response, also when it is an error.

    `channel_asked` and `writes` (the call changes something) are set by the router before a handler runs. `session` is
    the id of the admin's session. `set_cookies` are values of Set-Cookie headers.
    """

    http: Request
    principal: Principal = ANONYMOUS
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    channel_asked: Channel | None = None
    writes: bool = False
    session: int | None = None
    set_cookies: list[str] = field(default_factory=list)

    @property
    def channel(self) -> Channel:
        """The channel that the path is about: that of its slug, else the home channel."""
        assert self.channel_asked is not None
        return self.channel_asked

    @property
    def method(self) -> str:
        return self.http.method

    @property
    def path(self) -> str:
        return self.http.url.path

    @property
    def query(self) -> Mapping[str, str]:
        return self.http.query_params

    @property
    def parts(self) -> Mapping[str, str]:
        """The named parts of the path, for example `slug` of `/c/{slug}`."""
        return self.http.path_params

    @property
    def address(self) -> str:
        """The client's IP address as the server gives it; the server's flags say which proxies are trusted."""
        return self.http.client.host if self.http.client else UNKNOWN_ADDRESS

    @property
    def client_network(self) -> str:
        """The network that limits count as one client."""
        return client_network(self.address)

    @property
    def user_agent(self) -> str:
        return self.http.headers.get("user-agent", "")[:MAX_USER_AGENT]

    def cookie(self, name: str) -> str:
        """Return the cookie of this name, "" without one. The caller has to verify its value."""
        # by hand: the standard library's parser takes quadratic time for some headers before Python 3.11.10
        given = self.http.headers.get("cookie", "")[:MAX_COOKIES]
        items = (item.strip().partition("=") for item in given.split(";"))
        return next((value for known, _, value in items if known == name), "")

    def json(self) -> object:
        """Return the body as JSON. Raises Invalid when it is not JSON, or is nested deeper than MAX_JSON_DEPTH."""
        try:
            value: object = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Invalid("body", RequestProblem.NOT_JSON) from error
        if _deeper(value, MAX_JSON_DEPTH):
            raise Invalid("body", RequestProblem.TOO_DEEP, levels=MAX_JSON_DEPTH)
        return value

    def member(self, name: str, kind: type[T]) -> T:
        """Return a member of the JSON object in the body. Raises Invalid when it is missing or not a `kind`."""
        value = self.json()
        if not isinstance(value, dict):
            raise Invalid("body", RequestProblem.NOT_OBJECT)
        if name not in value:
            raise Invalid(name, ValueProblem.MISSING)
        member = value[name]
        # True is an int in Python, but not in JSON
        if not isinstance(member, kind) or (isinstance(member, bool) and kind is not bool and kind is not object):
            raise Invalid(name, TYPES[kind])
        return member


TYPES: Mapping[type, Problem] = {
    str: RequestProblem.STRING,
    bool: RequestProblem.BOOLEAN,
    int: ValueProblem.NOT_WHOLE,
    list: RequestProblem.LIST,
    dict: RequestProblem.MEMBER_OBJECT,
}


def _deeper(value: object, left: int) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_deeper(item, left - 1) for item in value.values())
    if isinstance(value, list):
        return left == 0 or any(_deeper(item, left - 1) for item in value)
    return False
