"""From somebody's website to the server that speaks for it (IndieAuth, sections 3 and 4).

Every address in here is a stranger's: what is connected to is for the `Transport` that is handed in to judge.
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

log = logging.getLogger(__name__)

FIELD = "authHost"
TIME_S = 15.0  # for all of it together
REDIRECTS = RedirectLimits(count=5, total_s=TIME_S)
METADATA, ENDPOINT = "indieauth-metadata", "authorization_endpoint"
MAX_PROFILE = 500  # characters, as an identity may have


@dataclass(frozen=True, slots=True)
class Server:
    """Who says who somebody is. `issuer` is the name it has, "" for older ones that have none; `says_issuer`: it puts
    the name into every answer (RFC 9207)."""

    endpoint: str
    issuer: str = ""
    says_issuer: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """`urls` are the website as it was typed and where it has moved for good; the last is the one it has now."""

    urls: tuple[str, ...]
    server: Server


def canonical(text: str) -> str:
    """A profile URL in the one spelling that is compared and kept (sections 3.2 and 3.4); "example.com" is enough.
    Raises Invalid. Ports pass, as whether one is connected to is decided where all connections are."""
    typed = text.strip()
    if "://" not in typed:
        typed = f"https://{typed}"
    try:
        url = parse_url(from_iri(typed))
    except BadUrl:
        raise Invalid(FIELD, "must be the address of your website, like https://example.com/") from None
    if url.fragment or "#" in typed:
        raise Invalid(FIELD, "must have no part after a #")
    segments = url.target.partition("?")[0].split("/")
    if "." in segments or ".." in segments:
        raise Invalid(FIELD, "must have no . or .. in its path")
    if len(str(url)) > MAX_PROFILE:
        raise Invalid(FIELD, f"must have at most {MAX_PROFILE} characters")
    return str(url)


async def discover(web: Transport, profile: str) -> Profile:
    """Look at a website for the server it names. `profile` is canonical. Raises Invalid with words for whose it is."""
    try:
        async with asyncio.timeout(TIME_S):
            return await _discover(web, profile)
    except TooManyRedirects:
        raise Invalid(FIELD, "redirects too often") from None
    except (Blocked, BadUrl, RedirectRefused, Unreachable, TimeoutError) as error:
        log.info("the website %s gave no answer: %s %s", profile, type(error).__name__, error)
        # one answer for all of these: which names of our network exist, and what listens there, is nobody's business
        raise Invalid(FIELD, "did not answer, or is not connected to from here: it must be https, and public") from None
    except ResponseTooLarge:
        raise Invalid(FIELD, "has too large a page") from None


async def _discover(web: Transport, profile: str) -> Profile:
    followed = await get(web, profile, [("Accept", "text/html, */*;q=0.5")], limits=REDIRECTS)
    # a website has moved for good only as far as every redirect on the way is a permanent one
    moved = takewhile(lambda hop: hop.status in PERMANENT, followed.hops)
    urls = (profile, *(canonical(hop.url) for hop in moved))
    if followed.response.status != 200:
        raise Invalid(FIELD, f"answered {followed.response.status}")
    return Profile(urls, await _server(web, followed.url, followed.response))


async def _server(web: Transport, at: str, answer: Response) -> Server:
    # beside the loop: a page may have a megabyte
    named = await asyncio.to_thread(_named, at, answer)
    if METADATA in named:
        return await _metadata(web, named[METADATA])
    if ENDPOINT in named:
        return Server(_endpoint(named[ENDPOINT]))
    raise Invalid(FIELD, "names no IndieAuth server on its page")


def _named(at: str, answer: Response) -> Mapping[str, str]:
    """The addresses of what is looked for, by relation; the first of each. Raises BadUrl."""
    wanted = (METADATA, ENDPOINT)
    return {link.rel: resolve(at, link.href) for link in reversed([*_links(answer)]) if link.rel in wanted}


def _links(answer: Response) -> Iterable[links.Link]:
    """Headers come first (section 4.1)."""
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
        raise Invalid(FIELD, "names an IndieAuth server that does not say how to reach it")
    says = told.get("authorization_response_iss_parameter_supported") is True
    return Server(_endpoint(resolve(url, endpoint)), issuer, says and bool(issuer))


def _endpoint(url: str) -> str:
    """Where a browser will be sent to: nothing but a web address. Raises BadUrl."""
    return str(parse_url(url)).partition("#")[0]
