"""The page of live announcements: their settings, planned and posted ones, and the admin's changes to them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import (
    ROWS,
    AdminPage,
    FormResult,
    Pager,
    done,
    number,
    offset,
    page,
    save,
)
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain, skipped
from fedistream.broadcasts.values import State as AirState
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.core.markdown import render_page
from fedistream.federation.values import Off
from fedistream.notices.service import Notices
from fedistream.notices.values import OUT, Preview

PAGE = "/admin/federation/notices"
FORM = (
    *("federation.live_message", "notice.ended_message", "notice.delay_s", "notice.cooldown_s"),
    *("notice.picture", "notice.at_end", "notice.language"),
)
ADMIN_PAGE = AdminPage("admin/notices.html", PAGE, FORM)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/notices"""
    return await _page(request, services)


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/notices/settings"""
    result = await save(request, services, form(request, services.csrf), FORM)
    return await _page(request, services, result) if result.errors else done(PAGE, "saved")


async def decide(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/notices: `do` says what about the notice `id`, or about that of the live broadcast."""
    submitted = form(request, services.csrf)
    what, text = submitted.get("do", ""), submitted.get("text", "")
    if what not in ACTIONS:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(ACTIONS))
    wanted = number(submitted.get("id", "")) if submitted.get("id") or what != "post" else None
    try:
        if what == "preview":
            made = await services.notices.preview(request.channel.id, wanted, text)
            return await _page(request, services, previewed={wanted: made})
        await ACTIONS[what](services.notices, request.channel.id, wanted, text)
    except NotFound:
        return done(PAGE, "gone")
    except (Invalid, Conflict) as error:
        why = explain(error)
        return await _page(request, services, FormResult({"notice": why}, {"text": text}))
    return done(PAGE, f"notice-{what}")


ACTIONS: Mapping[str, Callable[[Notices, int, Any, str], Awaitable[object]]] = {
    "preview": lambda notices, channel_id, which, text: notices.preview(channel_id, which, text),
    "edit": lambda notices, channel_id, which, text: notices.edit(channel_id, which, text),
    "cancel": lambda notices, channel_id, which, text: notices.cancel(channel_id, which),
    "post": lambda notices, channel_id, which, text: notices.post_now(channel_id, which),
    "withdraw": lambda notices, channel_id, which, text: notices.withdraw(channel_id, which),
}


async def _page(
    request: ApiRequest,
    services: AdminPagesServices,
    result: FormResult | None = None,
    *,
    previewed: Mapping[int | None, Preview] | None = None,
) -> Response:
    start = offset(request)
    found = await services.notices.page(request.channel.id, start, ROWS)
    shown = {
        "found": found.items,
        "worded": {each.id: Markup(render_page(each.text)) for each in found.items},  # noqa: S704
        "whys": {each.id: skipped(each) for each in found.items},
        "pager": Pager(start, found.total, {}),
        "out": OUT,
        "live": services.broadcasts.live_status(request.channel.id).state is not AirState.OFFLINE,
        "next": await _next(request, services),
        # sanitised when they were made
        "previewed": {which: (made.text, Markup(made.html)) for which, made in (previewed or {}).items()},  # noqa: S704
    }
    return await page(request, services, ADMIN_PAGE, shown, result)


async def _next(request: ApiRequest, services: AdminPagesServices) -> Markup | None:
    """Return a preview of the next notice; None while none can be posted."""
    try:
        return Markup((await services.notices.preview(request.channel.id)).html)  # noqa: S704
    except (Off, Invalid):
        return None
