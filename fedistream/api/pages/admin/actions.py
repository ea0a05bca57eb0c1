"""What moderators and the admin did in the chat, the newest first."""

from typing import Protocol

from starlette.responses import Response

from fedistream.api.ask import Ask
from fedistream.api.pages.admin.desk import Desk, Sheet, page
from fedistream.chat.moderation import ADMIN, Action
from fedistream.chat.values import Visitor

PAGE = "/admin/chat/log"
SHEET = Sheet("admin/actions.html", PAGE)
MOST = 300


class Moderation(Protocol):
    async def actions(self, limit: int = 100) -> tuple[Action, ...]: ...


class Visitors(Protocol):
    async def by_ids(self, visitor_ids: set[str]) -> dict[str, Visitor]: ...


async def show(ask: Ask, desk: Desk, moderation: Moderation, visitors: Visitors) -> Response:
    """GET /admin/chat/log"""
    found = await moderation.actions(MOST)
    known = await visitors.by_ids({each for action in found for each in (action.actor, action.target)} - {ADMIN})
    shown = {"found": found, "known": known, "admin": ADMIN, "most": MOST}
    return await page(ask, desk, SHEET, shown)
