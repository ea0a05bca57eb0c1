"""The pages of the chat's visitors: search, disable, enable, make moderator, delete; and the details of one visitor."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import ROWS, AdminPage, Pager, done, offset, page, view
from fedistream.api.pages.admin.messages import shown
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.chat.moderation import Moderation
from fedistream.chat.visitors import STATUS, Search
from fedistream.core.errors import Invalid, NotFound, ValueProblem

PAGE = "/admin/chat/visitors"
ADMIN_PAGE = AdminPage("admin/visitors.html", PAGE)
ONE = AdminPage("admin/visitor.html", PAGE)
MAX_SEARCH = 64
VIEW = ("status", "search", "offset")


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/visitors"""
    status = request.query.get("status", "all")
    status = status if status in STATUS else "all"
    text, start = request.query.get("search", "").strip()[:MAX_SEARCH], offset(request)
    search = Search(text=text, status=status, offset=start, limit=ROWS)  # type: ignore[arg-type]
    total, found = await services.visitors.find(search)
    values = {
        "found": found,
        "status": status,
        "search": text,
        "pager": Pager(start, total, {"status": status, "search": text}),
    }
    return await page(request, services, ADMIN_PAGE, values)


async def show_one(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/visitors/{visitor_id}"""
    details = await services.moderation.details(request.parts["visitor_id"])
    return await page(request, services, ONE, {"details": details, "messages": shown(details.messages)})


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/visitors: `do` says what about the visitor `id`."""
    submitted = form(request, services.csrf)
    what = submitted.get("do", "")
    if what not in ACTIONS:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(ACTIONS))
    seen = view(submitted, VIEW)
    try:
        why = submitted.get("why", "").strip()
        await ACTIONS[what](services.moderation, submitted.get("id", ""), request.principal.actor, why)
    except NotFound:
        return done(PAGE, "gone", **seen)
    return done(PAGE, f"visitor-{what}", **seen)


ACTIONS: Mapping[str, Callable[[Moderation, str, str, str], Awaitable[Any]]] = {
    "disable": lambda moderation, who, actor, why: moderation.set_enabled(who, False, actor, why),
    "enable": lambda moderation, who, actor, why: moderation.set_enabled(who, True, actor, why),
    "promote": lambda moderation, who, actor, why: moderation.set_moderator(who, True, actor, why),
    "demote": lambda moderation, who, actor, why: moderation.set_moderator(who, False, actor, why),
    "delete": lambda moderation, who, actor, why: moderation.delete(who, actor, why),
}
