"""What moderators and the admin did in the chat, the newest first."""

from typing import Protocol
from urllib.parse import urlencode

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import ROWS, AdminContext, AdminPage, number, page
from fedistream.chat.moderation import ADMIN, Action
from fedistream.chat.values import Visitor
from fedistream.core.errors import Invalid

PAGE = "/admin/chat/log"
SHEET = AdminPage("admin/actions.html", PAGE)


class Moderation(Protocol):
    async def actions(self, limit: int = 100, *, before: int | None = None) -> tuple[Action, ...]: ...


class Visitors(Protocol):
    async def by_ids(self, visitor_ids: set[str]) -> dict[str, Visitor]: ...


async def show(request: ApiRequest, context: AdminContext, moderation: Moderation, visitors: Visitors) -> Response:
    """GET /admin/chat/log: the newest, or those `before` one. A cursor, as new ones come while one reads."""
    before = _before(request)
    found = await moderation.actions(ROWS + 1, before=before)
    listed = found[:ROWS]
    known = await visitors.by_ids({each for action in listed for each in (action.actor, action.target)} - {ADMIN})
    shown = {
        "found": listed,
        "known": known,
        "admin": ADMIN,
        "later": before is not None,
        "older": urlencode({"before": listed[-1].id}) if len(found) > ROWS else "",
    }
    return await page(request, context, SHEET, shown)


def _before(request: ApiRequest) -> int | None:
    try:
        return number(request.query.get("before", ""))
    except Invalid:  # nobody types one
        return None
