"""The page of custom emoji: list, add, delete."""

from pathlib import PurePath

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form, upload
from fedistream.api.wording import explain
from fedistream.chat.emoji import MAX_BYTES
from fedistream.core.errors import Conflict, Invalid, NotFound

PAGE = "/admin/chat/emoji"
ADMIN_PAGE = AdminPage("admin/emoji.html", PAGE)
UPLOAD_LIMIT = MAX_BYTES + 8 * 1024  # bytes; the picture, and the form around it
FIELDS = {"emoji": "picture", "emoji name": "called"}  # of the service's errors


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/emoji"""
    return await _page(request, services)


async def add(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/emoji: without a name it is called like its file."""
    submitted = await upload(request, services.csrf, "picture")
    called = submitted.fields.get("called", "").strip() or PurePath(submitted.name).stem
    errors: dict[str, str] = {}
    try:
        await services.emoji.put(called, submitted.data)
    except Invalid as error:
        errors[FIELDS.get(error.field, "called")] = explain(error)
    except Conflict as error:
        errors["called"] = explain(error)
    if errors:
        return await _page(request, services, FormResult(errors, {"called": called}))
    return done(PAGE, "emoji-added")


async def remove(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/emoji/remove"""
    try:
        await services.emoji.delete(form(request, services.csrf).get("called", ""))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "emoji-removed")


async def _page(request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None) -> Response:
    values = result.typed if result else {}
    shown = {"found": services.emoji.own(), "kilobytes": MAX_BYTES // 1024, "values": values}
    return await page(request, services, ADMIN_PAGE, shown, result)
