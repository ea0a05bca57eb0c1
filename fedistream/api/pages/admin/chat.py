"""The chat as a whole: its settings, and who is in it now."""

from collections.abc import Sequence
from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import AdminContext, AdminPage, FormResult, done, page, save
from fedistream.api.pages.forms import form
from fedistream.chat.values import Client

PAGE = "/admin/chat/"
FORM = (
    *("chat.disabled", "chat.welcome", "chat.join_messages", "chat.offline_s", "chat.retention_days"),
    *("chat.established_only", "chat.signed_in_only", "chat.slow_s", "chat.spam_protection", "chat.slur_filter"),
    *("chat.blocked_words", "chat.forbidden_names", "chat.suggested_names"),
)
SHEET = AdminPage("admin/chat.html", PAGE, FORM)
MOST = 200  # of those connected that are listed


class Chat(Protocol):
    def clients(self, channel_id: int) -> Sequence[Client]: ...


async def show(request: ApiRequest, context: AdminContext, chat: Chat) -> Response:
    """GET /admin/chat/"""
    return await _page(request, context, chat)


async def change(request: ApiRequest, context: AdminContext, chat: Chat) -> Response:
    """POST /admin/chat/"""
    filled = await save(context, form(request, context.csrf), FORM)
    return await _page(request, context, chat, filled) if filled.errors else done(PAGE, "saved")


async def _page(request: ApiRequest, context: AdminContext, chat: Chat, filled: FormResult | None = None) -> Response:
    clients = chat.clients(context.home)
    return await page(request, context, SHEET, {"clients": clients[:MOST], "connected": len(clients)}, filled)
