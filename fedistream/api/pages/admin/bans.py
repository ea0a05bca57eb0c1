"""The page of IP addresses that are banned from the chat."""

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import ROWS, AdminPage, FormResult, Pager, done, offset, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.chat.wording import because
from fedistream.core.errors import Invalid, NotFound

PAGE = "/admin/chat/bans"
ADMIN_PAGE = AdminPage("admin/bans.html", PAGE)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/bans"""
    return await _page(request, services)


async def add(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/bans"""
    submitted = form(request, services.csrf)
    try:
        await services.moderation.ban(
            submitted.get("address", ""), request.principal.actor, submitted.get("why", "").strip()
        )
    except Invalid as error:
        typed = {name: submitted.get(name, "") for name in ("address", "why")}
        return await _page(request, services, FormResult({"address": explain(error)}, typed))
    return done(PAGE, "ban-added")


async def remove(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/bans/remove"""
    try:
        await services.moderation.lift_ban(form(request, services.csrf).get("address", ""), request.principal.actor)
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "ban-removed")


async def _page(request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None) -> Response:
    found, start = services.bans.all()[::-1], offset(request)
    listed = [(each, because(each.cause, each.notes)) for each in found[start : start + ROWS]]
    shown = {"found": listed, "pager": Pager(start, len(found), {}), "values": {}}
    return await page(request, services, ADMIN_PAGE, shown | ({"values": result.typed} if result else {}), result)
