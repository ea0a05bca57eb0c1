"""The chat's page: its settings, and the visitors that are connected now."""

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page, save
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form

PAGE = "/admin/chat/"
FORM = (
    *("chat.enabled", "chat.welcome", "chat.join_messages", "chat.offline_s", "chat.retention_days"),
    *("chat.established_only", "chat.signed_in_only", "chat.slow_s", "chat.spam_protection", "chat.slur_filter"),
    "chat.default_emoji",
    *("chat.blocked_words", "chat.forbidden_names", "chat.suggested_names"),
)
ADMIN_PAGE = AdminPage("admin/chat.html", PAGE, FORM)
MOST = 200  # of those connected that are listed


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/chat/"""
    return await _page(request, services)


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/chat/"""
    result = await save(request, services, form(request, services.csrf), FORM)
    return await _page(request, services, result) if result.errors else done(PAGE, "saved")


async def _page(request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None) -> Response:
    clients = services.chat.clients(request.channel.id)
    return await page(request, services, ADMIN_PAGE, {"clients": clients[:MOST], "connected": len(clients)}, result)
