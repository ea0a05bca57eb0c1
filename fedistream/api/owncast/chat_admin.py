"""The admin's calls about the chat: clients, visitors, moderators, bans, emoji, and access tokens of integrations."""

from starlette.responses import Response

from fedistream.access_tokens.service import Integration, listed
from fedistream.api.http.endpoints import json_response
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.http.uploads import data_url
from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.chat import MOST, name, number, why
from fedistream.api.owncast.errors import changed, done
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.shapes import Json, moment
from fedistream.chat.emoji import MAX_BYTES
from fedistream.chat.values import Cause
from fedistream.chat.visitors import STATUS, Search
from fedistream.core.errors import Invalid, ValueProblem

PAGE = 50
EMOJI_LIMIT = MAX_BYTES * 4 // 3 + 2048  # bytes of a body: base64 within JSON
MODERATED = 200


async def clients(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(chat_shapes.clients(services.chat.clients(request.channel.id), services.geo.find))


async def messages_list(request: ApiRequest, services: OwncastServices) -> Response:
    """Return messages, the newest first, hidden ones too. Ours: `before`, the id of a message, and `limit`."""
    channel_id = request.channel.id
    limit = max(1, number(request, "limit", MODERATED, MOST))
    found = await services.messages.moderated(channel_id, before=request.query.get("before") or None, limit=limit)
    return json_response(chat_shapes.history(found, name(services, channel_id)))


async def disabled(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response([chat_shapes.user(each) for each in await services.visitors.disabled()])


async def moderators(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response([chat_shapes.user(each) for each in await services.visitors.moderators()])


async def set_moderator(request: ApiRequest, services: OwncastServices) -> Response:
    visitor_id, moderator = request.member("userId", str), request.member("isModerator", bool)
    await services.moderation.set_moderator(visitor_id, moderator, request.principal.actor, why(request))
    return done(f"{visitor_id} is moderator: {str(moderator).lower()}")


async def users(request: ApiRequest, services: OwncastServices) -> Response:
    status = request.query.get("status") or "all"
    if status not in STATUS:
        raise Invalid("status", ValueProblem.CHOICE, choices=", ".join(STATUS))
    search = Search(
        text=request.query.get("search", ""),
        status=status,  # type: ignore[arg-type]
        newest_first=request.query.get("sort") != "asc",
        offset=number(request, "offset", 0, 10**9 - 1),
        limit=max(1, number(request, "limit", PAGE, MOST)),
    )
    total, found = await services.visitors.find(search)
    return json_response({"total": total, "results": [chat_shapes.user(each) for each in found]})


async def delete_user(request: ApiRequest, services: OwncastServices) -> Response:
    await services.moderation.delete(request.member("userId", str), request.principal.actor, why(request))
    return done("deleted")


async def ip_bans(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(chat_shapes.bans(services.bans.all()))


async def ban(request: ApiRequest, services: OwncastServices) -> Response:
    reason = why(request)
    cause = None if reason else Cause.ADMIN
    # Owncast takes addresses of its own machine here, which clients use to try bans out
    await services.moderation.ban(request.member("value", str), request.principal.actor, reason, cause=cause, own=True)
    return done("IP address banned")


async def lift_ban(request: ApiRequest, services: OwncastServices) -> Response:
    await services.moderation.lift_ban(request.member("value", str), request.principal.actor, why(request))
    return done("IP address unbanned")


async def upload_emoji(request: ApiRequest, services: OwncastServices) -> Response:
    """Store a custom emoji. `data` is a data URL; its media type is not trusted."""
    called, data = request.member("name", str), request.member("data", str)
    await services.emoji.put(called, data_url("data", data))
    return done(f"emoji {called} has been uploaded")


async def delete_emoji(request: ApiRequest, services: OwncastServices) -> Response:
    called = request.member("name", str)
    await services.emoji.delete(called)
    return done(f"emoji {called} has been deleted")


def integration(one: Integration, token: str) -> Json:
    """ExternalAPIUser. Its list has tokens in clear text, by which clients delete them; an older one has its handle."""
    shape: Json = {
        "id": one.visitor_id,
        "accessToken": token,
        "displayName": one.name,
        "displayColor": 0,
        "scopes": [scope.value for scope in one.scopes],
        "type": "API",
        "createdAt": moment(one.created_at),
        "isBot": True,
    }
    if one.last_used_at is not None:
        shape["lastUsedAt"] = moment(one.last_used_at)
    return shape


async def tokens(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response([integration(each, listed(each)) for each in await services.access_tokens.all()])


async def make_token(request: ApiRequest, services: OwncastServices) -> Response:
    scopes = request.member("scopes", list)
    if not all(isinstance(each, str) for each in scopes):
        raise Invalid("scopes", RequestProblem.STRINGS)
    made, token = await services.access_tokens.make(request.member("name", str), scopes)
    return json_response(integration(made, token))


async def delete_token(request: ApiRequest, services: OwncastServices) -> Response:
    await services.access_tokens.delete(request.member("token", str))
    return changed()
