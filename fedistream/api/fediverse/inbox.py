"""The inboxes: the service gets the bytes and headers as they came, and its decision is the answer."""

from starlette.responses import PlainTextResponse, Response

from activitypub.refusal import Refused
from fedistream.api.fediverse.services import FediverseServices
from fedistream.api.fediverse.signed import received
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import NotFound
from fedistream.federation.values import FederationProblem

MAX_BODY = 1024 * 1024  # bytes; Mastodon's limit for documents that it fetches


async def shared(request: ApiRequest, services: FediverseServices) -> Response:
    site = services.addresses.site()
    try:
        signed = received(request, site)
    except Refused as refused:
        services.federation.refused(refused.reason.value)
        return PlainTextResponse(str(refused), refused.status)
    try:
        await services.federation.take(signed)
    except Refused as refused:
        return PlainTextResponse(str(refused), refused.status)
    return Response(status_code=202)


async def own(request: ApiRequest, services: FediverseServices) -> Response:
    services.addresses.site()
    if services.addresses.by_name(request.parts["name"]) is None:
        raise NotFound(FederationProblem.NO_ACCOUNT)
    return await shared(request, services)
