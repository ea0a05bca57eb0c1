"""Notices that a stream is live: how they come, what is planned and what is out, and what the admin wants otherwise."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import (
    ROWS,
    AdminContext,
    AdminPage,
    FormResult,
    Pager,
    done,
    number,
    offset,
    page,
    save,
)
from fedistream.api.pages.forms import form
from fedistream.broadcasts.values import State as AirState
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.markdown import render_page
from fedistream.federation.values import Off
from fedistream.notices.values import OUT, Notice, Page, Preview

PAGE = "/admin/federation/notices"
FORM = (
    *("federation.live_message", "notice.ended_message", "notice.delay_s", "notice.cooldown_s"),
    *("notice.picture", "notice.at_end", "notice.language"),
)
SHEET = AdminPage("admin/notices.html", PAGE, FORM)


class Notices(Protocol):
    async def page(self, channel_id: int, offset: int = 0, limit: int = 20) -> Page: ...
    async def preview(self, channel_id: int, notice_id: int | None = None, text: str = "") -> Preview: ...
    async def edit(self, channel_id: int, notice_id: int, text: str) -> Notice: ...
    async def cancel(self, channel_id: int, notice_id: int) -> Notice: ...
    async def post_now(self, channel_id: int, notice_id: int | None = None) -> Notice: ...
    async def withdraw(self, channel_id: int, notice_id: int) -> Notice: ...


async def show(request: ApiRequest, context: AdminContext, notices: Notices) -> Response:
    """GET /admin/federation/notices"""
    return await _page(request, context, notices)


async def change(request: ApiRequest, context: AdminContext, notices: Notices) -> Response:
    """POST /admin/federation/notices/settings"""
    filled = await save(context, form(request, context.csrf), FORM)
    return await _page(request, context, notices, filled) if filled.errors else done(PAGE, "saved")


async def decide(request: ApiRequest, context: AdminContext, notices: Notices) -> Response:
    """POST /admin/federation/notices: `do` says what about the notice `id`, or about that of what is on the air."""
    brought = form(request, context.csrf)
    what, text = brought.get("do", ""), brought.get("text", "")
    if what not in DEEDS:
        raise Invalid("do", f"must be one of {', '.join(DEEDS)}")
    wanted = number(brought.get("id", "")) if brought.get("id") or what != "post" else None
    try:
        if what == "preview":
            made = await notices.preview(context.home, wanted, text)
            return await _page(request, context, notices, previewed={wanted: made})
        await DEEDS[what](notices, context.home, wanted, text)
    except NotFound:
        return done(PAGE, "gone")
    except (Invalid, Conflict) as error:
        why = error.why if isinstance(error, Invalid) else str(error)
        return await _page(request, context, notices, FormResult({"notice": why}, {"text": text}))
    return done(PAGE, f"notice-{what}")


DEEDS: Mapping[str, Callable[[Notices, int, Any, str], Awaitable[object]]] = {
    "preview": lambda notices, home, which, text: notices.preview(home, which, text),
    "edit": lambda notices, home, which, text: notices.edit(home, which, text),
    "cancel": lambda notices, home, which, text: notices.cancel(home, which),
    "post": lambda notices, home, which, text: notices.post_now(home, which),
    "withdraw": lambda notices, home, which, text: notices.withdraw(home, which),
}


async def _page(
    request: ApiRequest,
    context: AdminContext,
    notices: Notices,
    filled: FormResult | None = None,
    *,
    previewed: Mapping[int | None, Preview] | None = None,
) -> Response:
    start = offset(request)
    found = await notices.page(context.home, start, ROWS)
    shown = {
        "found": found.items,
        "worded": {each.id: Markup(render_page(each.text)) for each in found.items},  # noqa: S704
        "span": Pager(start, found.total, {}),
        "out": OUT,
        "live": context.broadcasts.air(context.home).state is not AirState.OFFLINE,
        "next": await _next(context, notices),
        # sanitised when they were made
        "previewed": {which: (made.text, Markup(made.html)) for which, made in (previewed or {}).items()},  # noqa: S704
    }
    return await page(request, context, SHEET, shown, filled)


async def _next(context: AdminContext, notices: Notices) -> Markup | None:
    """What the next notice would say; None while there can be none."""
    try:
        return Markup((await notices.preview(context.home)).html)  # noqa: S704
    except (Off, Invalid):
        return None
