"""Calls for programs with an access token: bots in the chat, chat messages, and a few of the admin's calls."""

from contextlib import suppress

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import changed, done
from fedistream.api.owncast.public import status_shape
from fedistream.api.owncast.services import OwncastServices
from fedistream.core.errors import Invalid, NotFound, ValueProblem

SENT = "sent"


async def system(request: ApiRequest, services: OwncastServices) -> Response:
    await services.poster.system(request.channel.id, request.member("body", str))
    return done(SENT)


async def system_to(request: ApiRequest, services: OwncastServices) -> Response:
    text = request.parts["client_id"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Invalid("clientId", RequestProblem.CLIENT_NUMBER)
    # the client may have left a moment ago, which Owncast's bots do not expect to be an error
    with suppress(NotFound):
        services.poster.system_to(int(text), request.member("body", str))
    return done(SENT)


async def send(request: ApiRequest, services: OwncastServices) -> Response:
    bot = request.principal.visitor
    assert bot is not None, "an integration speaks as a bot"
    await services.poster.bot_says(request.channel.id, bot, request.member("body", str))
    return done(SENT)


async def action(request: ApiRequest, services: OwncastServices) -> Response:
    await services.poster.action(request.channel.id, request.member("body", str))
    return done(SENT)


async def send_as_user(request: ApiRequest, services: OwncastServices) -> Response:
    """Answer as Owncast does since it removed this call."""
    raise Invalid("this call", RequestProblem.NO_LONGER_SUPPORTED, instead="/api/integrations/chat/send")


async def status(request: ApiRequest, services: OwncastServices) -> Response:
    """Return the status with the two peaks, which only the earliest documents show to everybody."""
    channel_id = request.channel.id
    shape = status_shape(services, channel_id)
    peak = services.viewers.peak(channel_id)
    counts = {
        "viewerCount": services.viewers.count(channel_id) if shape["online"] else 0,
        "overallMaxViewerCount": peak.overall,
        "sessionMaxViewerCount": peak.session,
    }
    return json_response(shape | counts)


async def title(request: ApiRequest, services: OwncastServices) -> Response:
    text = request.member("value", str)
    if not text.strip():
        raise Invalid("value", ValueProblem.EMPTY)
    await services.settings.change("channel.title", text, request.channel.id)
    return changed()
