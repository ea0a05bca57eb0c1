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


async def show(request: ApiRequest, context: AdminContext, access_tokens: Integrations) -> Response:
    """GET /admin/chat/tokens"""
    return await _page(request, context, access_tokens)


async def make(request: ApiRequest, context: AdminContext, access_tokens: Integrations) -> Response:
    """POST /admin/chat/tokens. No redirect: the answer is the only page that ever has the token."""
    brought = form(request, context.csrf)
    scopes = [scope.value for scope in Scope if brought.get(scope.value)]
    try:
        made, token = await access_tokens.make(brought.get("program", ""), scopes)
    except Invalid as error:
        where = "scopes" if error.field == "scopes" else "program"
        why = context.words("choose one at least") if where == "scopes" else error.why
        typed = {"program": brought.get("program", ""), **dict.fromkeys(scopes, "on")}
        return await _page(request, context, access_tokens, FormResult({where: why}, typed))
    return await _page(request, context, access_tokens, made=made, token=token)


async def remove(request: ApiRequest, context: AdminContext, access_tokens: Integrations) -> Response:
    """POST /admin/chat/tokens/remove"""
    try:
        await access_tokens.delete(form(request, context.csrf).get("token", ""))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "token-removed")


async def _page(
    request: ApiRequest,
    context: AdminContext,
    access_tokens: Integrations,
    filled: FormResult | None = None,
    *,
    made: Integration | None = None,
    token: str = "",
) -> Response:
    shown = {
        "found": await access_tokens.all(),
        "made": made,
        "token": token,
        "scopes": [scope.value for scope in Scope],
        "values": filled.typed if filled else {},
    }
    return await page(request, context, SHEET, shown, filled)
