"""Followers and their engagements, for everybody and for the admin."""

from functools import partial

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE, changed, done
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.shapes import moment, moment_or_null
from fedistream.chat.values import ActionKind
from fedistream.core.errors import Invalid, ValueProblem
from fedistream.federation.values import Engagement, Follower, Kind, State

DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET = 50, 500, 10**9

# Owncast knows no reactions
TYPES = {
    Kind.FOLLOW: "FEDIVERSE_ENGAGEMENT_FOLLOW",
    Kind.LIKE: "FEDIVERSE_ENGAGEMENT_LIKE",
    Kind.REACTION: "FEDIVERSE_ENGAGEMENT_LIKE",
    Kind.SHARE: "FEDIVERSE_ENGAGEMENT_REPOST",
}


async def followers_shown(request: ApiRequest, services: OwncastServices) -> Response:
    """Return the federation details that the public page shows."""
    channel_id = request.channel.id
    if services.settings.value("federation.hide_followers", channel_id):
        return json_response({"total": await services.followers.count(channel_id), "results": []}, headers=NO_CACHE)
    return await followers_list(request, services)


async def followers_list(request: ApiRequest, services: OwncastServices) -> Response:
    offset, limit = span(request)
    found = await services.followers.page(request.channel.id, State.ACCEPTED, offset, limit, directories=False)
    return json_response({"total": found.total, "results": [follower(each) for each in found.items]}, headers=NO_CACHE)


async def pending(request: ApiRequest, services: OwncastServices) -> Response:
    return await _all(State.PENDING, request, services)


async def blocked(request: ApiRequest, services: OwncastServices) -> Response:
    return await _all(State.BLOCKED, request, services)


async def approve(request: ApiRequest, services: OwncastServices) -> Response:
    """Approve or block a follower: `approved: false` blocks."""
    who, approved = request.member("actorIRI", str), request.member("approved", bool)
    act = partial(services.federation.approve if approved else services.federation.block, request.channel, who)
    what = ActionKind.APPROVE_FOLLOWER if approved else ActionKind.BLOCK_FOLLOWER
    await services.moderation.carry_out(act, what, request.principal.actor, [await services.followers.handle_of(who)])
    return done("follower approved" if approved else "follower rejected")


async def remove(request: ApiRequest, services: OwncastServices) -> Response:
    who = request.member("actorIRI", str)
    act = partial(services.federation.remove, request.channel, who)
    await services.moderation.carry_out(
        act, ActionKind.REMOVE_FOLLOWER, request.principal.actor, [await services.followers.handle_of(who)]
    )
    return done("follower removed")


async def remote_follow(request: ApiRequest, services: OwncastServices) -> Response:
    url = await services.federation.remote_follow(
        request.channel, request.member("account", str), request.client_network
    )
    return json_response({"redirectUrl": url})


async def actions(request: ApiRequest, services: OwncastServices) -> Response:
    found = await services.engagements.page(request.channel.id, *span(request))
    return json_response({"total": found.total, "results": [action(each) for each in found.items]}, headers=NO_CACHE)


async def send(request: ApiRequest, services: OwncastServices) -> Response:
    await services.posts.publish(request.channel, request.member("value", str))
    return changed()


def span(request: ApiRequest) -> tuple[int, int]:
    """Return the offset and limit of the query. Raises Invalid."""
    numbers = {"offset": 0, "limit": DEFAULT_LIMIT}
    for name, most in (("offset", MAX_OFFSET), ("limit", MAX_LIMIT)):
        text = request.query.get(name, "")
        if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise Invalid(name, ValueProblem.NOT_WHOLE)
        if text:
            numbers[name] = min(int(text), most)
    return numbers["offset"], numbers["limit"] or DEFAULT_LIMIT


def follower(value: Follower) -> dict[str, object]:
    # ours: the reason why the request is held
    held = {"heldFor": value.held_for} if value.state is State.PENDING else {}
    return {
        **held,
        "link": value.actor,
        "name": value.name,
        "username": value.handle,
        "image": value.image,
        "timestamp": moment(value.at),
        "disabledAt": moment_or_null(value.disabled_at),
    }


def action(value: Engagement) -> dict[str, object]:
    # ours: the emoji of a reaction
    reaction = {"reaction": value.reaction} if value.reaction else {}
    return {
        "iri": value.object,
        "actorIRI": value.actor,
        "type": TYPES[value.kind],
        "timestamp": moment(value.at),
        **reaction,
    }


async def _all(state: State, request: ApiRequest, services: OwncastServices) -> Response:
    # directories have calls of their own, but blocked ones are in this list
    directories = None if state is State.BLOCKED else False
    found = await services.followers.page(request.channel.id, state, 0, MAX_LIMIT, directories=directories)
    return json_response([follower(each) for each in found.items], headers=NO_CACHE)
