"""The web side of a node as one ASGI application: HLS in front, then the entries of every face, then "not here"."""

from collections.abc import Mapping
from typing import cast

from starlette.requests import Request
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from fedistream.api import ops
from fedistream.api.fediverse import routes as fediverse
from fedistream.api.fediverse.errors import Counts, FediverseErrors
from fedistream.api.hls import PREFIX, HlsFace
from fedistream.api.http.endpoints import Authenticator, routes
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import routes as owncast
from fedistream.api.owncast.errors import OwncastErrors
from fedistream.api.owncast.websocket.endpoint import PATHS as CHAT_PATHS
from fedistream.api.pages import routes as pages
from fedistream.api.pages.error_pages import ErrorPages
from fedistream.core.errors import NotFound


def application(
    hls: HlsFace,
    services: Mapping[str, object],
    authenticators: Mapping[str, Authenticator],
    page_envelope: ErrorPages,
    chat: ASGIApp | None = None,
) -> ASGIApp:
    """`services` are handed to handlers by the names of their parameters; `chat` serves the chat's websockets. Raises
    entries.WrongTable."""
    api_envelope = OwncastErrors()
    fediverse_envelope = FediverseErrors(cast(Counts, services["federation"]))
    listed = [
        *routes(ops.ENDPOINTS, services, authenticators, ops.ENVELOPE),
        *routes(owncast.ENDPOINTS, services, authenticators, api_envelope),
        *routes(fediverse.ENDPOINTS, services, authenticators, fediverse_envelope),
        *routes(pages.ENDPOINTS, services, authenticators, page_envelope),
    ]

    async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
        """No table has this path. The one place where a prefix decides: whose words say so."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = ApiRequest(Request(scope, receive))
        if request.path.startswith("/api/"):
            answer = api_envelope.refusal(request, NotFound("there is no such call"))
        else:
            answer = page_envelope.unknown(request)
        await answer(scope, receive, send)

    # most paths are one call's alone: to find those among 200 patterns costs a twentieth of a core at 500 requests/s
    exact = {route.path: route.app for route in listed if not route.param_convertors}
    # a bare router: entries answer for their own errors, so no middleware has to wrap every request
    rest = Router([route for route in listed if route.param_convertors], redirect_slashes=False, default=unknown)

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await hls(scope, receive, send)
        elif chat is not None and scope["type"] == "websocket" and scope["path"] in CHAT_PATHS:
            await chat(scope, receive, send)
        elif scope["type"] == "http" and (known := exact.get(scope["path"])) is not None:
            await known(scope, receive, send)
        else:
            await rest(scope, receive, send)

    return front
