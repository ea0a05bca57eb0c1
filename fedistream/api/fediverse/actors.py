"""Actors, their collections, and posts: the document to servers, the page to people."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.responses import RedirectResponse, Response

from fedistream.api.fediverse.negotiation import wants_document
from fedistream.api.fediverse.responses import document
from fedistream.api.fediverse.services import FediverseServices
from fedistream.api.fediverse.signed import admit
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import post as post_page
from fedistream.channels.values import HOME
from fedistream.core.errors import Gone, NotFound
from fedistream.core.ports import Channel
from fedistream.federation.actors.documents import Documents
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem

PartOf = Callable[[Documents, str, int | None], Awaitable[dict[str, Any]]]
Paged = Callable[[Documents, Channel, int | None], Awaitable[dict[str, Any]]]


async def actor(request: ApiRequest, services: FediverseServices) -> Response:
    channel = _channel(request, services.addresses)
    if not wants_document(request.http.headers):
        return _page(services.addresses, channel)
    await admit(request, services.addresses, services.authorized_fetch)
    return document(request, await services.documents.actor(channel), services.authorized_fetch)


async def node(request: ApiRequest, services: FediverseServices) -> Response:
    return document(request, await services.documents.node())


async def node_outbox(request: ApiRequest, services: FediverseServices) -> Response:
    return document(request, services.documents.node_outbox())


async def collection(which: Paged, request: ApiRequest, services: FediverseServices) -> Response:
    channel = _channel(request, services.addresses)
    await admit(request, services.addresses, services.authorized_fetch)
    return document(
        request, await which(services.documents, channel, _number(request.query.get("page"))), services.authorized_fetch
    )


async def following(request: ApiRequest, services: FediverseServices) -> Response:
    channel = _channel(request, services.addresses)
    await admit(request, services.addresses, services.authorized_fetch)
    return document(request, services.documents.following(channel), services.authorized_fetch)


async def featured(request: ApiRequest, services: FediverseServices) -> Response:
    channel = _channel(request, services.addresses)
    await admit(request, services.addresses, services.authorized_fetch)
    return document(request, await services.documents.featured(channel), services.authorized_fetch)


async def post(request: ApiRequest, services: FediverseServices) -> Response:
    post_id, wanted = request.parts["post_id"], wants_document(request.http.headers)
    if wanted:
        await admit(request, services.addresses, services.authorized_fetch)
    try:
        found = await services.documents.post(post_id)
    except Gone:
        if not wanted:
            raise
        return document(request, await services.documents.tombstone(post_id), services.authorized_fetch, 410)
    return document(request, found, services.authorized_fetch) if wanted else await _page_of(request, services, found)


async def part(which: PartOf, request: ApiRequest, services: FediverseServices) -> Response:
    """Return a collection of a post: its replies, likes or shares."""
    await admit(request, services.addresses, services.authorized_fetch)
    return document(
        request,
        await which(services.documents, request.parts["post_id"], _number(request.query.get("page"))),
        services.authorized_fetch,
    )


async def stamp(request: ApiRequest, services: FediverseServices) -> Response:
    await admit(request, services.addresses, services.authorized_fetch)
    return document(request, await services.quotes.stamp(request.parts["quote_id"]), services.authorized_fetch)


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
        raise NotFound(FederationProblem.NO_ACCOUNT)
    return found


def _page(addresses: ActorUrls, channel: Channel) -> Response:
    # relative, so that it is right behind any proxy
    target = "/" if channel.slug == HOME else f"/c/{channel.slug}"
    return RedirectResponse(target, 307, {"Vary": "Accept, Signature"})


async def _page_of(request: ApiRequest, services: FediverseServices, found: dict[str, Any]) -> Response:
    """Return the page of the post; a notice is read on its broadcast's page, and other channels have no pages yet."""
    channel = services.addresses.by_actor(found["attributedTo"])
    if channel is not None and channel.slug != HOME:
        return _page(services.addresses, channel)
    base = services.addresses.site().base
    if found["url"] != found["id"] and found["url"].startswith(f"{base}/"):
        return RedirectResponse(found["url"].removeprefix(base), 307, {"Vary": "Accept, Signature"})
    shown = await post_page.show(request, services.pages, found)
    shown.headers.add_vary_header("Accept")
    return shown


def _number(text: str | None) -> int | None:
    """Return the number of a page. Raises NotFound when it is not one."""
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise NotFound(FederationProblem.NO_COLLECTION_PAGE)
    return int(text)
