"""What people on other servers wrote to the channel and is held: let in, refused, answered."""

from functools import partial
from typing import Protocol

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
    offset,
    page,
    view,
)
from fedistream.api.pages.admin.decisions import Moderation
from fedistream.api.pages.forms import form
from fedistream.chat.moderation import ADMIN
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.federation.urls import Channel
from fedistream.federation.values import Page, Reply

PAGE = "/admin/federation/replies"
SHEET = AdminPage("admin/replies.html", PAGE)
DEEDS = ("approve", "refuse", "answer", "block")


class Replies(Protocol):
    async def held(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Reply]: ...
    async def of_note(self, channel_id: int, note_url: str) -> Reply: ...
    async def approve(self, channel_id: int, note_url: str) -> None: ...
    async def refuse(self, channel_id: int, note_url: str) -> None: ...
    async def answer(self, channel: Channel, note_url: str, markdown: str) -> object: ...


class Federation(Protocol):
    async def block(self, channel: Channel, actor: str) -> None: ...


async def show(ask: ApiRequest, desk: AdminContext, talk: Replies) -> Response:
    """GET /admin/federation/replies"""
    return await _page(ask, desk, talk)


async def decide(
    ask: ApiRequest, desk: AdminContext, talk: Replies, federation: Federation, moderation: Moderation
) -> Response:
    """POST /admin/federation/replies: `do` says what about the reply `note`, or its author."""
    brought = form(ask, desk.tickets)
    what, note, text = brought.get("do", ""), brought.get("note", ""), brought.get("text", "")
    if what not in DEEDS:
        raise Invalid("do", f"must be one of {', '.join(DEEDS)}")
    try:
        said, home = await talk.of_note(desk.home, note), desk.channels.home()
        if what == "answer":
            await talk.answer(home, note, text)
        elif what == "block":
            block = partial(federation.block, home, brought.get("actor", ""))
            await moderation.carry_out(block, "block author", ADMIN, [said.handle])
        else:
            act = talk.approve if what == "approve" else talk.refuse
            await moderation.carry_out(partial(act, desk.home, note), f"{what} reply", ADMIN, [said.handle])
    except (NotFound, Conflict):
        return done(PAGE, "gone", **view(brought, ("offset",)))
    except Invalid as error:
        return await _page(ask, desk, talk, FormResult({"text": error.why}, {"note": note, "text": text}))
    return done(PAGE, f"reply-{what}", **view(brought, ("offset",)))


async def _page(ask: ApiRequest, desk: AdminContext, talk: Replies, filled: FormResult | None = None) -> Response:
    start = offset(ask)
    found = await talk.held(desk.home, start, ROWS)
    shown = {
        "found": [(each, Markup(each.html)) for each in found.items],  # noqa: S704 - sanitised when it came
        "mode": desk.value("federation.replies"),
        "span": Pager(start, found.total, {}),
        "values": filled.typed if filled else {},
    }
    return await page(ask, desk, SHEET, shown, filled)
