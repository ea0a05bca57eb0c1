"""Addresses that are kept out of the chat."""

from collections.abc import Sequence
from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import ROWS, AdminContext, AdminPage, FormResult, Pager, done, offset, page
from fedistream.api.pages.forms import form
from fedistream.chat.bans import IpBan
from fedistream.core.errors import Invalid, NotFound

PAGE = "/admin/chat/bans"
SHEET = AdminPage("admin/bans.html", PAGE)


class Bans(Protocol):
    def all(self) -> Sequence[IpBan]: ...


class Moderation(Protocol):
    async def ban(self, address: str, actor: str = ..., why: str = "") -> None: ...
    async def lift_ban(self, address: str) -> None: ...


async def show(request: ApiRequest, context: AdminContext, bans: Bans) -> Response:
    """GET /admin/chat/bans"""
    return await _page(request, context, bans)


async def add(request: ApiRequest, context: AdminContext, bans: Bans, moderation: Moderation) -> Response:
    """POST /admin/chat/bans"""
    brought = form(request, context.csrf)
    try:
        await moderation.ban(brought.get("address", ""), why=brought.get("why", "").strip())
    except Invalid as error:
        typed = {name: brought.get(name, "") for name in ("address", "why")}
        return await _page(request, context, bans, FormResult({"address": error.why}, typed))
    return done(PAGE, "ban-added")


async def remove(request: ApiRequest, context: AdminContext, moderation: Moderation) -> Response:
    """POST /admin/chat/bans/remove"""
    try:
        await moderation.lift_ban(form(request, context.csrf).get("address", ""))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "ban-removed")


async def _page(request: ApiRequest, context: AdminContext, bans: Bans, filled: FormResult | None = None) -> Response:
    found, start = bans.all()[::-1], offset(request)
    shown = {"found": found[start : start + ROWS], "span": Pager(start, len(found), {}), "values": {}}
    return await page(request, context, SHEET, shown | ({"values": filled.typed} if filled else {}), filled)
