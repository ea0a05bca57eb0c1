"""Tables of entries to Starlette routes: gates, limits, methods and cross-origin rules are kept here, once.

What a call does is its handler's, how an answer looks is the face's (handlers, shapes, envelope).
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from fedistream.api.http.compression import compress
from fedistream.api.http.request import ApiRequest, OtherSite, TooLarge, TooSlow
from fedistream.core.errors import Outage, Refusal, Unavailable

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024  # bytes; the longest text anybody writes into a setting is well below
BODY_TIME_S = 30.0
ANSWER_TIME_S = 30.0  # for a gate and for a handler; those who ask other servers have limits of their own below
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 section 9.2.1
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
PREFLIGHT_AGE_S = 86400  # browsers cap it themselves (Chromium: two hours)

Handler = Callable[..., Awaitable[Response]]
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call: `auth` names an authenticator, `spec` the document or release it comes from.

    `changes` says that the call changes something; by default every method but GET does. A GET that changes something
    is guarded like a POST and has no HEAD.
    """

    method: str
    path: str
    handler: Handler
    auth: str
    spec: str = ""
    body_limit: int = BODY_LIMIT
    changes: bool | None = None

    @property
    def writes(self) -> bool:
        return self.method not in SAFE if self.changes is None else self.changes


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Who may pass. `check` returns the principal, or raises Unidentified, NotAllowed or TooMany.

    `ambient` is True where a browser adds the credentials by itself (Basic, cookies): other sites may then neither
    read the answers nor write. Where it is False any web page may ask, as it can bring nothing but what it knows.
    """

    check: Callable[[ApiRequest], Awaitable[object]]
    ambient: bool


class ErrorResponder(Protocol):
    """How a face says no: from an error to the response its clients understand."""

    def refusal(self, request: ApiRequest, error: Refusal) -> Response: ...
    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response: ...
    def fault(self, request: ApiRequest) -> Response: ...


class WrongTable(Exception):
    """An entry, a gate or a service does not fit the others; the node must not start with it."""


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`value` as a JSON response."""
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


async def _anyone(request: ApiRequest) -> None:
    return None


ANYONE = Authenticator(_anyone, ambient=False)


def routes(
    entries: Iterable[Endpoint],
    services: Mapping[str, object],
    authenticators: Mapping[str, Authenticator],
    envelope: ErrorResponder,
    *,
    body_time_s: float = BODY_TIME_S,
    answer_time_s: float = ANSWER_TIME_S,
) -> list[Route]:
    """One Starlette route per path, in the order in which the paths first appear.

    A handler gets the Ask and then services by the names of its parameters. Raises WrongTable for an unknown gate,
    service or method, and for a call that is listed twice.
    """
    by_path: dict[str, dict[str, _Call]] = {}
    for entry in entries:
        calls = by_path.setdefault(entry.path, {})
        if entry.method in calls:
            raise WrongTable(f"{entry.method} {entry.path} is listed twice")
        calls[entry.method] = _call(entry, services, authenticators)
    # one route per path: with one per method Starlette's 405 names only the methods of the last one in `Allow`
    return [
        Route(path, _PathApp(calls, envelope, body_time_s, answer_time_s), name=path) for path, calls in by_path.items()
    ]


@dataclass(frozen=True, slots=True)
class _Call:
    entry: Endpoint
    gate: Authenticator
    run: Callable[[ApiRequest], Awaitable[Response]]

    @property
    def public(self) -> bool:
        """Return whether anybody reads here what everybody else reads."""
        return self.gate is ANYONE and not self.entry.writes


def _call(entry: Endpoint, services: Mapping[str, object], authenticators: Mapping[str, Authenticator]) -> _Call:
    name = f"{entry.method} {entry.path}"
    if entry.method not in METHODS:
        raise WrongTable(f"{name}: no such method")
    if entry.auth not in authenticators:
        raise WrongTable(f"{name}: no authenticator is called {entry.auth!r}")
    first, *wanted = inspect.signature(entry.handler).parameters
    if first != "request":
        raise WrongTable(f"{name}: the first parameter of its handler must be called 'request'")
    missing = [service for service in wanted if service not in services]
    if missing:
        raise WrongTable(f"{name}: no service is called {', '.join(missing)}")
    bound = {service: services[service] for service in wanted}
    handler = entry.handler

    def run(request: ApiRequest) -> Awaitable[Response]:
        return handler(request, **bound)

    return _Call(entry, authenticators[entry.auth], run)


class _PathApp:
    """All calls of one path, as an ASGI application."""

    def __init__(
        self, calls: Mapping[str, _Call], envelope: ErrorResponder, body_time_s: float, answer_time_s: float
    ) -> None:
        self._calls = dict(calls)
        self._envelope = envelope
        self._body_time_s, self._answer_time_s = body_time_s, answer_time_s
        get = calls.get("GET")
        if get is not None and not get.entry.writes:
            self._calls["HEAD"] = get
        self._allowed = (*self._calls, "OPTIONS")
        self._shared = tuple(name for name, call in self._calls.items() if not call.gate.ambient)
        # who uses a wrong method passes a gate too; an open call of the same path makes the path open
        self._gate = min((call.gate for call in calls.values()), key=lambda gate: gate is not ANYONE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = ApiRequest(Request(scope, receive))
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        for name, value in request.headers.items():
            if name == "Vary":
                response.headers.add_vary_header(value)
            else:
                response.headers[name] = value
        call = self._calls.get(request.method)
        if call is not None and call.public:
            compress(response, request.http.headers.get("accept-encoding", ""))
        if request.method in self._shared or (self._shared and request.method == "OPTIONS"):
            response.headers["Access-Control-Allow-Origin"] = "*"
        if request.method == "HEAD":
            response.body = b""  # Content-Length was set when the response was made, and stays
        await response(scope, receive, send)

    async def _answer(self, request: ApiRequest) -> Response:
        if request.method == "OPTIONS":
            return self._options()
        call = self._calls.get(request.method)
        try:
            if call is None:
                await self._in_time(self._gate.check(request))
                return self._envelope.wrong_method(request, self._allowed)
            if call.gate.ambient and call.entry.writes:
                refuse_other_sites(request)
            request.principal = await self._in_time(call.gate.check(request))
            if request.method not in SAFE:
                request.body = await _body(request.http, call.entry.body_limit, self._body_time_s)
            return await self._in_time(call.run(request))
        except Refusal as refusal:
            return self._envelope.refusal(request, refusal)
        except ClientDisconnect:
            raise
        except Outage as outage:
            log.warning("%s %s could not be answered: %s", request.method, request.path, outage)
            return self._envelope.refusal(request, Unavailable())
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return self._envelope.fault(request)

    async def _in_time(self, work: Awaitable[R]) -> R:
        """Raises Outage when it takes too long. What is being written may still be written."""
        try:
            async with asyncio.timeout(self._answer_time_s) as limit:
                return await work
        except TimeoutError as error:
            if limit.expired():
                raise Outage(f"no answer within {self._answer_time_s:g} s") from error
            raise

    def _options(self) -> Response:
        """A preflight carries no credentials (Fetch standard, 4.8), so it is answered to anyone."""
        headers = {"Allow": ", ".join(self._allowed)}
        if self._shared:
            headers["Access-Control-Allow-Methods"] = ", ".join(self._shared)
            headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            headers["Access-Control-Max-Age"] = str(PREFLIGHT_AGE_S)
        return Response(status_code=204, headers=headers)


def refuse_other_sites(request: ApiRequest) -> None:
    """Raise OtherSite when a page of another site made the browser ask.

    Browsers say where a request comes from in Sec-Fetch-Site; older ones, and all of them on plain HTTP away from
    localhost, in Origin alone. Programs send neither and pass. Only the host of Origin is compared: behind a proxy that
    ends TLS the scheme seen here may be http.
    """
    headers = request.http.headers
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise OtherSite
        return
    origin = headers.get("origin")
    if origin is not None and _host(origin) != headers.get("host", "").lower():
        raise OtherSite


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # for example an IPv6 address without its closing bracket
        return None


async def _body(request: Request, limit: int, time_s: float) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise TooLarge(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(time_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise TooLarge(limit)
                chunks.append(chunk)
    except TimeoutError as error:
        raise TooSlow(f"the body did not arrive within {time_s:.0f} seconds") from error
    return b"".join(chunks)
