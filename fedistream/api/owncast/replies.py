"""Replies from the fediverse: what moderators answer and whom they block in the chat, and what the admin lets in. Ours
alone, below Owncast's paths and in its shapes."""

from functools import partial

from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.chat import actor, why
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.api.owncast.federation import span
from fedistream.api.owncast.shapes import Json, moment, moment_or_null
from fedistream.chat.moderation import ADMIN, Moderation
from fedistream.core.ports import ChannelDirectory
from fedistream.federation.inbox.service import Federation
from fedistream.federation.replies.service import Replies
from fedistream.federation.values import Reply

OURS = "fedistream"  # as `spec`: no other server has these


async def answer_message(request: ApiRequest, channels: ChannelDirectory, replies: Replies) -> Response:
    said = await replies.of_message(request.member("messageId", str))
    return await _answer(request, channels, replies, said.note)


async def answer(request: ApiRequest, channels: ChannelDirectory, replies: Replies) -> Response:
    return await _answer(request, channels, replies, request.member("note", str))


async def block_author(
    request: ApiRequest, channels: ChannelDirectory, replies: Replies, federation: Federation, moderation: Moderation
) -> Response:
    """Of a message, with all they said."""
    said = await replies.of_message(request.member("messageId", str))
    # the lines that are hidden by it are noted too, but not by whom
    block = partial(federation.block, channels.home(), said.actor)
    await moderation.carry_out(block, "block author", actor(request), [said.handle], why(request))
    return done("author blocked")


async def held(request: ApiRequest, channels: ChannelDirectory, replies: Replies) -> Response:
    found = await replies.held(channels.home().id, *span(request))
    return json_response({"total": found.total, "results": [shape(each) for each in found.items]}, headers=NO_CACHE)


async def decide(request: ApiRequest, channels: ChannelDirectory, replies: Replies, moderation: Moderation) -> Response:
    note, approved, home = request.member("note", str), request.member("approved", bool), channels.home().id
    said = await replies.of_note(home, note)
    act = partial(replies.approve if approved else replies.refuse, home, note)
    await moderation.carry_out(act, "approve reply" if approved else "refuse reply", ADMIN, [said.handle])
    return done("reply approved" if approved else "reply refused")


def shape(value: Reply) -> Json:
    """`body` is HTML that is safe to show, of which everything is there whatever the warning."""
    return {
        "note": value.note,
        "link": value.link,
        "actor": value.actor,
        "name": value.name,
        "username": value.handle,
        "image": value.image,
        "body": value.html,
        "warning": value.warning,
        "timestamp": moment(value.at),
        "editedAt": moment_or_null(value.edited_at),
    }


async def _answer(request: ApiRequest, channels: ChannelDirectory, replies: Replies, note: str) -> Response:
    by = actor(request)
    post = await replies.answer(channels.home(), note, request.member("body", str), "" if by == ADMIN else by)
    return json_response({"success": True, "message": "answered", "url": post.url})


ENDPOINTS = (
    Endpoint("POST", "/api/chat/replies/answer", answer_message, "moderator", OURS),
    Endpoint("POST", "/api/chat/replies/block", block_author, "moderator", OURS),
    Endpoint("GET", "/api/admin/federation/replies", held, "admin", OURS),
    Endpoint("POST", "/api/admin/federation/replies/decide", decide, "admin", OURS),
    Endpoint("POST", "/api/admin/federation/replies/answer", answer, "admin", OURS),
)
