"""Where other servers begin: WebFinger, host-meta, NodeInfo, and what Mastodon's clients ask of an instance."""

from starlette.responses import PlainTextResponse, Response

from activitypub import nodeinfo
from activitypub.webfinger import JRD
from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import Invalid, NotFound
from fedistream.federation.actors.documents import Documents
from fedistream.federation.values import Off

FOR_A_WHILE = {"Cache-Control": "max-age=600"}


async def webfinger(request: ApiRequest, documents: Documents) -> Response:
    resource = request.query.get("resource", "")
    jrd = documents.webfinger(resource) if resource else None
    if jrd is None:
        documents.nodeinfo_index()  # which says so when federation is off
        raise Invalid("resource", "is missing")
    return typed(jrd, JRD, FOR_A_WHILE)


async def host_meta(request: ApiRequest, documents: Documents) -> Response:
    try:
        return PlainTextResponse(documents.host_meta(), media_type=nodeinfo.XRD, headers=FOR_A_WHILE)
    except Off as off:
        # what there is nothing about, here alone as clients of Owncast's early versions expect
        raise NotFound(str(off)) from None


async def host_meta_json(request: ApiRequest, documents: Documents) -> Response:
    try:
        return typed(documents.host_meta_json(), "application/json", FOR_A_WHILE)
    except Off as off:
        raise NotFound(str(off)) from None


async def nodeinfo_index(request: ApiRequest, documents: Documents) -> Response:
    return typed(documents.nodeinfo_index(), "application/json", FOR_A_WHILE)


async def nodeinfo_2_0(request: ApiRequest, documents: Documents) -> Response:
    return typed(await documents.nodeinfo("2.0"), nodeinfo.media_type("2.0"))


async def nodeinfo_2_1(request: ApiRequest, documents: Documents) -> Response:
    return typed(await documents.nodeinfo("2.1"), nodeinfo.media_type("2.1"))


async def nodeinfo2(request: ApiRequest, documents: Documents) -> Response:
    return json_response(await documents.nodeinfo2())


async def instance(request: ApiRequest, documents: Documents) -> Response:
    return json_response(await documents.instance())


def typed(value: object, media_type: str, headers: dict[str, str] | None = None) -> Response:
    answer = json_response(value, headers=headers)
    # as it is written here: Starlette would add a charset to some
    answer.headers["Content-Type"] = media_type
    return answer
