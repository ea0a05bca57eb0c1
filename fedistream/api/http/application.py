"""The web side of a node as one ASGI application: HLS in front, then the endpoints of every face, then "not here"."""

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from fedistream.api import ops, prometheus
from fedistream.api.admin import routes as admin
from fedistream.api.admin.services import AdminServices
from fedistream.api.fediverse import routes as fediverse
from fedistream.api.fediverse.errors import FediverseErrors
from fedistream.api.fediverse.services import FediverseServices
from fedistream.api.hls import PREFIX, HlsFace
from fedistream.api.http.endpoints import Access, routes
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.openapi import face as documentation
from fedistream.api.openapi.face import Documentation
from fedistream.api.ops import OpsServices
from fedistream.api.owncast import routes as owncast
from fedistream.api.owncast.errors import OwncastErrors
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.websocket.endpoint import PATHS as CHAT_PATHS
from fedistream.api.pages import routes as pages
from fedistream.api.pages.admin import routes as admin_pages
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.custom import files
from fedistream.api.pages.error_pages import ErrorPages
from fedistream.api.pages.services import PagesServices
from fedistream.api.pages.sign_in import routes as sign_in
from fedistream.api.prometheus import PrometheusServices
from fedistream.channels.values import HOME
from fedistream.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class FaceServices:
    """The services of each face."""

    ops: OpsServices
    prometheus: PrometheusServices
    owncast: OwncastServices
    admin: AdminServices
    fediverse: FediverseServices
    pages: PagesServices
    admin_pages: AdminPagesServices
    documentation: Documentation


def _home_styles(services: PagesServices, access: Access) -> str:
    home = access.find_channel(HOME)
    return "" if home is None else files.stylesheet_url(services, home.id)


def application(hls: HlsFace, faces: FaceServices, access: Access, chat: ASGIApp | None = None) -> ASGIApp:
    """Join all faces; `chat` serves the chat's websockets. Raises endpoints.WrongTable."""
    api_errors = OwncastErrors()
    page_errors = ErrorPages(faces.pages.pages, partial(_home_styles, faces.pages, access))
    listed = [
        *routes(ops.ENDPOINTS, faces.ops, access, ops.RESPONDER),
        *routes(prometheus.ENDPOINTS, faces.prometheus, access, ops.RESPONDER),
        *routes(owncast.ENDPOINTS, faces.owncast, access, api_errors),
        *routes(admin.ENDPOINTS, faces.admin, access, api_errors),
        *routes(documentation.ENDPOINTS, faces.documentation, access, api_errors),
        *routes(fediverse.ENDPOINTS, faces.fediverse, access, FediverseErrors(faces.fediverse.federation)),
        *routes(pages.ENDPOINTS, faces.pages, access, page_errors),
        *routes(sign_in.ENDPOINTS, faces.admin_pages, access, page_errors),
        *routes(admin_pages.ENDPOINTS, faces.admin_pages, access, page_errors),
    ]

    async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a path that is in no table. The prefix decides which face's envelope the error is in."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = ApiRequest(Request(scope, receive))
        if request.path.startswith("/api/"):
            answer = api_errors.refusal(request, NotFound(RequestProblem.NO_CALL))
        else:
            answer = page_errors.unknown(request)
        await answer(scope, receive, send)

    # most paths are one call's alone: to find those among 200 patterns costs a twentieth of a core at 500 requests/s
    exact = {route.path: route.app for route in listed if not route.param_convertors}
    # a bare router: endpoints answer for their own errors, so no middleware has to wrap every request
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
