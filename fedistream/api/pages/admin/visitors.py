"""The people of the chat: found, disabled and enabled, made moderators, deleted; and what is known of one of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import ROWS, AdminContext, AdminPage, Pager, done, offset, page, view
from fedistream.api.pages.admin.messages import shown
from fedistream.api.pages.forms import form
from fedistream.chat.moderation import ADMIN, Details
from fedistream.chat.values import Visitor
from fedistream.chat.visitors import STATUS, Search
from fedistream.core.errors import Invalid, NotFound

PAGE = "/admin/chat/visitors"
SHEET = AdminPage("admin/visitors.html", PAGE)
ONE = AdminPage("admin/visitor.html", PAGE)
MAX_SEARCH = 64
VIEW = ("status", "search", "offset")


class Visitors(Protocol):
    async def find(self, search: Search) -> tuple[int, tuple[Visitor, ...]]: ...


class Moderation(Protocol):
    async def set_enabled(self, visitor_id: str, enabled: bool, actor: str, why: str = "") -> Visitor: ...
    async def set_moderator(self, visitor_id: str, moderator: bool, *, why: str) -> Visitor: ...
    async def delete(self, visitor_id: str, actor: str = ..., why: str = "") -> None: ...
    async def details(self, visitor_id: str) -> Details: ...


async def show(request: ApiRequest, context: AdminContext, visitors: Visitors) -> Response:
    """GET /admin/chat/visitors"""
    status = request.query.get("status", "all")
    status = status if status in STATUS else "all"
    text, start = request.query.get("search", "").strip()[:MAX_SEARCH], offset(request)
    search = Search(text=text, status=status, offset=start, limit=ROWS)  # type: ignore[arg-type]
    total, found = await visitors.find(search)
    values = {
        "found": found,
        "status": status,
        "search": text,
        "span": Pager(start, total, {"status": status, "search": text}),
    }
    return await page(request, context, SHEET, values)


async def show_one(request: ApiRequest, context: AdminContext, moderation: Moderation) -> Response:
    """GET /admin/chat/visitors/{visitor_id}"""
    details = await moderation.details(request.parts["visitor_id"])
    return await page(request, context, ONE, {"details": details, "messages": shown(details.messages)})


async def change(request: ApiRequest, context: AdminContext, moderation: Moderation) -> Response:
    """POST /admin/chat/visitors: `do` says what about the visitor `id`."""
    brought = form(request, context.csrf)
    what = brought.get("do", "")
    if what not in DEEDS:
        raise Invalid("do", f"must be one of {', '.join(DEEDS)}")
    seen = view(brought, VIEW)
    try:
        await DEEDS[what](moderation, brought.get("id", ""), brought.get("why", "").strip())
    except NotFound:
        return done(PAGE, "gone", **seen)
    return done(PAGE, f"visitor-{what}", **seen)


DEEDS: Mapping[str, Callable[[Moderation, str, str], Awaitable[Any]]] = {
    "disable": lambda moderation, who, why: moderation.set_enabled(who, False, ADMIN, why),
    "enable": lambda moderation, who, why: moderation.set_enabled(who, True, ADMIN, why),
    "promote": lambda moderation, who, why: moderation.set_moderator(who, True, why=why),
    "demote": lambda moderation, who, why: moderation.set_moderator(who, False, why=why),
    "delete": lambda moderation, who, why: moderation.delete(who, ADMIN, why),
}
