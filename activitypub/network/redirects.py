"""Redirects (RFC 9110 section 15.4), followed in this one place: limited in number and time, never from https to http.

Each hop is a request of its own through the `Transport`, so the guard checks each address and a signature is made for
each URL. The size of a response is limited by the transport.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from activitypub.network.transport import Response, Transport, Unreachable
from activitypub.signatures.request import outgoing_request
from activitypub.urls import BadUrl, parse_url, resolve

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEP_METHOD = frozenset({307, 308})  # the others turn a POST into a GET (RFC 9110 sections 15.4.2 to 15.4.4)
PERMANENT = frozenset({301, 308})


class RedirectRefused(Exception):
    """A redirect that is not followed: it names no http(s) URL, or it leads from https to http."""


class TooManyRedirects(RedirectRefused):
    """More redirects than `RedirectLimits.count`."""


@dataclass(frozen=True, slots=True)
class RedirectLimits:
    """Limits: `count` redirects, and `total_s` seconds for all requests together."""

    count: int = 2
    total_s: float = 30.0


LIMITS = RedirectLimits()


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect: its `status`, and the absolute `url` that it led to."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Followed:
    """The first response that is no redirect, the `url` that gave it, and the redirects that led there, in order."""

    response: Response
    url: str
    hops: tuple[Hop, ...] = ()


async def follow(
    url: str,
    send: Callable[[str], Awaitable[Response]],
    *,
    statuses: frozenset[int] = REDIRECTS,
    limits: RedirectLimits = LIMITS,
) -> Followed:
    """Call `send` with `url`, then with the URL of each redirect, until a response has none of `statuses`.

    A redirect with another status is returned like any response: pass KEEP_METHOD for a POST. Raises RedirectRefused,
    TooManyRedirects, Unreachable after `limits.total_s` seconds, and whatever `send` raises.
    """
    hops: list[Hop] = []
    try:
        async with asyncio.timeout(limits.total_s) as timeout:
            response = await send(url)
            while response.status in statuses:
                if len(hops) == limits.count:
                    raise TooManyRedirects(f"more than {limits.count} redirects")
                url = _target(url, response)
                hops.append(Hop(response.status, url))
                response = await send(url)
    except TimeoutError:
        if not timeout.expired():
            raise
        raise Unreachable(f"no response within {limits.total_s:.0f} s") from None
    return Followed(response, url, tuple(hops))


async def get(
    transport: Transport,
    url: str,
    headers: Iterable[tuple[str, str]] = (),
    *,
    max_body: int | None = None,
    limits: RedirectLimits = LIMITS,
) -> Followed:
    """Send an unsigned GET and follow its redirects. Raises what `follow` and `Transport.send` raise, and BadUrl."""
    listed = tuple(headers)

    async def send(at: str) -> Response:
        return await transport.send(outgoing_request("GET", at, listed), max_body=max_body)

    return await follow(url, send, limits=limits)


def _target(url: str, response: Response) -> str:
    """Return the URL that a redirect leads to. Raises RedirectRefused."""
    location = response.headers.get("location", "")
    if not location:
        raise RedirectRefused("a redirect without a Location")
    try:
        target = resolve(url, location)
        leads_to = parse_url(target)
    except BadUrl as error:
        raise RedirectRefused(f"a redirect to no URL: {error}") from None
    if leads_to.scheme == "http" and parse_url(url).scheme == "https":
        raise RedirectRefused("a redirect from https to http")
    return target
