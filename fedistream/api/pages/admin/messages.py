"""What was said in the chat, also what is hidden: hidden and shown again."""

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import ROWS, AdminContext, AdminPage, done, page, view
from fedistream.api.pages.forms import form
from fedistream.chat.moderation import ADMIN
from fedistream.chat.values import Message
from fedistream.core.errors import Invalid

PAGE = "/admin/chat/messages"
SHEET = AdminPage("admin/messages.html", PAGE)
WAYS = {"hide": False, "show": True}


class Messages(Protocol):
    async def moderated(
        self, channel_id: int, *, before: str | None = None, limit: int = 100
    ) -> tuple[Message, ...]: ...


class Moderation(Protocol):
    async def set_visible(self, message_ids: Sequence[str], visible: bool, actor: str, why: str = "") -> int: ...


def shown(messages: Sequence[Message]) -> list[tuple[Message, Markup]]:
    """With the HTML of each, which was sanitised when it was said."""
    return [(each, Markup(each.html)) for each in messages]  # noqa: S704


async def show(request: ApiRequest, context: AdminContext, messages: Messages) -> Response:
    """GET /admin/chat/messages: the newest, or those `before` one. A cursor, as new ones come all the time."""
    before = request.query.get("before") or None
    try:
        found = await messages.moderated(context.home, before=before, limit=ROWS + 1)
    except Invalid:  # nobody types one
        before, found = None, await messages.moderated(context.home, limit=ROWS + 1)
    listed = found[:ROWS]
    values = {
        "found": shown(listed),
        "view": urlencode({"before": before}) if before else "",
        "older": urlencode({"before": listed[-1].id}) if len(found) > ROWS else "",
    }
    return await page(request, context, SHEET, values)


async def change(request: ApiRequest, context: AdminContext, moderation: Moderation) -> Response:
    """POST /admin/chat/messages: `do` is hide or show."""
    brought = form(request, context.csrf)
    what = brought.get("do", "")
    if what not in WAYS:
        raise Invalid("do", f"must be one of {', '.join(WAYS)}")
    changed = await moderation.set_visible([brought.get("id", "")], WAYS[what], ADMIN)
    return done(PAGE, f"message-{what}" if changed else "gone", **view(brought, ("before",)))
