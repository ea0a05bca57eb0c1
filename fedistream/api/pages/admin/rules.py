"""Who may come: the rules by which followers wait, which servers are blocked or known, and lists of them as files."""

from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.federation_admin import LIST_LIMIT
from fedistream.api.pages.admin.context import AdminContext, AdminPage, FormResult, done, page, save
from fedistream.api.pages.forms import form, upload
from fedistream.core.errors import Invalid
from fedistream.federation.followers.blocklists import Import

PAGE = "/admin/federation/rules"
FORM = (
    *("federation.private", "federation.hold_unknown", "federation.hold_automated", "federation.hold_younger_days"),
    *("federation.known_only", "federation.known_domains", "federation.blocked_domains", "federation.blocked_accounts"),
)
SHEET = AdminPage("admin/rules.html", PAGE, FORM)
UPLOAD_LIMIT = LIST_LIMIT + 8 * 1024  # bytes; the list, and the form around it
WRONG_SHOWN = 20  # lines that are no domains


class Blocklists(Protocol):
    async def take(self, text: str, *, dry: bool) -> Import: ...


async def show(ask: ApiRequest, desk: AdminContext) -> Response:
    """GET /admin/federation/rules"""
    return await _page(ask, desk)


async def change(ask: ApiRequest, desk: AdminContext) -> Response:
    """POST /admin/federation/rules"""
    filled = await save(desk, form(ask, desk.tickets), FORM)
    return await _page(ask, desk, filled) if filled.errors else done(PAGE, "saved")


async def take(ask: ApiRequest, desk: AdminContext, lists: Blocklists) -> Response:
    """POST /admin/federation/rules/import: what a file would block, or with `do` of import, blocks."""
    brought = await upload(ask, desk.tickets, "list")
    dry = brought.fields.get("do") != "import"
    try:
        found = await lists.take(brought.data.decode(), dry=dry)
    except UnicodeDecodeError:
        return await _page(ask, desk, FormResult({"list": desk.words("must be a text in UTF-8")}))
    except Invalid as error:
        return await _page(ask, desk, FormResult({"list": error.why}))
    return await _page(ask, desk, found=found, dry=dry)


async def _page(
    ask: ApiRequest,
    desk: AdminContext,
    filled: FormResult | None = None,
    *,
    found: Import | None = None,
    dry: bool = True,
) -> Response:
    shown = {"found": found, "dry": dry, "wrong": found.wrong[:WRONG_SHOWN] if found else ()}
    return await page(ask, desk, SHEET, shown, filled)
