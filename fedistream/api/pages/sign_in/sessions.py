"""The page of the admin's sessions: a list, and what ends them."""

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, done, number, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.pages.sign_in.user_agents import program
from fedistream.core.errors import NotFound

PAGE = "/admin/sessions"
ADMIN_PAGE = AdminPage("admin/sessions.html", PAGE)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/sessions"""
    found = await services.sessions.all()
    shown = {
        "found": sorted(found, key=lambda each: each.id != request.session),
        "current": request.session,
        "programs": {each.id: program(each.user_agent) for each in found},
    }
    return await page(request, services, ADMIN_PAGE, shown)


async def end(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/sessions: end one session."""
    session_id = number(form(request, services.csrf).get("id", ""))
    try:
        await services.sessions.end(session_id)
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "session-ended")


async def end_others(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/sessions/others: end all sessions but that of the request."""
    form(request, services.csrf)
    await services.sessions.end_others(request.session)
    return done(PAGE, "sessions-ended")
