"""The page of moderation actions in the chat, the newest first."""

from urllib.parse import urlencode

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import texts
from fedistream.api.pages.admin.frame import ROWS, AdminPage, number, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.chat.moderation import ADMIN
from fedistream.chat.wording import because
from fedistream.core.errors import Invalid

PAGE = "/admin/chat/log"
ADMIN_PAGE = AdminPage("admin/actions.html", PAGE)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/log: the newest, or those `before` one. A cursor, as new ones come while one reads."""
    before = _before(request)
    found = await services.moderation.actions(ROWS + 1, before=before)
    listed = found[:ROWS]
    known = await services.visitors.by_ids(
        {each for action in listed for each in (action.actor, action.target)} - {ADMIN}
    )
    shown = {
        "found": listed,
        "whys": {each.id: because(each.cause, each.why) for each in listed},
        "actions": texts.actions(services.pages.translations),
        "known": known,
        "admin": ADMIN,
        "later": before is not None,
        "older": urlencode({"before": listed[-1].id}) if len(found) > ROWS else "",
    }
    return await page(request, services, ADMIN_PAGE, shown)


def _before(request: ApiRequest) -> int | None:
    try:
        return number(request.query.get("before", ""))
    except Invalid:  # only the links of the page send this
        return None
