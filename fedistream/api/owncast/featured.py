"""Featured streams: the servers that this node features, and those that ask to feature it."""

from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.api.owncast.federation import MAX_LIMIT, follower
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.shapes import moment, moment_or_null
from fedistream.core.errors import NotFound
from fedistream.federation.values import Featured, FederationProblem, State

SINCE = "0.3.0"
MAX_DIGITS = 18


async def public_list(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response({"servers": [server(each) for each in await services.featured.shown()]}, headers=NO_CACHE)


async def whole_list(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response({"servers": [server(each) for each in await services.featured.all()]}, headers=NO_CACHE)


async def add(request: ApiRequest, services: OwncastServices) -> Response:
    await services.featured.add(request.channel, request.member("url", str))
    return done("server added")


async def remove(request: ApiRequest, services: OwncastServices) -> Response:
    given = request.parts["server_id"]
    if not (given.isascii() and given.isdecimal() and len(given) <= MAX_DIGITS):
        raise NotFound(FederationProblem.SERVER_NOT_LISTED)
    await services.featured.remove(int(given))
    return done("server removed")


async def requests(request: ApiRequest, services: OwncastServices) -> Response:
    """Return the directories that ask to feature this node. The calls for followers approve and reject them."""
    found = await services.followers.page(request.channel.id, State.PENDING, 0, MAX_LIMIT, directories=True)
    return json_response({"requests": [follower(each) for each in found.items]}, headers=NO_CACHE)


async def directories(request: ApiRequest, services: OwncastServices) -> Response:
    found = await services.followers.page(request.channel.id, State.ACCEPTED, 0, MAX_LIMIT, directories=True)
    return json_response([follower(each) for each in found.items], headers=NO_CACHE)


def server(value: Featured) -> dict[str, object]:
    return {
        "id": value.id,
        "iri": value.actor,
        "url": value.url,
        "name": value.name,
        "logoUrl": value.logo,
        "isOnline": value.online,
        "streamTitle": value.title,
        "streamDescription": value.description,
        "tags": list(value.tags),
        "thumbnailUrl": value.thumbnail,
        "lastSeenOnline": moment_or_null(value.online_at),
        "lastStatusUpdate": moment_or_null(value.status_at),
        "addedAt": moment(value.added_at),
        "followedAt": moment_or_null(value.followed_at),
        "state": value.state.value,
    }


ENDPOINTS = (
    Endpoint("GET", "/api/federation/servers", public_list, Permission.ANYONE, SINCE),
    Endpoint("GET", "/api/admin/federation/servers", whole_list, Permission.ADMIN, SINCE),
    Endpoint("POST", "/api/admin/federation/servers", add, Permission.ADMIN, SINCE),
    Endpoint("DELETE", "/api/admin/federation/servers/{server_id}", remove, Permission.ADMIN, SINCE),
    Endpoint("GET", "/api/admin/federation/feature-requests", requests, Permission.ADMIN, SINCE),
    Endpoint("GET", "/api/admin/followers/directory", directories, Permission.ADMIN, SINCE),
)
