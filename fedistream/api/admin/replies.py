"""Calls about replies from the fediverse: moderators answer them and block authors, the admin approves them. The calls
are our own, below Owncast's paths and in its format."""

from functools import partial

from starlette.responses import Response

from fedistream.api.admin.services import AdminServices
from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import ADMIN_ID, Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.chat import why
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.api.owncast.federation import span
from fedistream.api.owncast.shapes import Json, moment, moment_or_null
from fedistream.chat.values import ActionKind
from fedistream.federation.values import Reply

OURS = "fedistream"  # as `spec`: no other server has these


async def answer_message(request: ApiRequest, services: AdminServices) -> Response:
    reply = await services.replies.of_message(request.member("messageId", str))
    return await _answer(request, services, reply.note)


async def answer(request: ApiRequest, services: AdminServices) -> Response:
    return await _answer(request, services, request.member("note", str))


async def block_author(request: ApiRequest, services: AdminServices) -> Response:
    """Block the author of a reply in the chat, and hide all that they said."""
    reply = await services.replies.of_message(request.member("messageId", str))
    # the log also has the messages that this hides, but without a moderator
    block = partial(services.federation.block, request.channel, reply.actor)
    await services.moderation.carry_out(
        block, ActionKind.BLOCK_AUTHOR, request.principal.actor, [reply.handle], why(request)
    )
    return done("author blocked")


async def held(request: ApiRequest, services: AdminServices) -> Response:
    found = await services.replies.held(request.channel.id, *span(request))
    return json_response({"total": found.total, "results": [shape(each) for each in found.items]}, headers=NO_CACHE)


async def decide(request: ApiRequest, services: AdminServices) -> Response:
    note, approved, channel_id = request.member("note", str), request.member("approved", bool), request.channel.id
    reply = await services.replies.of_note(channel_id, note)
    act = partial(services.replies.approve if approved else services.replies.refuse, channel_id, note)
    await services.moderation.carry_out(
        act,
        ActionKind.APPROVE_REPLY if approved else ActionKind.REFUSE_REPLY,
        request.principal.actor,
        [reply.handle],
    )
    return done("reply approved" if approved else "reply refused")


def shape(value: Reply) -> Json:
    """Return a reply as JSON. `body` is the complete sanitised HTML, also with a content warning."""
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


async def _answer(request: ApiRequest, services: AdminServices, note: str) -> Response:
    by = request.principal.actor
    post = await services.replies.answer(
        request.channel, note, request.member("body", str), "" if by == ADMIN_ID else by
    )
    return json_response({"success": True, "message": "answered", "url": post.url})


ENDPOINTS = (
    Endpoint("POST", "/api/chat/replies/answer", answer_message, Permission.MODERATOR, OURS),
    Endpoint("POST", "/api/chat/replies/block", block_author, Permission.MODERATOR, OURS),
    Endpoint("GET", "/api/admin/federation/replies", held, Permission.ADMIN, OURS),
    Endpoint("POST", "/api/admin/federation/replies/decide", decide, Permission.ADMIN, OURS),
    Endpoint("POST", "/api/admin/federation/replies/answer", answer, Permission.ADMIN, OURS),
)
