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
from fedistream.channels.values import HOME
from fedistream.core.errors import Gone, NotFound
from fedistream.core.ports import Channel
from fedistream.federation.actors.documents import Documents
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.posts.quotes import Quotes
from fedistream.federation.urls import ActorUrls

PartOf = Callable[[Documents, str, int | None], Awaitable[dict[str, Any]]]
Paged = Callable[[Documents, Channel, int | None], Awaitable[dict[str, Any]]]


async def actor(
    request: ApiRequest, addresses: ActorUrls, documents: Documents, authorized_fetch: AuthorizedFetch
) -> Response:
    channel = _channel(request, addresses)
    if not wants_document(request.http.headers):
        return _page(addresses, channel)
    await admit(request, addresses, authorized_fetch)
    return document(request, await documents.actor(channel), authorized_fetch)


async def node(request: ApiRequest, documents: Documents) -> Response:
    return document(request, await documents.node())


async def node_outbox(request: ApiRequest, documents: Documents) -> Response:
    return document(request, documents.node_outbox())


async def collection(
    which: Paged, request: ApiRequest, addresses: ActorUrls, documents: Documents, authorized_fetch: AuthorizedFetch
) -> Response:
    channel = _channel(request, addresses)
    await admit(request, addresses, authorized_fetch)
    return document(request, await which(documents, channel, _number(request.query.get("page"))), authorized_fetch)


async def following(
    request: ApiRequest, addresses: ActorUrls, documents: Documents, authorized_fetch: AuthorizedFetch
) -> Response:
    channel = _channel(request, addresses)
    await admit(request, addresses, authorized_fetch)
    return document(request, documents.following(channel), authorized_fetch)


async def featured(
    request: ApiRequest, addresses: ActorUrls, documents: Documents, authorized_fetch: AuthorizedFetch
) -> Response:
    channel = _channel(request, addresses)
    await admit(request, addresses, authorized_fetch)
    return document(request, await documents.featured(channel), authorized_fetch)


async def post(
    request: ApiRequest,
    addresses: ActorUrls,
    documents: Documents,
    authorized_fetch: AuthorizedFetch,
    page_context: PageContext,
) -> Response:
    post_id, wanted = request.parts["post_id"], wants_document(request.http.headers)
    if wanted:
        await admit(request, addresses, authorized_fetch)
    try:
        found = await documents.post(post_id)
    except Gone:
        if not wanted:
            raise
        return document(request, await documents.tombstone(post_id), authorized_fetch, 410)
    return document(request, found, authorized_fetch) if wanted else await _page_of(found, addresses, page_context)


async def part(
    which: PartOf, request: ApiRequest, addresses: ActorUrls, documents: Documents, authorized_fetch: AuthorizedFetch
) -> Response:
    """What has become of a post: replies, likes, shares."""
    await admit(request, addresses, authorized_fetch)
    return document(
        request, await which(documents, request.parts["post_id"], _number(request.query.get("page"))), authorized_fetch
    )


async def stamp(
    request: ApiRequest, addresses: ActorUrls, quotes: Quotes, authorized_fetch: AuthorizedFetch
) -> Response:
    await admit(request, addresses, authorized_fetch)
    return document(request, await quotes.stamp(request.parts["quote_id"]), authorized_fetch)


followers = partial(collection, Documents.followers)
outbox = partial(collection, Documents.outbox)
replies = partial(part, Documents.replies)
likes = partial(part, Documents.likes)
shares = partial(part, Documents.shares)


def _channel(request: ApiRequest, addresses: ActorUrls) -> Channel:
    """Raises Off, NotFound."""
    addresses.site()
    found = addresses.by_name(request.parts["name"])
    if found is None:
        raise NotFound("there is no such account")
    return found


def _page(addresses: ActorUrls, channel: Channel) -> Response:
    # relative, so that it is right behind whatever proxy
    target = "/" if channel.slug == HOME else f"/c/{channel.slug}"
    return RedirectResponse(target, 307, {"Vary": "Accept, Signature"})


async def _page_of(found: dict[str, Any], addresses: ActorUrls, page_context: PageContext) -> Response:
    """Return the page of the post; a notice is read on its broadcast's page, and other channels have no pages yet."""
    channel = addresses.by_actor(found["attributedTo"])
    if channel is not None and channel.slug != HOME:
        return _page(addresses, channel)
    base = addresses.site().base
    if found["url"] != found["id"] and found["url"].startswith(f"{base}/"):
        return RedirectResponse(found["url"].removeprefix(base), 307, {"Vary": "Accept, Signature"})
    shown = await post_page.show(page_context, found)
    shown.headers.add_vary_header("Accept")
    return shown


def document(
    request: ApiRequest, value: dict[str, Any], authorized_fetch: AuthorizedFetch | None = None, status: int = 200
) -> Response:
    """`authorized_fetch` for what is not for everybody: what one reader got, nobody else may be given from a cache."""
    shared = "private, " if authorized_fetch is not None and authorized_fetch.strict else ""
    headers = {"Vary": "Accept, Signature", "Cache-Control": f"{shared}max-age=60"}
    answer = typed(value, ACTIVITY_JSON, headers)
    answer.status_code = status
    if status == 200:
        answer.headers["ETag"] = tag = conditional.entity_tag(bytes(answer.body))
        if conditional.has(request.http.headers, tag):
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
