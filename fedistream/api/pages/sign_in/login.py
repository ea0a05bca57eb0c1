"""The admin's login form, and signing out."""

import math
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.admin_sign_in import WrongCode
from fedistream.api.http.auth import MAX_PASSWORD, USER
from fedistream.api.http.origins import refuse_other_sites
from fedistream.api.http.request import ApiRequest, Unidentified
from fedistream.api.pages import texts
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.error_pages import LOGIN
from fedistream.api.pages.forms import Stale, form
from fedistream.core.errors import TooMany
from fedistream.signin.provider import ENDPOINT as INDIEAUTH

FIRST_PAGE = "/admin/"
MAX_NEXT = 6000  # characters; an IndieAuth request has three addresses


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/login: the form; a browser that is signed in is led on."""
    next_page = safe_next(request.query.get("next", ""))
    if await services.sign_in.session(request) is not None:
        return RedirectResponse(next_page, 303)
    return await _page(request, services, next_page, {})


async def sign_in(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/login"""
    refuse_other_sites(request)
    words = services.words
    try:
        submitted = form(request, services.csrf)
    except Stale:
        # a restart of the node makes all pages out of date, and the reader did nothing wrong
        return await _page(request, services, FIRST_PAGE, {"password": words("This page was out of date. Try again.")})
    next_page, name, password = (
        safe_next(submitted.get("next", "")),
        submitted.get("username", ""),
        submitted.get("password", ""),
    )
    if name.strip().lower() != USER:
        return await _page(request, services, next_page, {"username": words("The name of the admin is “admin”.")})
    try:
        if not 0 < len(password) <= MAX_PASSWORD:
            raise Unidentified
        await services.sign_in.sign_in(request, password, submitted.get("code", ""))
    except Unidentified:
        return await _page(request, services, next_page, {"password": words("Wrong password.")})
    except WrongCode:
        return await _page(request, services, next_page, {"code": words("Wrong code, or one that was used already.")})
    except TooMany as error:
        message = words("Too many wrong passwords or codes. Try again in %(n)d s.") % {"n": math.ceil(error.after_s)}
        response = await _page(request, services, next_page, {"password": message}, status=429)
        response.headers["Retry-After"] = str(math.ceil(error.after_s))
        return response
    return RedirectResponse(next_page, 303)


async def sign_out(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/logout"""
    form(request, services.csrf)
    await services.sign_in.sign_out(request)
    return RedirectResponse(f"{LOGIN}?done=signed-out", 303)


def safe_next(text: str) -> str:
    """Return the page to go on with: a path of the admin's pages, else the first one."""
    if not text.isascii() or not text.isprintable() or len(text) > MAX_NEXT or "\\" in text:
        return FIRST_PAGE
    try:
        url = urlsplit(text)
    except ValueError:
        return FIRST_PAGE
    path = unquote(url.path)
    ours = path.startswith("/admin/") or path == INDIEAUTH
    outside = url.scheme or url.netloc or not ours or ".." in path or "//" in path
    return FIRST_PAGE if outside or path.startswith(LOGIN) else text


async def _page(
    request: ApiRequest, services: AdminPagesServices, next_page: str, errors: Mapping[str, str], *, status: int = 422
) -> Response:
    notice = texts.notices(services.pages.translations).get(request.query.get("done", ""), "")
    shown = {
        "name": services.settings.value("channel.name", request.channel.id),
        "csrf_token": services.csrf.issue(),
        "next": next_page,
        "errors": errors,
        "values": {"username": USER},
        "notice": "" if errors else notice,
        "needs_code": await services.sign_in.needs_code(),
    }
    found = status if errors else 200
    return services.pages.page("admin/login.html", shown, frame=Frame.NOBODY, status=found, cache="no-store")
