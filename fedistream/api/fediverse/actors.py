"""Actors, their collections, and posts: the document to servers, the page to people."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.responses import RedirectResponse, Response

from activitypub.webfinger import ACTIVITY_JSON
from fedistream.api.ask import Ask
from fedistream.api.fediverse.discovery import typed
from fedistream.api.fediverse.negotiation import wants_document
from fedistream.errors import Gone, NotFound
from fedistream.federation.addresses import Addresses, Channel
from fedistream.federation.documents import Documents

Paged = Callable[[Documents, Channel, int | None], Awaitable[dict[str, Any]]]


async def actor(ask: Ask, addresses: Addresses, documents: Documents) -> Response:
    channel = _channel(ask, addresses)
    if not wants_document(ask.request.headers):
        return _page(addresses, channel)
    return _document(await documents.actor(channel))


async def node(ask: Ask, documents: Documents) -> Response:
    return _document(await documents.node())


async def collection(which: Paged, ask: Ask, addresses: Addresses, documents: Documents) -> Response:
    return _document(await which(documents, _channel(ask, addresses), _number(ask.query.get("page"))))


async def following(ask: Ask, addresses: Addresses, documents: Documents) -> Response:
    return _document(documents.following(_channel(ask, addresses)))


async def featured(ask: Ask, addresses: Addresses, documents: Documents) -> Response:
    return _document(await documents.featured(_channel(ask, addresses)))


async def post(ask: Ask, addresses: Addresses, documents: Documents) -> Response:
    post_id, wanted = ask.parts["post_id"], wants_document(ask.request.headers)
    try:
        document = await documents.post(post_id)
    except Gone:
        if not wanted:
            raise
        return _document(await documents.tombstone(post_id), 410)
    if not wanted:
        channel = addresses.by_actor(document["attributedTo"])
        if channel is not None:
            return _page(addresses, channel)
    return _document(document)


followers = partial(collection, Documents.followers)
outbox = partial(collection, Documents.outbox)


def _channel(ask: Ask, addresses: Addresses) -> Channel:
    """Raises Off, NotFound."""
    addresses.site()
    found = addresses.by_name(ask.parts["name"])
    if found is None:
        raise NotFound("there is no such account")
    return found


def _page(addresses: Addresses, channel: Channel) -> Response:
    # relative, so that it is right behind whatever proxy
    target = "/" if channel.slug == "home" else f"/c/{channel.slug}"
    return RedirectResponse(target, 307, {"Vary": "Accept"})


def _document(document: dict[str, Any], status: int = 200) -> Response:
    answer = typed(document, ACTIVITY_JSON, {"Vary": "Accept", "Cache-Control": "max-age=60"})
    answer.status_code = status
    return answer


def _number(text: str | None) -> int | None:
    """Raises NotFound for what is no number of a page."""
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise NotFound("there is no such page")
    return int(text)
