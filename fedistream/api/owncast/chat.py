"""The chat over HTTP, for visitors and moderators: join, read back, moderate; and the custom emoji."""

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.errors import NO_CACHE, changed, done
from fedistream.api.owncast.services import OwncastServices
from fedistream.chat.moderation import MAX_WHY
from fedistream.core.errors import Invalid, ValueProblem

HISTORY = 100  # messages; Owncast shows as many of the last two hours
MOST = 500
PICTURE_AGE_S = 3600
PICTURE_HEADERS = {
    "Cache-Control": f"public, max-age={PICTURE_AGE_S}",
    # the files come from other people: a browser must treat them as pictures and nothing else
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def why(request: ApiRequest) -> str:
    """Return the member `reason` of the body for the moderation log. It is ours: clients of Owncast omit it. Raises
    Invalid."""
    body = request.json()
    if not isinstance(body, dict) or body.get("reason") is None:
        return ""
    reason = request.member("reason", str).strip()
    if len(reason) > MAX_WHY:
        raise Invalid("reason", ValueProblem.TOO_LONG, most=MAX_WHY)
    return reason


def name(services: OwncastServices, channel_id: int) -> str:
    return str(services.settings.value("channel.name", channel_id))


def number(request: ApiRequest, key: str, default: int, most: int) -> int:
    """Return a whole number of the query, at least 0. Raises Invalid."""
    text = request.query.get(key, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= most):
        raise Invalid(key, ValueProblem.WHOLE_RANGE, least=0, most=most)
    return int(text)


async def register(request: ApiRequest, services: OwncastServices) -> Response:
    """Register a new visitor. The header is for sites whose proxy knows their users; it only gives a name."""
    wish = request.http.headers.get("x-forwarded-user", "")
    if not wish and request.body:
        body = request.json()
        if not isinstance(body, dict):
            raise Invalid("body", RequestProblem.NOT_OBJECT)
        wish = body.get("displayName") or ""
        if not isinstance(wish, str):
            raise Invalid("displayName", RequestProblem.STRING)
    visitor, token = await services.chat.register(request.channel.id, wish, request.address)
    shape = {"id": visitor.id, "accessToken": token, "displayName": visitor.name, "displayColor": visitor.colour}
    return json_response(shape, headers=NO_CACHE)


async def history(request: ApiRequest, services: OwncastServices) -> Response:
    """Return the newest messages, the oldest first. Ours: `before` and `since`, both message ids, and `limit`. A page
    of very long messages has fewer."""
    channel_id = request.channel.id
    limit = max(1, number(request, "limit", HISTORY, MOST))
    key = channel_id, request.query.get("before", ""), request.query.get("since", ""), limit
    page = await services.history_pages.page(key, name(services, channel_id))
    return Response(page, media_type="application/json", headers=NO_CACHE)


async def set_visible(request: ApiRequest, services: OwncastServices) -> Response:
    ids, visible = request.member("idArray", list), request.member("visible", bool)
    if not all(isinstance(each, str) for each in ids):
        raise Invalid("idArray", RequestProblem.MESSAGE_IDS)
    await services.moderation.set_visible(ids, visible, request.principal.actor, why(request))
    return changed()


async def set_enabled(request: ApiRequest, services: OwncastServices) -> Response:
    visitor_id, enabled = request.member("userId", str), request.member("enabled", bool)
    await services.moderation.set_enabled(visitor_id, enabled, request.principal.actor, why(request))
    return done(f"{visitor_id} enabled: {str(enabled).lower()}")


async def details(request: ApiRequest, services: OwncastServices) -> Response:
    found = await services.moderation.details(request.parts["user_id"])
    return json_response(
        chat_shapes.details(found, name(services, request.channel.id), services.geo.find), headers=NO_CACHE
    )


async def emoji_list(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(chat_shapes.emoji(services.emoji.all()))


async def picture(request: ApiRequest, services: OwncastServices) -> Response:
    data, media_type = await services.emoji.read(request.parts["file"])
    return Response(data, media_type=media_type, headers=PICTURE_HEADERS)


async def remote_picture(request: ApiRequest, services: OwncastServices) -> Response:
    """Return the avatar of a remote actor."""
    found = await services.pictures.read(request.parts["mac"], request.parts["source"])
    return Response(found.data, media_type=found.media_type, headers=PICTURE_HEADERS)
