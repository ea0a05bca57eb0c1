"""The page of access tokens for bots and other programs: create, show once, revoke."""

from starlette.responses import Response

from fedistream.access_tokens.service import Integration, Scope
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.core.errors import Invalid, NotFound

PAGE = "/admin/chat/tokens"
ADMIN_PAGE = AdminPage("admin/tokens.html", PAGE)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/tokens"""
    return await _page(request, services)


async def make(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/tokens. No redirect: the answer is the only page that ever has the token."""
    submitted = form(request, services.csrf)
    scopes = [scope.value for scope in Scope if submitted.get(scope.value)]
    try:
        made, token = await services.access_tokens.make(submitted.get("program", ""), scopes)
    except Invalid as error:
        where = "scopes" if error.field == "scopes" else "program"
        why = services.words("choose at least one") if where == "scopes" else explain(error)
        typed = {"program": submitted.get("program", ""), **dict.fromkeys(scopes, "on")}
        return await _page(request, services, FormResult({where: why}, typed))
    return await _page(request, services, made=made, token=token)


async def remove(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/tokens/remove"""
    try:
        await services.access_tokens.delete(form(request, services.csrf).get("token", ""))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "token-removed")


async def _page(
    request: ApiRequest,
    services: AdminPagesServices,
    result: FormResult | None = None,
    *,
    made: Integration | None = None,
    token: str = "",
) -> Response:
    shown = {
        "found": await services.access_tokens.all(),
        "made": made,
        "token": token,
        "scopes": [scope.value for scope in Scope],
        "values": result.typed if result else {},
    }
    return await page(request, services, ADMIN_PAGE, shown, result)
