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


async def show(ask: ApiRequest, desk: AdminContext, flags: Reports, quotes: Quotes) -> Response:
    """GET /admin/federation/reports"""
    settled, start = ask.query.get("settled") == "yes", offset(ask)
    found = await flags.page(settled=settled, offset=start, limit=ROWS)
    try:
        quoted = (await quotes.page(desk.home, 0, LATELY)).items
    except Off:
        quoted = ()
    shown = {
        "settled": settled,
        "found": found.items,
        "quoted": quoted,
        "span": Pager(start, found.total, {"settled": "yes" if settled else ""}),
    }
    return await page(ask, desk, SHEET, shown)


async def settle(ask: ApiRequest, desk: AdminContext, flags: Reports) -> Response:
    """POST /admin/federation/reports: `settled` is yes or no."""
    brought = form(ask, desk.tickets)
    settled, seen = brought.get("settled") == "yes", view(brought, ("settled", "offset"))
    try:
        await flags.settle(number(brought.get("id", "")), settled=settled)
    except NotFound:
        return done(PAGE, "gone", **seen)
    return done(PAGE, "report-settled" if settled else "report-opened", **seen)


async def revoke(ask: ApiRequest, desk: AdminContext, quotes: Quotes) -> Response:
    """POST /admin/federation/reports/revoke: a quote is no longer allowed."""
    try:
        await quotes.revoke(form(ask, desk.tickets).get("id", "")[:24])
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "quote-revoked")
