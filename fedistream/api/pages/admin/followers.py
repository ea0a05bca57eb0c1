"""Who follows, who would like to, and who may not."""

from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import ROWS, AdminContext, AdminPage, Pager, done, offset, page, view
from fedistream.api.pages.admin.decisions import Moderation, carry_out
from fedistream.api.pages.forms import form
from fedistream.core.errors import Invalid, NotFound
from fedistream.core.ports import Channel
from fedistream.federation.values import Follower, Page, State

PAGE = "/admin/federation/followers"
SHEET = AdminPage("admin/followers.html", PAGE)
MAX_SEARCH = 100
# servers that list the stream have a page of their own, but who is blocked is blocked
DIRECTORIES = {State.PENDING: False, State.ACCEPTED: False}
VIEW = ("state", "search", "offset")


class Followers(Protocol):
    async def page(
        self,
        channel_id: int,
        state: State,
        offset: int = 0,
        limit: int = 50,
        text: str = "",
        *,
        directories: bool | None = None,
    ) -> Page[Follower]: ...
    async def handle_of(self, actor: str) -> str: ...
    async def number(self, channel_id: int, state: State, *, directories: bool | None = None) -> int: ...


class Federation(Protocol):
    async def approve(self, channel: Channel, actor: str) -> None: ...
    async def block(self, channel: Channel, actor: str) -> None: ...
    async def remove(self, channel: Channel, actor: str) -> None: ...


async def show(request: ApiRequest, context: AdminContext, followers: Followers) -> Response:
    """GET /admin/federation/followers"""
    numbers = {
        state: await followers.number(context.home, state, directories=DIRECTORIES.get(state)) for state in State
    }
    # who waits is what the admin came for
    otherwise = State.PENDING if numbers[State.PENDING] else State.ACCEPTED
    state = next((each for each in State if each.value == request.query.get("state")), otherwise)
    search, start = request.query.get("search", "").strip()[:MAX_SEARCH], offset(request)
    found = await followers.page(context.home, state, start, ROWS, search, directories=DIRECTORIES.get(state))
    shown = {
        "state": state.value,
        "numbers": {each.value: number for each, number in numbers.items()},
        "search": search,
        "found": found.items,
        "span": Pager(start, found.total, {"state": state.value, "search": search}),
    }
    return await page(request, context, SHEET, shown)


async def decide(
    request: ApiRequest, context: AdminContext, federation: Federation, followers: Followers, moderation: Moderation
) -> Response:
    """POST /admin/federation/followers: `do` says what about `actor`. Who is gone meanwhile needs no decision."""
    brought = form(request, context.csrf)
    # who is removed may ask again: that is what rejecting and unblocking come to
    deeds = {
        "approve": federation.approve,
        "reject": federation.remove,
        "remove": federation.remove,
        "block": federation.block,
        "unblock": federation.remove,
    }
    what = brought.get("do", "")
    if what not in deeds:
        raise Invalid("do", f"must be one of {', '.join(deeds)}")
    seen = view(brought, VIEW)
    try:
        who = brought.get("actor", "")
        await carry_out(moderation, followers, deeds[what], context.channels.home(), who, what)
    except NotFound:
        return done(PAGE, "gone", **seen)
    return done(PAGE, f"follower-{what}", **seen)
