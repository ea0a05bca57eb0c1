"""The chat over HTTP, for visitors and moderators: join, read back, moderate; and the custom emoji."""

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.http.token_auth import Bearer
from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.envelope import NO_CACHE, changed, done
from fedistream.api.owncast.history_pages import HistoryPages
from fedistream.api.owncast.ports import Channels, Settings
from fedistream.chat.emoji import Emoji
from fedistream.chat.moderation import ADMIN, MAX_WHY, Moderation
from fedistream.chat.service import Chat
from fedistream.chat.values import Visitor
from fedistream.core.errors import Invalid
from fedistream.remote_media.service import MediaProxy

HISTORY = 100  # messages; Owncast shows as many of the last two hours
MOST = 500
PICTURE_AGE_S = 3600
PICTURE_HEADERS = {
    "Cache-Control": f"public, max-age={PICTURE_AGE_S}",
    # the files come from the outside: a browser must take them for pictures and for nothing else
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def actor(ask: ApiRequest) -> str:
    """Who acts, for the moderation log: a moderator by his id; the admin, and integrations that act for him."""
    return ask.principal.id if isinstance(ask.principal, Visitor) else ADMIN


def why(ask: ApiRequest) -> str:
    """For the moderation log, the member `reason` of the body: ours, and left out by clients of Owncast. Raises
    Invalid."""
    told = ask.json()
    if not isinstance(told, dict) or told.get("reason") is None:
        return ""
    reason = ask.member("reason", str).strip()
    if len(reason) > MAX_WHY:
        raise Invalid("reason", f"must be at most {MAX_WHY} characters")
    return reason


def name(settings: Settings, channel_id: int) -> str:
    return str(settings.value("name", channel_id))


def number(ask: ApiRequest, key: str, default: int, most: int) -> int:
    """A whole number of the query, from 0. Raises Invalid."""
    text = ask.query.get(key, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= most):
        raise Invalid(key, f"must be a whole number from 0 to {most}")
    return int(text)


async def register(ask: ApiRequest, chat: Chat, channels: Channels) -> Response:
    """A new visitor. The header is for sites whose proxy knows their users; it gives a name and nothing else."""
    wish = ask.request.headers.get("x-forwarded-user", "")
    if not wish and ask.body:
        told = ask.json()
        if not isinstance(told, dict):
            raise Invalid("body", "must be a JSON object")
        wish = told.get("displayName") or ""
        if not isinstance(wish, str):
            raise Invalid("displayName", "must be a string")
    visitor, token = await chat.register(channels.home().id, wish, ask.address)
    shape = {"id": visitor.id, "accessToken": token, "displayName": visitor.name, "displayColor": visitor.colour}
    return json_response(shape, headers=NO_CACHE)


async def history(ask: ApiRequest, histories: HistoryPages, channels: Channels, settings: Settings) -> Response:
    """The newest messages, the oldest first. Ours: `before` and `since`, both ids of messages, and `limit`; a page of
    very long messages has fewer."""
    home = channels.home().id
    limit = max(1, number(ask, "limit", HISTORY, MOST))
    key = home, ask.query.get("before", ""), ask.query.get("since", ""), limit
    page = await histories.page(key, name(settings, home))
    return Response(page, media_type="application/json", headers=NO_CACHE)


async def set_visible(ask: ApiRequest, moderation: Moderation) -> Response:
    ids, visible = ask.member("idArray", list), ask.member("visible", bool)
    if not all(isinstance(each, str) for each in ids):
        raise Invalid("idArray", "must be a list of message ids")
    await moderation.set_visible(ids, visible, actor(ask), why(ask))
    return changed()


async def set_enabled(ask: ApiRequest, moderation: Moderation) -> Response:
    visitor_id, enabled = ask.member("userId", str), ask.member("enabled", bool)
    await moderation.set_enabled(visitor_id, enabled, actor(ask), why(ask))
    return done(f"{visitor_id} enabled: {str(enabled).lower()}")


async def details(ask: ApiRequest, moderation: Moderation, channels: Channels, settings: Settings) -> Response:
    found = await moderation.details(ask.parts["user_id"])
    return json_response(chat_shapes.details(found, name(settings, channels.home().id)), headers=NO_CACHE)


async def emoji_list(ask: ApiRequest, emoji: Emoji) -> Response:
    return json_response(chat_shapes.emoji(emoji.all()))


async def picture(ask: ApiRequest, emoji: Emoji) -> Response:
    data, media_type = await emoji.read(ask.parts["file"])
    return Response(data, media_type=media_type, headers=PICTURE_HEADERS)


async def remote_picture(ask: ApiRequest, pictures: MediaProxy) -> Response:
    """The face of somebody elsewhere."""
    found = await pictures.read(ask.parts["mac"], ask.parts["source"])
    return Response(found.data, media_type=found.media_type, headers=PICTURE_HEADERS)


def bearer(ask: ApiRequest) -> Bearer:
    """The principal of a bearer gate."""
    assert isinstance(ask.principal, Bearer)
    return ask.principal
