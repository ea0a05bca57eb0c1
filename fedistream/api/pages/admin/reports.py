"""What others complain of, and who quotes the channel's posts."""

from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import ROWS, AdminContext, AdminPage, Pager, done, number, offset, page, view
from fedistream.api.pages.forms import form
from fedistream.core.errors import NotFound
from fedistream.federation.inbox.reports import Report
from fedistream.federation.posts.quotes import Quote
from fedistream.federation.values import Off, Page

PAGE = "/admin/federation/reports"
SHEET = AdminPage("admin/reports.html", PAGE)
LATELY = 100  # quotes; who wants to see more asks by the API


class Reports(Protocol):
    async def page(self, *, settled: bool = False, offset: int = 0, limit: int = 50) -> Page[Report]: ...
    async def settle(self, flag_id: int, *, settled: bool = True) -> None: ...


class Quotes(Protocol):
    async def page(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Quote]: ...
    async def revoke(self, quote_id: str) -> None: ...


async def show(request: ApiRequest, context: AdminContext, flags: Reports, quotes: Quotes) -> Response:
    """GET /admin/federation/reports"""
    settled, start = request.query.get("settled") == "yes", offset(request)
    found = await flags.page(settled=settled, offset=start, limit=ROWS)
    try:
        quoted = (await quotes.page(context.home, 0, LATELY)).items
    except Off:
        quoted = ()
    shown = {
        "settled": settled,
        "found": found.items,
        "quoted": quoted,
        "span": Pager(start, found.total, {"settled": "yes" if settled else ""}),
    }
    return await page(request, context, SHEET, shown)


async def settle(request: ApiRequest, context: AdminContext, flags: Reports) -> Response:
    """POST /admin/federation/reports: `settled` is yes or no."""
    brought = form(request, context.csrf)
    settled, seen = brought.get("settled") == "yes", view(brought, ("settled", "offset"))
    try:
        await flags.settle(number(brought.get("id", "")), settled=settled)
    except NotFound:
        return done(PAGE, "gone", **seen)
    return done(PAGE, "report-settled" if settled else "report-opened", **seen)


async def revoke(request: ApiRequest, context: AdminContext, quotes: Quotes) -> Response:
    """POST /admin/federation/reports/revoke: a quote is no longer allowed."""
    try:
        await quotes.revoke(form(request, context.csrf).get("id", "")[:24])
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "quote-revoked")
