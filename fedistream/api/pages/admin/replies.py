"""The page of replies from other servers that wait for approval. The admin approves, rejects or answers them."""

from functools import partial

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import (
    ROWS,
    AdminPage,
    FormResult,
    Pager,
    done,
    offset,
    page,
    view,
)
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.chat.values import ActionKind
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem

PAGE = "/admin/federation/replies"
SHEET = AdminPage("admin/replies.html", PAGE)
DEEDS = ("approve", "refuse", "answer", "block")


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/replies"""
    return await _page(request, services)


async def decide(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/replies: `do` says what about the reply `note`, or its author."""
    brought = form(request, services.csrf)
    what, note, text = brought.get("do", ""), brought.get("note", ""), brought.get("text", "")
    if what not in DEEDS:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(DEEDS))
    try:
        said, home = await services.replies.of_note(request.channel.id, note), request.channel
        if what == "answer":
            await services.replies.answer(home, note, text)
        elif what == "block":
            block = partial(services.federation.block, home, brought.get("actor", ""))
            await services.moderation.carry_out(block, ActionKind.BLOCK_AUTHOR, request.principal.actor, [said.handle])
        else:
            act = services.replies.approve if what == "approve" else services.replies.refuse
            await services.moderation.carry_out(
                partial(act, request.channel.id, note),
                ActionKind(f"{what} reply"),
                request.principal.actor,
                [said.handle],
            )
    except (NotFound, Conflict):
        return done(PAGE, "gone", **view(brought, ("offset",)))
    except Invalid as error:
        return await _page(request, services, FormResult({"text": explain(error)}, {"note": note, "text": text}))
    return done(PAGE, f"reply-{what}", **view(brought, ("offset",)))


async def _page(request: ApiRequest, services: AdminPagesServices, filled: FormResult | None = None) -> Response:
    start = offset(request)
    found = await services.replies.held(request.channel.id, start, ROWS)
    shown = {
        "found": [(each, Markup(each.html)) for each in found.items],  # noqa: S704 - sanitised when it came
        "mode": services.settings.value("federation.replies", request.channel.id),
        "span": Pager(start, found.total, {}),
        "values": filled.typed if filled else {},
    }
    return await page(request, services, SHEET, shown, filled)
