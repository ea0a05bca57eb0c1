"""The page of chat messages, hidden ones too, with buttons that hide them and show them again."""

from collections.abc import Sequence
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import ROWS, AdminPage, done, page, view
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.chat.values import Message
from fedistream.core.errors import Invalid, ValueProblem

PAGE = "/admin/chat/messages"
ADMIN_PAGE = AdminPage("admin/messages.html", PAGE)
WAYS = {"hide": False, "show": True}


def shown(messages: Sequence[Message]) -> list[tuple[Message, Markup]]:
    """Return each message with its HTML, which was sanitised when the message was sent."""
    return [(each, Markup(each.html)) for each in messages]  # noqa: S704


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/messages: the newest, or those `before` one. A cursor, as new ones come all the time."""
    before = request.query.get("before") or None
    try:
        found = await services.messages.moderated(request.channel.id, before=before, limit=ROWS + 1)
    except Invalid:  # only the links of the page send this
        before, found = None, await services.messages.moderated(request.channel.id, limit=ROWS + 1)
    listed = found[:ROWS]
    values = {
        "found": shown(listed),
        "view": urlencode({"before": before}) if before else "",
        "older": urlencode({"before": listed[-1].id}) if len(found) > ROWS else "",
    }
    return await page(request, services, ADMIN_PAGE, values)


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/messages: `do` is hide or show."""
    submitted = form(request, services.csrf)
    what = submitted.get("do", "")
    if what not in WAYS:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(WAYS))
    changed = await services.moderation.set_visible([submitted.get("id", "")], WAYS[what], request.principal.actor)
    return done(PAGE, f"message-{what}" if changed else "gone", **view(submitted, ("before",)))
