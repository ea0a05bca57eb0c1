"""Access tokens of bots and other programs: made, shown once, withdrawn."""

from collections.abc import Sequence
from typing import Protocol

from starlette.responses import Response

from fedistream.access_tokens.service import Integration, Scope
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import AdminContext, AdminPage, FormResult, done, page
from fedistream.api.pages.forms import form
from fedistream.core.errors import Invalid, NotFound

PAGE = "/admin/chat/tokens"
SHEET = AdminPage("admin/tokens.html", PAGE)


class Integrations(Protocol):
    async def all(self) -> Sequence[Integration]: ...
    async def make(self, name: str, scopes: Sequence[str]) -> tuple[Integration, str]: ...
    async def delete(self, token: str) -> None: ...


async def show(ask: ApiRequest, desk: AdminContext, integrations: Integrations) -> Response:
    """GET /admin/chat/tokens"""
    return await _page(ask, desk, integrations)


async def make(ask: ApiRequest, desk: AdminContext, integrations: Integrations) -> Response:
    """POST /admin/chat/tokens. No redirect: the answer is the only page that ever has the token."""
    brought = form(ask, desk.tickets)
    scopes = [scope.value for scope in Scope if brought.get(scope.value)]
    try:
        made, token = await integrations.make(brought.get("program", ""), scopes)
    except Invalid as error:
        where = "scopes" if error.field == "scopes" else "program"
        why = desk.words("choose one at least") if where == "scopes" else error.why
        typed = {"program": brought.get("program", ""), **dict.fromkeys(scopes, "on")}
        return await _page(ask, desk, integrations, FormResult({where: why}, typed))
    return await _page(ask, desk, integrations, made=made, token=token)


async def remove(ask: ApiRequest, desk: AdminContext, integrations: Integrations) -> Response:
    """POST /admin/chat/tokens/remove"""
    try:
        await integrations.delete(form(ask, desk.tickets).get("token", ""))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "token-removed")


async def _page(
    ask: ApiRequest,
    desk: AdminContext,
    integrations: Integrations,
    filled: FormResult | None = None,
    *,
    made: Integration | None = None,
    token: str = "",
) -> Response:
    shown = {
        "found": await integrations.all(),
        "made": made,
        "token": token,
        "scopes": [scope.value for scope in Scope],
        "values": filled.typed if filled else {},
    }
    return await page(ask, desk, SHEET, shown, filled)
