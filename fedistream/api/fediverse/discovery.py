"""Discovery for other servers: WebFinger, host-meta, NodeInfo, and the instance description for Mastodon's clients."""

from starlette.responses import PlainTextResponse, Response

from activitypub import nodeinfo
from activitypub.webfinger import JRD
from fedistream.api.fediverse.responses import typed
from fedistream.api.fediverse.services import FediverseServices
from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import Invalid, NotFound, ValueProblem
from fedistream.federation.values import Off

FOR_A_WHILE = {"Cache-Control": "max-age=600"}


async def webfinger(request: ApiRequest, services: FediverseServices) -> Response:
    resource = request.query.get("resource", "")
    jrd = services.documents.webfinger(resource) if resource else None
    if jrd is None:
        services.documents.nodeinfo_index()  # which says so when federation is off
        raise Invalid("resource", ValueProblem.MISSING)
    return typed(jrd, JRD, FOR_A_WHILE)


async def host_meta(request: ApiRequest, services: FediverseServices) -> Response:
    try:
        return PlainTextResponse(services.documents.host_meta(), media_type=nodeinfo.XRD, headers=FOR_A_WHILE)
    except Off as off:
        # members without a value, which clients of Owncast's early versions expect here
        raise NotFound(off.problem) from None


async def host_meta_json(request: ApiRequest, services: FediverseServices) -> Response:
    try:
        return typed(services.documents.host_meta_json(), "application/json", FOR_A_WHILE)
    except Off as off:
        raise NotFound(off.problem) from None


async def nodeinfo_index(request: ApiRequest, services: FediverseServices) -> Response:
    return typed(services.documents.nodeinfo_index(), "application/json", FOR_A_WHILE)


async def nodeinfo_2_0(request: ApiRequest, services: FediverseServices) -> Response:
    return typed(await services.documents.nodeinfo("2.0"), nodeinfo.media_type("2.0"))


async def nodeinfo_2_1(request: ApiRequest, services: FediverseServices) -> Response:
    return typed(await services.documents.nodeinfo("2.1"), nodeinfo.media_type("2.1"))


async def nodeinfo2(request: ApiRequest, services: FediverseServices) -> Response:
    return json_response(await services.documents.nodeinfo2())


async def instance(request: ApiRequest, services: FediverseServices) -> Response:
    return json_response(await services.documents.instance())
