"""Sign-in elsewhere with the node's address (IndieAuth): the admin's consent, and the calls of the client's server."""

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.origins import CSRF_HEADER
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.forms import form, read
from fedistream.api.wording import explain, sentence
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.signin.grants import Asked
from fedistream.signin.provider import GrantRefused
from fedistream.signin.values import SignInProblem

DECISION = "/admin/indieauth"
NOT_KEPT = {"Cache-Control": "no-store"}


async def metadata(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /.well-known/oauth-authorization-server"""
    try:
        return json_response(services.provider.metadata())
    except Conflict:
        raise NotFound(SignInProblem.NO_ADDRESS) from None


async def authorize(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /api/auth/provider/indieauth: ask the admin, who may have been sent here by any site.

    A program that brings the admin's password is sent on at once, as Owncast does. A browser never is: its user may
    not have meant to sign in.
    """
    try:
        asked = await services.provider.check(request.query)
    except (Invalid, Conflict) as error:
        return _refused(request, services, error)
    if _is_program(request):
        return RedirectResponse(await services.provider.accept(asked), 307, NOT_KEPT)
    return await _consent(request, services, asked)


async def decide(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/indieauth: what the admin decided."""
    submitted = form(request, services.csrf)
    asked = await services.provider.take(submitted.get("ticket", ""))
    agreed = submitted.get("do") == "accept"
    back = await services.provider.accept(asked) if agreed else services.provider.deny(asked)
    # 303, not Owncast's 307: a browser would send the form on to the client
    return RedirectResponse(back, 303, NOT_KEPT)


async def redeem(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /api/auth/provider/indieauth: redeem a code."""
    try:
        return json_response(await services.provider.redeem(read(request)), headers=NOT_KEPT)
    except GrantRefused as error:
        message = {"error": error.code, "error_description": explain(error)}
    except Invalid:
        message = {"error": "invalid_request", "error_description": "the body must be a form"}
    except Conflict as error:
        message = {"error": "server_error", "error_description": explain(error)}
    return json_response(message, 400, NOT_KEPT)


def _is_program(request: ApiRequest) -> bool:
    """Return whether a program asks on its own: no browser does so without one of these three signs."""
    headers = request.http.headers
    browser = (
        "text/html" in headers.get("accept", "")
        or "sec-fetch-site" in headers
        or request.user_agent.startswith("Mozilla/")
    )
    return not browser and ("authorization" in headers or headers.get(CSRF_HEADER) == "1")


async def _consent(request: ApiRequest, services: AdminPagesServices, asked: Asked) -> Response:
    shown = {
        "name": services.settings.value("channel.name", request.channel.id),
        "csrf_token": services.csrf.issue(),
        "asked": asked,
        "me": services.provider.me,
        "ticket": await services.provider.ask(asked),
    }
    response = services.pages.page("admin/consent.html", shown, frame=Frame.NOBODY, cache="no-store")
    # Chromium applies form-action to the redirect after a form too
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace(
        "form-action 'self'", f"form-action 'self' {asked.origin}"
    )
    return response


def _refused(request: ApiRequest, services: AdminPagesServices, error: Invalid | Conflict) -> Response:
    message = sentence(error)
    if isinstance(error, Invalid) and error.problem is ValueProblem.MISSING:
        message = f"Query argument {error.field} is required, but not found"  # as Owncast says it
    if "text/html" not in request.http.headers.get("accept", ""):
        return PlainTextResponse(f"{message}\n", 400)
    values = {
        "code": 400,
        "heading": services.words("You cannot sign in there"),
        "words": message[:1].upper() + message[1:] + ".",
        "back": "/admin/",
        "back_label": services.words("Go to the admin page"),
    }
    return services.pages.page("error.html", values, frame=Frame.NOBODY, status=400, cache="no-store")
