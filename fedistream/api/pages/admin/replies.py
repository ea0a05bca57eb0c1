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
from fedistream.core.ports import Channel
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


async def show(request: ApiRequest, context: AdminContext, replies: Replies) -> Response:
    """GET /admin/federation/replies"""
    return await _page(request, context, replies)


async def decide(
    request: ApiRequest, context: AdminContext, replies: Replies, federation: Federation, moderation: Moderation
) -> Response:
    """POST /admin/federation/replies: `do` says what about the reply `note`, or its author."""
    brought = form(request, context.csrf)
    what, note, text = brought.get("do", ""), brought.get("note", ""), brought.get("text", "")
    if what not in DEEDS:
        raise Invalid("do", f"must be one of {', '.join(DEEDS)}")
    try:
        said, home = await replies.of_note(context.home, note), context.channels.home()
        if what == "answer":
            await replies.answer(home, note, text)
        elif what == "block":
            block = partial(federation.block, home, brought.get("actor", ""))
            await moderation.carry_out(block, "block author", ADMIN, [said.handle])
        else:
            act = replies.approve if what == "approve" else replies.refuse
            await moderation.carry_out(partial(act, context.home, note), f"{what} reply", ADMIN, [said.handle])
    except (NotFound, Conflict):
        return done(PAGE, "gone", **view(brought, ("offset",)))
    except Invalid as error:
        return await _page(request, context, replies, FormResult({"text": error.why}, {"note": note, "text": text}))
    return done(PAGE, f"reply-{what}", **view(brought, ("offset",)))


async def _page(
    request: ApiRequest, context: AdminContext, replies: Replies, filled: FormResult | None = None
) -> Response:
    start = offset(request)
    found = await replies.held(context.home, start, ROWS)
    shown = {
        "found": [(each, Markup(each.html)) for each in found.items],  # noqa: S704 - sanitised when it came
        "mode": context.value("federation.replies"),
        "span": Pager(start, found.total, {}),
        "values": filled.typed if filled else {},
    }
    return await page(request, context, SHEET, shown, filled)
