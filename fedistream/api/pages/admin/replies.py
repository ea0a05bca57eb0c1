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
ADMIN_PAGE = AdminPage("admin/replies.html", PAGE)
ACTIONS = ("approve", "refuse", "answer", "block")


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/replies"""
    return await _page(request, services)


async def decide(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/replies: `do` says what about the reply `note`, or its author."""
    submitted = form(request, services.csrf)
    what, note, text = submitted.get("do", ""), submitted.get("note", ""), submitted.get("text", "")
    if what not in ACTIONS:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(ACTIONS))
    try:
        reply = await services.replies.of_note(request.channel.id, note)
        if what == "answer":
            await services.replies.answer(request.channel, note, text)
        elif what == "block":
            block = partial(services.federation.block, request.channel, submitted.get("actor", ""))
            await services.moderation.carry_out(block, ActionKind.BLOCK_AUTHOR, request.principal.actor, [reply.handle])
        else:
            act = services.replies.approve if what == "approve" else services.replies.refuse
            await services.moderation.carry_out(
                partial(act, request.channel.id, note),
                ActionKind(f"{what} reply"),
                request.principal.actor,
                [reply.handle],
            )
    except (NotFound, Conflict):
        return done(PAGE, "gone", **view(submitted, ("offset",)))
    except Invalid as error:
        return await _page(request, services, FormResult({"text": explain(error)}, {"note": note, "text": text}))
    return done(PAGE, f"reply-{what}", **view(submitted, ("offset",)))


async def _page(request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None) -> Response:
    start = offset(request)
    found = await services.replies.held(request.channel.id, start, ROWS)
    shown = {
        "found": [(each, Markup(each.html)) for each in found.items],  # noqa: S704 - sanitised when it came
        "mode": services.settings.value("federation.replies", request.channel.id),
        "pager": Pager(start, found.total, {}),
        "values": result.typed if result else {},
    }
    return await page(request, services, ADMIN_PAGE, shown, result)
