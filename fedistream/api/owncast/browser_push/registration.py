"""Subscriptions of browsers to notifications.

POST /api/notifications/register     {channel, destination}: `destination` is the browser's subscription as JSON text
POST /api/notifications/unregister   the same, ours: that browser gets no more
"""

from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.services import OwncastServices
from fedistream.core.errors import Invalid
from fedistream.notifications.values import NotificationProblem

CHANNEL = "BROWSER_PUSH_NOTIFICATION"
BODY_LIMIT = 16 * 1024  # bytes; JSON within JSON


async def register(request: ApiRequest, services: OwncastServices) -> Response:
    destination, browsers = _destination(request), services.notifications.subscriptions
    await browsers.register(request.channel.id, destination, request.principal.id, request.client_network)
    return Response(headers=NO_CACHE)


async def unregister(request: ApiRequest, services: OwncastServices) -> Response:
    await services.notifications.subscriptions.unregister(request.channel.id, _destination(request))
    return Response(headers=NO_CACHE)


def _destination(request: ApiRequest) -> str:
    """Return the subscription as text. Raises Invalid."""
    if request.member("channel", str) != CHANNEL:
        raise Invalid("channel", NotificationProblem.CHANNEL, choices=CHANNEL)
    return request.member("destination", str)


ENDPOINTS = (
    Endpoint("POST", "/api/notifications/register", register, Permission.VISITOR, "0.0.11", BODY_LIMIT),
    Endpoint("POST", "/api/notifications/unregister", unregister, Permission.VISITOR, "fedistream", BODY_LIMIT),
)
