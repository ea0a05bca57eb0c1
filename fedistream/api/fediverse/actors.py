"""Actors, their collections, and posts: the document to servers, the page to people."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.responses import RedirectResponse, Response

from activitypub.webfinger import ACTIVITY_JSON
from fedistream.api.fediverse.discovery import typed
from fedistream.api.fediverse.negotiation import wants_document
from fedistream.api.fediverse.signed import admit
from fedistream.api.http import conditional
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import post as post_page
from fedistream.api.pages.context import PageContext
from fedistream.core.errors import Gone, NotFound
from fedistream.federation.actors.documents import Documents
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.posts.quotes import Quotes
from fedistream.federation.urls import HOME, ActorUrls, Channel

PartOf = Callable[[Documents, str, int | None], Awaitable[dict[str, Any]]]
Paged = Callable[[Documents, Channel, int | None], Awaitable[dict[str, Any]]]


async def actor(ask: ApiRequest, addresses: ActorUrls, documents: Documents, admission: AuthorizedFetch) -> Response:
    channel = _channel(ask, addresses)
    if not wants_document(ask.request.headers):
        return _page(addresses, channel)
    await admit(ask, addresses, admission)
    return document(ask, await documents.actor(channel), admission)


async def node(ask: ApiRequest, documents: Documents) -> Response:
    return document(ask, await documents.node())


async def node_outbox(ask: ApiRequest, documents: Documents) -> Response:
    return document(ask, documents.node_outbox())


async def collection(
    which: Paged, ask: ApiRequest, addresses: ActorUrls, documents: Documents, admission: AuthorizedFetch
) -> Response:
    channel = _channel(ask, addresses)
    await admit(ask, addresses, admission)
    return document(ask, await which(documents, channel, _number(ask.query.get("page"))), admission)


async def following(
    ask: ApiRequest, addresses: ActorUrls, documents: Documents, admission: AuthorizedFetch
) -> Response:
    channel = _channel(ask, addresses)
    await admit(ask, addresses, admission)
    return document(ask, documents.following(channel), admission)


async def featured(ask: ApiRequest, addresses: ActorUrls, documents: Documents, admission: AuthorizedFetch) -> Response:
    channel = _channel(ask, addresses)
    await admit(ask, addresses, admission)
    return document(ask, await documents.featured(channel), admission)


async def post(
    ask: ApiRequest, addresses: ActorUrls, documents: Documents, admission: AuthorizedFetch, hall: PageContext
) -> Response:
    post_id, wanted = ask.parts["post_id"], wants_document(ask.request.headers)
    if wanted:
        await admit(ask, addresses, admission)
    try:
        found = await documents.post(post_id)
    except Gone:
        if not wanted:
            raise
        return document(ask, await documents.tombstone(post_id), admission, 410)
    return document(ask, found, admission) if wanted else await _page_of(found, addresses, hall)


async def part(
    which: PartOf, ask: ApiRequest, addresses: ActorUrls, documents: Documents, admission: AuthorizedFetch
) -> Response:
    """What has become of a post: replies, likes, shares."""
    await admit(ask, addresses, admission)
    return document(ask, await which(documents, ask.parts["post_id"], _number(ask.query.get("page"))), admission)


async def stamp(ask: ApiRequest, addresses: ActorUrls, quotes: Quotes, admission: AuthorizedFetch) -> Response:
    await admit(ask, addresses, admission)
    return document(ask, await quotes.stamp(ask.parts["quote_id"]), admission)


followers = partial(collection, Documents.followers)
outbox = partial(collection, Documents.outbox)
replies = partial(part, Documents.replies)
likes = partial(part, Documents.likes)
shares = partial(part, Documents.shares)


def _channel(ask: ApiRequest, addresses: ActorUrls) -> Channel:
    """Raises Off, NotFound."""
    addresses.site()
    found = addresses.by_name(ask.parts["name"])
    if found is None:
        raise NotFound("there is no such account")
    return found


def _page(addresses: ActorUrls, channel: Channel) -> Response:
    # relative, so that it is right behind whatever proxy
    target = "/" if channel.slug == HOME else f"/c/{channel.slug}"
    return RedirectResponse(target, 307, {"Vary": "Accept, Signature"})


async def _page_of(found: dict[str, Any], addresses: ActorUrls, hall: PageContext) -> Response:
    """Return the page of the post; a notice is read on its broadcast's page, and other channels have no pages yet."""
    channel = addresses.by_actor(found["attributedTo"])
    if channel is not None and channel.slug != HOME:
        return _page(addresses, channel)
    base = addresses.site().base
    if found["url"] != found["id"] and found["url"].startswith(f"{base}/"):
        return RedirectResponse(found["url"].removeprefix(base), 307, {"Vary": "Accept, Signature"})
    shown = await post_page.show(hall, found)
    shown.headers.add_vary_header("Accept")
    return shown


def document(
    ask: ApiRequest, value: dict[str, Any], admission: AuthorizedFetch | None = None, status: int = 200
) -> Response:
    """`admission` for what is not for everybody: what one reader got, nobody else may be given from a cache."""
    shared = "private, " if admission is not None and admission.strict else ""
    headers = {"Vary": "Accept, Signature", "Cache-Control": f"{shared}max-age=60"}
    answer = typed(value, ACTIVITY_JSON, headers)
    answer.status_code = status
    if status == 200:
        answer.headers["ETag"] = tag = conditional.entity_tag(bytes(answer.body))
        if conditional.has(ask.request.headers, tag):
            kept = {name: answer.headers[name] for name in ("ETag", "Vary", "Cache-Control")}
            return Response(status_code=304, headers=kept)
    return answer


def _number(text: str | None) -> int | None:
    """Raises NotFound for what is no number of a page."""
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise NotFound("there is no such page")
    return int(text)
