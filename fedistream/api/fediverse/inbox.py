"""The inboxes: bytes and headers as they came are handed on, and the verdict is answered before the connection ends."""

from starlette.responses import PlainTextResponse, Response

from activitypub.refusal import Refused
from fedistream.api.fediverse.signed import received
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import NotFound
from fedistream.federation.inbox.service import Federation
from fedistream.federation.urls import ActorUrls

MAX_BODY = 1024 * 1024  # bytes; what Mastodon fetches of others at most


async def shared(request: ApiRequest, addresses: ActorUrls, federation: Federation) -> Response:
    site = addresses.site()
    try:
        signed = received(request, site)
    except Refused as refused:
        federation.refused(refused.reason.value)
        return PlainTextResponse(str(refused), refused.status)
    try:
        await federation.take(signed)
    except Refused as refused:
        return PlainTextResponse(str(refused), refused.status)
    return Response(status_code=202)


async def own(request: ApiRequest, addresses: ActorUrls, federation: Federation) -> Response:
    addresses.site()
    if addresses.by_name(request.parts["name"]) is None:
        raise NotFound("there is no such account")
    return await shared(request, addresses, federation)
