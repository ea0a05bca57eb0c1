"""Endpoints as Starlette routes. Permissions, limits, methods and cross-origin rules are applied here for all faces.

The handler decides what a call does, and the face's shapes and responder the form of the answer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from fedistream.api.http.compression import compress, is_long
from fedistream.api.http.origins import SAFE, refuse_other_sites
from fedistream.api.http.permissions import ANONYMOUS, REQUIREMENTS, Kind, Permission, Principal, Requirement
from fedistream.api.http.request import ApiRequest, TooLarge, TooSlow, Unidentified
from fedistream.channels.values import HOME, Channel, ChannelProblem
from fedistream.core.errors import NotFound, Outage, Refusal, Unavailable

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024  # bytes; the longest text of a setting is well below
BODY_TIME_S = 30.0
ANSWER_TIME_S = (
    30.0  # for an authenticator and for a handler; requests to other servers have shorter limits of their own
)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
PREFLIGHT_AGE_S = 86400  # browsers cap it themselves (Chromium: two hours)

EVERY_ORIGIN = (b"access-control-allow-origin", b"*")
JSON = "application/json"

CHANNEL_PREFIX = "/c/{slug}"
SLUG = "slug"  # the part of a path that names a channel

R = TypeVar("R")
S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)

FindChannel = Callable[[str], Channel | None]
"""Return the channel with a slug."""


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[S_contra]):
    """One call of a face whose services are S: `auth` is what it needs, `spec` the document or release it comes from.

    `changes` says that the call changes something; by default every method but GET does. A GET that changes something
    is guarded like a POST and has no HEAD.
    """

    method: str
    path: str
    handler: Callable[[ApiRequest, S_contra], Awaitable[Response]]
    auth: Permission
    spec: str = ""
    body_limit: int = BODY_LIMIT
    changes: bool | None = None

    @property
    def writes(self) -> bool:
        return self.method not in SAFE if self.changes is None else self.changes


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Recognises principals of one kind. `check` returns the principal, or raises Unidentified, NotAllowed or TooMany.

    `ambient` is True where a browser adds the credentials by itself (Basic, cookies): other sites may then neither
    read the answers nor write. Where it is False any web page may ask, as it can bring nothing but what it knows.
    """

    check: Callable[[ApiRequest], Awaitable[Principal]]
    ambient: bool


class ErrorResponder(Protocol):
    """A face's error responses: each error becomes the response that the face's clients understand."""

    def refusal(self, request: ApiRequest, error: Refusal) -> Response: ...
    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response: ...
    def fault(self, request: ApiRequest) -> Response: ...


class WrongTable(Exception):
    """An endpoint that conflicts with another, or that no principal can use; the node must not start with it."""


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as a JSON response."""
    return _JsonResponse(orjson.dumps(value), status, headers, media_type=JSON)


class _JsonResponse(Response):
    """A response whose fields are encoded once, not for every request."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        fields = () if headers is None else _encoded(tuple(headers.items()))
        if fields is None:
            super().init_headers(headers)
        else:
            self.raw_headers = [*fields, (b"content-length", b"%d" % len(self.body)), _JSON_FIELD]


_JSON_FIELD = (b"content-type", JSON.encode())


@lru_cache(64)
def _encoded(fields: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...] | None:
    """Return the fields as they are sent, or None when they say themselves what the body is."""
    found = tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields)
    return None if any(name.startswith(b"content-") for name, _ in found) else found


async def _anyone(request: ApiRequest) -> Principal:
    return ANONYMOUS


ANYONE = Authenticator(_anyone, ambient=False)


@dataclass(frozen=True, slots=True)
class Access:
    """The means by which the router finds the principal and the channel of a request."""

    authenticators: Mapping[Kind, Authenticator]
    find_channel: FindChannel


def in_every_channel(*endpoints: Endpoint[S_contra]) -> tuple[Endpoint[S_contra], ...]:
    """Return the endpoints of the home channel, and the same of all channels, below CHANNEL_PREFIX."""
    return (*endpoints, *(replace(each, path=f"{CHANNEL_PREFIX}{each.path}") for each in endpoints))


def routes(
    endpoints: Iterable[Endpoint[S]],
    services: S,
    access: Access,
    responder: ErrorResponder,
    *,
    body_time_s: float = BODY_TIME_S,
    answer_time_s: float = ANSWER_TIME_S,
) -> list[Route]:
    """Return one Starlette route per path, in the order in which the paths first appear.

    Raises WrongTable for an unknown method, for a call that is listed twice, and where no authenticator recognises
    the principals that have its permission.
    """
    by_path: dict[str, dict[str, _Call]] = {}
    for endpoint in endpoints:
        calls = by_path.setdefault(endpoint.path, {})
        if endpoint.method in calls:
            raise WrongTable(f"{endpoint.method} {endpoint.path} is listed twice")
        calls[endpoint.method] = _call(endpoint, services, access.authenticators)
    times = _Times(body_time_s, answer_time_s)
    # one route per path: with one per method Starlette's 405 names only the methods of the last one in `Allow`
    return [
        Route(path, _PathApp(calls, access.find_channel, responder, times), name=path)
        for path, calls in by_path.items()
    ]


@dataclass(frozen=True, slots=True)
class _Times:
    body_s: float
    answer_s: float


@dataclass(frozen=True, slots=True)
class _Call:
    endpoint: Endpoint[Any]
    requirement: Requirement
    authenticator: Authenticator
    run: Callable[[ApiRequest], Awaitable[Response]]
    writes: bool
    guarded: bool  # changes something, with credentials that a browser adds by itself
    anonymous: bool  # nothing is looked at

    @property
    def open(self) -> bool:
        return self.endpoint.auth is Permission.ANYONE

    @property
    def public(self) -> bool:
        """Return whether everybody gets the same answer."""
        return self.open and not self.writes

    async def authenticate(self, request: ApiRequest) -> Principal:
        """Raises Unidentified, NotAllowed and TooMany."""
        principal = await self.authenticator.check(request)
        if not self.requirement.allows(principal):
            raise Unidentified
        return principal


def _call(endpoint: Endpoint[S], services: S, authenticators: Mapping[Kind, Authenticator]) -> _Call:
    name, handler = f"{endpoint.method} {endpoint.path}", endpoint.handler
    if endpoint.method not in METHODS:
        raise WrongTable(f"{name}: no such method")
    requirement = REQUIREMENTS[endpoint.auth]
    if requirement.kind not in authenticators:
        raise WrongTable(f"{name}: no authenticator recognises {requirement.kind.value}")

    def run(request: ApiRequest) -> Awaitable[Response]:
        return handler(request, services)

    authenticator = authenticators[requirement.kind]
    return _Call(
        endpoint,
        requirement,
        authenticator,
        run,
        writes=endpoint.writes,
        guarded=endpoint.writes and authenticator.ambient,
        anonymous=endpoint.auth is Permission.ANYONE and authenticator is ANYONE,
    )


class _PathApp:
    """All calls of one path, as an ASGI application."""

    def __init__(
        self, calls: Mapping[str, _Call], find_channel: FindChannel, responder: ErrorResponder, times: _Times
    ) -> None:
        self._calls = dict(calls)
        self._find_channel, self._responder, self._times = find_channel, responder, times
        get = calls.get("GET")
        if get is not None and not get.endpoint.writes:
            self._calls["HEAD"] = get
        self._allowed = (*self._calls, "OPTIONS")
        self._shared = tuple(name for name, call in self._calls.items() if not call.authenticator.ambient)
        self._for_every_origin = frozenset((*self._shared, "OPTIONS") if self._shared else ())
        self._public = frozenset(name for name, call in self._calls.items() if call.public)
        # a request with a wrong method needs a permission too; one open call makes the path open
        self._least = min(calls.values(), key=lambda call: not call.open)

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
        for cookie in request.set_cookies:
            response.headers.append("Set-Cookie", cookie)
        method = scope["method"]
        if method in self._public and is_long(response):
            compress(response, request.http.headers.get("accept-encoding", ""))
        if method in self._for_every_origin:
            response.raw_headers.append(EVERY_ORIGIN)
        if method == "HEAD":
            response.body = b""  # Content-Length was set when the response was made, and stays
        await response(scope, receive, send)

    async def _answer(self, request: ApiRequest) -> Response:
        method = request.method
        if method == "OPTIONS":
            return self._options()
        call = self._calls.get(method)
        try:
            if call is None:
                await self._in_time(self._least.authenticate(request))
                return self._responder.wrong_method(request, self._allowed)
            if call.guarded:
                refuse_other_sites(request)
            request.writes = call.writes
            request.channel_asked = self._channel(request)
            if not call.anonymous:
                request.principal = await self._in_time(call.authenticate(request))
            if method not in SAFE:
                request.body = await _body(request.http, call.endpoint.body_limit, self._times.body_s)
            return await self._in_time(call.run(request))
        except Refusal as refusal:
            return self._responder.refusal(request, refusal)
        except ClientDisconnect:
            raise
        except Outage as outage:
            log.warning("%s %s could not be answered: %s", request.method, request.path, outage)
            return self._responder.refusal(request, Unavailable())
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return self._responder.fault(request)

    def _channel(self, request: ApiRequest) -> Channel:
        """Raises NotFound."""
        found = self._find_channel(request.parts.get(SLUG, HOME))
        if found is None:
            raise NotFound(ChannelProblem.NO_CHANNEL)
        return found

    async def _in_time(self, work: Awaitable[R]) -> R:
        """Run within the time limit. Raises Outage when it takes too long; a running write may still be completed.

        Most handlers wait for nothing. A timer costs more than what they do, so it is set at the first wait.
        """
        steps = work.__await__()
        try:
            first = next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        try:
            async with asyncio.timeout(self._times.answer_s) as limit:
                return await _Rest(first, steps)
        except TimeoutError as error:
            if limit.expired():
                raise Outage(f"no answer within {self._times.answer_s:g} s") from error
            raise

    def _options(self) -> Response:
        """Answer a preflight. It carries no credentials (Fetch standard, 4.8), so it needs no permission."""
        headers = {"Allow": ", ".join(self._allowed)}
        if self._shared:
            headers["Access-Control-Allow-Methods"] = ", ".join(self._shared)
            headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            headers["Access-Control-Max-Age"] = str(PREFLIGHT_AGE_S)
        return Response(status_code=204, headers=headers)


class _Rest(Awaitable[R]):
    """The rest of an awaitable that has begun to wait. `first` is what it waits for."""

    def __init__(self, first: Any, steps: Generator[Any, Any, R]) -> None:
        self._first, self._steps = first, steps

    def __await__(self) -> Generator[Any, Any, R]:
        waits_for, steps = self._first, self._steps
        try:
            while True:
                try:
                    sent = yield waits_for
                except GeneratorExit:
                    steps.close()
                    raise
                except BaseException as error:
                    waits_for = steps.throw(error)
                else:
                    waits_for = steps.send(sent)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


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
        raise TooSlow(time_s) from error
    return b"".join(chunks)
