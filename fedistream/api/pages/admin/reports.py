"""The page of reports, and of quotes of the channel's posts."""

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import ROWS, AdminPage, Pager, done, number, offset, page, view
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.core.errors import NotFound
from fedistream.federation.values import Off

PAGE = "/admin/federation/reports"
ADMIN_PAGE = AdminPage("admin/reports.html", PAGE)
LATELY = 100  # quotes; the API lists more


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/reports"""
    settled, start = request.query.get("settled") == "yes", offset(request)
    found = await services.reports.page(settled=settled, offset=start, limit=ROWS)
    try:
        quoted = (await services.quotes.page(request.channel.id, 0, LATELY)).items
    except Off:
        quoted = ()
    shown = {
        "settled": settled,
        "found": found.items,
        "quoted": quoted,
        "pager": Pager(start, found.total, {"settled": "yes" if settled else ""}),
    }
    return await page(request, services, ADMIN_PAGE, shown)


async def settle(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/reports: `settled` is yes or no."""
    submitted = form(request, services.csrf)
    settled, seen = submitted.get("settled") == "yes", view(submitted, ("settled", "offset"))
    try:
        await services.reports.settle(number(submitted.get("id", "")), settled=settled)
    except NotFound:
        return done(PAGE, "gone", **seen)
    return done(PAGE, "report-settled" if settled else "report-opened", **seen)


async def revoke(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/reports/revoke: a quote is no longer allowed."""
    try:
        await services.quotes.revoke(form(request, services.csrf).get("id", "")[:24])
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "quote-revoked")
