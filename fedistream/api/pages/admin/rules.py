"""The page of follow rules: approval of followers, blocked and known servers, and block lists as files."""

from starlette.responses import Response

from fedistream.api.admin.federation import LIST_LIMIT
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page, save
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form, upload
from fedistream.api.wording import explain
from fedistream.core.errors import Invalid
from fedistream.federation.followers.blocklists import Import

PAGE = "/admin/federation/rules"
FORM = (
    *("federation.private", "federation.hold_unknown", "federation.hold_automated", "federation.hold_younger_days"),
    *("federation.known_only", "federation.known_domains", "federation.blocked_domains", "federation.blocked_accounts"),
)
ADMIN_PAGE = AdminPage("admin/rules.html", PAGE, FORM)
UPLOAD_LIMIT = LIST_LIMIT + 8 * 1024  # bytes; the list, and the form around it
WRONG_SHOWN = 20  # lines shown that are neither a domain nor a handle


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/rules"""
    return await _page(request, services)


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/rules"""
    result = await save(request, services, form(request, services.csrf), FORM)
    return await _page(request, services, result) if result.errors else done(PAGE, "saved")


async def take(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/rules/import: preview what a file would block, or with `do=import` block it."""
    submitted = await upload(request, services.csrf, "list")
    dry = submitted.fields.get("do") != "import"
    try:
        found = await services.blocklists.take(submitted.data.decode(), dry=dry)
    except UnicodeDecodeError:
        return await _page(request, services, FormResult({"list": services.words("must be a text file in UTF-8")}))
    except Invalid as error:
        return await _page(request, services, FormResult({"list": explain(error)}))
    return await _page(request, services, found=found, dry=dry)


async def _page(
    request: ApiRequest,
    services: AdminPagesServices,
    result: FormResult | None = None,
    *,
    found: Import | None = None,
    dry: bool = True,
) -> Response:
    shown = {"found": found, "dry": dry, "wrong": found.wrong[:WRONG_SHOWN] if found else ()}
    return await page(request, services, ADMIN_PAGE, shown, result)
