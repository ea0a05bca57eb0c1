"""The chat for the admin: who is there, who may do what, bans, emoji, and the access tokens of integrations."""

import base64
import binascii

from starlette.responses import Response

from fedistream.access_tokens.service import Integration, Integrations, listed
from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.chat import MOST, name, number, why
from fedistream.api.owncast.errors import changed, done
from fedistream.api.owncast.ports import Channels, Settings
from fedistream.api.owncast.shapes import Json, moment
from fedistream.chat.bans import Bans
from fedistream.chat.emoji import MAX_BYTES, Emoji
from fedistream.chat.messages import MessageLog
from fedistream.chat.moderation import Moderation
from fedistream.chat.service import Chat
from fedistream.chat.visitors import STATUS, Search, Visitors
from fedistream.core.errors import Invalid

PAGE = 50
EMOJI_LIMIT = MAX_BYTES * 4 // 3 + 2048  # bytes of a body: base64 and what is around it
BAN_NOTE = "banned by the admin"
MODERATED = 200


async def clients(request: ApiRequest, chat: Chat, channels: Channels) -> Response:
    return json_response(chat_shapes.clients(chat.clients(channels.home().id)))


async def messages_list(request: ApiRequest, messages: MessageLog, channels: Channels, settings: Settings) -> Response:
    """Newest first, hidden ones too. Ours: `before`, the id of a message, and `limit`."""
    home = channels.home().id
    limit = max(1, number(request, "limit", MODERATED, MOST))
    found = await messages.moderated(home, before=request.query.get("before") or None, limit=limit)
    return json_response(chat_shapes.history(found, name(settings, home)))


async def disabled(request: ApiRequest, visitors: Visitors) -> Response:
    return json_response([chat_shapes.user(each) for each in await visitors.disabled()])


async def moderators(request: ApiRequest, visitors: Visitors) -> Response:
    return json_response([chat_shapes.user(each) for each in await visitors.moderators()])


async def set_moderator(request: ApiRequest, moderation: Moderation) -> Response:
    visitor_id, moderator = request.member("userId", str), request.member("isModerator", bool)
    await moderation.set_moderator(visitor_id, moderator, why=why(request))
    return done(f"{visitor_id} is moderator: {str(moderator).lower()}")


async def users(request: ApiRequest, visitors: Visitors) -> Response:
    status = request.query.get("status") or "all"
    if status not in STATUS:
        raise Invalid("status", f"must be one of {', '.join(STATUS)}")
    search = Search(
        text=request.query.get("search", ""),
        status=status,  # type: ignore[arg-type]
        newest_first=request.query.get("sort") != "asc",
        offset=number(request, "offset", 0, 10**9 - 1),
        limit=max(1, number(request, "limit", PAGE, MOST)),
    )
    total, found = await visitors.find(search)
    return json_response({"total": total, "results": [chat_shapes.user(each) for each in found]})


async def delete_user(request: ApiRequest, moderation: Moderation) -> Response:
    await moderation.delete(request.member("userId", str), why=why(request))
    return done("deleted")


async def ip_bans(request: ApiRequest, bans: Bans) -> Response:
    return json_response(chat_shapes.bans(bans.all()))


async def ban(request: ApiRequest, moderation: Moderation) -> Response:
    await moderation.ban(request.member("value", str), why=why(request) or BAN_NOTE)
    return done("IP address banned")


async def lift_ban(request: ApiRequest, moderation: Moderation) -> Response:
    await moderation.lift_ban(request.member("value", str), why=why(request))
    return done("IP address unbanned")


async def upload_emoji(request: ApiRequest, emoji: Emoji) -> Response:
    """`data` is a data URL; what it says of the media type is not believed."""
    called, data = request.member("name", str), request.member("data", str)
    head, comma, encoded = data.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise Invalid("data", "must be a base64 data URL")
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("data", "is not valid base64") from error
    await emoji.put(called, content)
    return done(f"emoji {called} has been uploaded")


async def delete_emoji(request: ApiRequest, emoji: Emoji) -> Response:
    called = request.member("name", str)
    await emoji.delete(called)
    return done(f"emoji {called} has been deleted")


def integration(one: Integration, token: str) -> Json:
    """ExternalAPIUser. Owncast lists tokens in clear for ever; here a list has handles, which `delete` takes too."""
    shape: Json = {
        "id": one.visitor_id,
        "accessToken": token,
        "displayName": one.name,
        "displayColor": 0,
        "scopes": sorted(scope.value for scope in one.scopes),
        "type": "API",
        "createdAt": moment(one.created_at),
        "isBot": True,
    }
    if one.last_used_at is not None:
        shape["lastUsedAt"] = moment(one.last_used_at)
    return shape


async def tokens(request: ApiRequest, access_tokens: Integrations) -> Response:
    return json_response([integration(each, listed(each)) for each in await access_tokens.all()])


async def make_token(request: ApiRequest, access_tokens: Integrations) -> Response:
    scopes = request.member("scopes", list)
    if not all(isinstance(each, str) for each in scopes):
        raise Invalid("scopes", "must be a list of strings")
    made, token = await access_tokens.make(request.member("name", str), scopes)
    return json_response(integration(made, token))


async def delete_token(request: ApiRequest, access_tokens: Integrations) -> Response:
    await access_tokens.delete(request.member("token", str))
    return changed()
