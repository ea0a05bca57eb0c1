"""Discovers the IndieAuth server of a website (IndieAuth, sections 3 and 4).

All URLs come from strangers; the `Transport` that is passed in decides which may be connected to.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile

from activitypub.network.guard import Blocked
from activitypub.network.redirects import PERMANENT, RedirectLimits, RedirectRefused, TooManyRedirects, get
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.refusal import Refused
from activitypub.signatures.request import outgoing_request
from activitypub.strictjson import parse
from activitypub.urls import BadUrl, from_iri, parse_url, resolve
from fedistream.core.errors import Invalid
from fedistream.signin import links
from fedistream.signin.values import SignInProblem

log = logging.getLogger(__name__)

FIELD = "authHost"
TIME_S = 15.0  # seconds for the whole discovery
REDIRECTS = RedirectLimits(count=5, total_s=TIME_S)
METADATA, ENDPOINT = "indieauth-metadata", "authorization_endpoint"
MAX_PROFILE = 500  # characters; the limit of an identity


@dataclass(frozen=True, slots=True)
class Server:
    """The server that authenticates the owner of a website. `issuer` is its identifier, "" for servers without
    metadata.

    With `says_issuer` it must be part of every response (RFC 9207).
    """

    endpoint: str
    issuer: str = ""
    says_issuer: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """`urls` are the website's URL as typed and those it has permanently moved to; the last is the present one."""

    urls: tuple[str, ...]
    server: Server


def canonical(text: str) -> str:
    """Return a profile URL in the canonical form in which it is compared and stored (sections 3.2 and 3.4).

    "example.com" without a scheme is accepted. Raises Invalid. Ports are allowed here, because the Transport decides
    about connections.
    """
    typed = text.strip()
    if "://" not in typed:
        typed = f"https://{typed}"
    try:
        url = parse_url(from_iri(typed))
    except BadUrl:
        raise Invalid(FIELD, SignInProblem.WEBSITE) from None
    if url.fragment or "#" in typed:
        raise Invalid(FIELD, SignInProblem.FRAGMENT)
    segments = url.target.partition("?")[0].split("/")
    if "." in segments or ".." in segments:
        raise Invalid(FIELD, SignInProblem.DOT_SEGMENTS)
    if len(str(url)) > MAX_PROFILE:
        raise Invalid(FIELD, SignInProblem.WEBSITE_TOO_LONG, most=MAX_PROFILE)
    return str(url)


async def discover(web: Transport, profile: str) -> Profile:
    """Return the IndieAuth server that a website names. `profile` is canonical. Raises Invalid with a text for the
    website's owner."""
    try:
        async with asyncio.timeout(TIME_S):
            return await _discover(web, profile)
    except TooManyRedirects:
        raise Invalid(FIELD, SignInProblem.REDIRECTS) from None
    except (Blocked, BadUrl, RedirectRefused, Unreachable, TimeoutError) as error:
        log.info("the website %s did not answer: %s %s", profile, type(error).__name__, error)
        # one answer for all of these, which must not reveal names and services of the local network
        raise Invalid(FIELD, SignInProblem.NO_ANSWER) from None
    except ResponseTooLarge:
        raise Invalid(FIELD, SignInProblem.PAGE_TOO_LARGE) from None


async def _discover(web: Transport, profile: str) -> Profile:
    followed = await get(web, profile, [("Accept", "text/html, */*;q=0.5")], limits=REDIRECTS)
    # a website has moved only as far as all redirects on the way are permanent
    moved = takewhile(lambda hop: hop.status in PERMANENT, followed.hops)
    urls = (profile, *(canonical(hop.url) for hop in moved))
    if followed.response.status != 200:
        raise Invalid(FIELD, SignInProblem.PAGE_STATUS, status=followed.response.status)
    return Profile(urls, await _server(web, followed.url, followed.response))


async def _server(web: Transport, at: str, answer: Response) -> Server:
    # in a thread: a page may have 1 MiB
    named = await asyncio.to_thread(_named, at, answer)
    if METADATA in named:
        return await _metadata(web, named[METADATA])
    if ENDPOINT in named:
        return Server(_endpoint(named[ENDPOINT]))
    raise Invalid(FIELD, SignInProblem.NO_INDIEAUTH)


def _named(at: str, answer: Response) -> Mapping[str, str]:
    """Return the URL for each relation that is looked for; the first link counts. Raises BadUrl."""
    wanted = (METADATA, ENDPOINT)
    return {link.rel: resolve(at, link.href) for link in reversed([*_links(answer)]) if link.rel in wanted}


def _links(answer: Response) -> Iterable[links.Link]:
    """Yield the page's links, those in headers first (section 4.1)."""
    yield from links.of_header(answer.headers.get("link", ""))
    if "html" in answer.media_type:
        yield from links.of_html(answer.body.decode("utf-8", "replace"))


async def _metadata(web: Transport, url: str) -> Server:
    answer = await web.send(outgoing_request("GET", url, [("Accept", "application/json")]))
    try:
        told = parse(answer.body) if answer.status == 200 else {}
    except Refused:
        told = {}
    endpoint, issuer = told.get(ENDPOINT), told.get("issuer", "")
    if not isinstance(endpoint, str) or not isinstance(issuer, str):
        raise Invalid(FIELD, SignInProblem.NO_ENDPOINT)
    says = told.get("authorization_response_iss_parameter_supported") is True
    return Server(_endpoint(resolve(url, endpoint)), issuer, says and bool(issuer))


def _endpoint(url: str) -> str:
    """Return the URL to which a browser will be sent, which must be http or https, without fragment. Raises BadUrl."""
    return str(parse_url(url)).partition("#")[0]
