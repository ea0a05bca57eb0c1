"""Custom emoji: looked at, added, deleted."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import AdminContext, AdminPage, FormResult, done, page
from fedistream.api.pages.forms import form, upload
from fedistream.chat.emoji import MAX_BYTES, Picture
from fedistream.core.errors import Conflict, Invalid, NotFound

PAGE = "/admin/chat/emoji"
SHEET = AdminPage("admin/emoji.html", PAGE)
UPLOAD_LIMIT = MAX_BYTES + 8 * 1024  # bytes; the picture, and the form around it
FIELDS = {"emoji": "picture", "emoji name": "called"}  # of the service's errors


class Emoji(Protocol):
    def all(self) -> Sequence[Picture]: ...
    async def put(self, name: str, data: bytes) -> Picture: ...
    async def delete(self, name: str) -> None: ...


async def show(request: ApiRequest, context: AdminContext, emoji: Emoji) -> Response:
    """GET /admin/chat/emoji"""
    return await _page(request, context, emoji)


async def add(request: ApiRequest, context: AdminContext, emoji: Emoji) -> Response:
    """POST /admin/chat/emoji: without a name it is called like its file."""
    brought = await upload(request, context.csrf, "picture")
    called = brought.fields.get("called", "").strip() or PurePath(brought.name).stem
    errors: dict[str, str] = {}
    try:
        await emoji.put(called, brought.data)
    except Invalid as error:
        errors[FIELDS.get(error.field, "called")] = error.why
    except Conflict as error:
        errors["called"] = str(error)
    if errors:
        return await _page(request, context, emoji, FormResult(errors, {"called": called}))
    return done(PAGE, "emoji-added")


async def remove(request: ApiRequest, context: AdminContext, emoji: Emoji) -> Response:
    """POST /admin/chat/emoji/remove"""
    try:
        await emoji.delete(form(request, context.csrf).get("called", ""))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "emoji-removed")


async def _page(request: ApiRequest, context: AdminContext, emoji: Emoji, filled: FormResult | None = None) -> Response:
    values = filled.typed if filled else {}
    shown = {"found": emoji.all(), "kilobytes": MAX_BYTES // 1024, "values": values}
    return await page(request, context, SHEET, shown, filled)
