"""Featured streams, both ways: servers whose streams the watch page shows, and those that show ours or ask to.

Who of the latter is blocked is found with the followers that are.
"""

from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import AdminContext, AdminPage, FormResult, done, number, page
from fedistream.api.pages.admin.decisions import Moderation, carry_out
from fedistream.api.pages.forms import form
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.ports import Channel
from fedistream.federation.values import Featured, Follower, Off, Page, State

PAGE = "/admin/federation/featured"
SHEET = AdminPage("admin/featured.html", PAGE)
MAX_LISTERS = 200  # of each kind; to be listed by more is beyond what a page is for
MAX_TYPED = 500  # characters of an address that was not taken


class Servers(Protocol):
    async def all(self) -> tuple[Featured, ...]: ...
    async def add(self, channel: Channel, url: str) -> Featured: ...
    async def remove(self, server_id: int) -> None: ...


class Followers(Protocol):
    async def handle_of(self, actor: str) -> str: ...
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


class Federation(Protocol):
    async def approve(self, channel: Channel, actor: str) -> None: ...
    async def block(self, channel: Channel, actor: str) -> None: ...
    async def remove(self, channel: Channel, actor: str) -> None: ...


async def show(request: ApiRequest, context: AdminContext, featured: Servers, followers: Followers) -> Response:
    """GET /admin/federation/featured"""
    return await _page(request, context, featured, followers)


async def add(request: ApiRequest, context: AdminContext, featured: Servers, followers: Followers) -> Response:
    """POST /admin/federation/featured: asks the server at `server`, an address or a handle there."""
    typed = form(request, context.csrf).get("server", "")[:MAX_TYPED]
    try:
        await featured.add(context.channels.home(), typed)
    except Invalid as error:
        why = error.why
    except (Conflict, Off) as error:
        why = str(error)
    else:
        return done(PAGE, "server-asked")
    return await _page(request, context, featured, followers, FormResult({"server": why}, {"server": typed}))


async def remove(request: ApiRequest, context: AdminContext, featured: Servers) -> Response:
    """POST /admin/federation/featured/remove"""
    try:
        await featured.remove(number(form(request, context.csrf).get("id", "")))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "server-removed")


async def decide(
    request: ApiRequest, context: AdminContext, federation: Federation, followers: Followers, moderation: Moderation
) -> Response:
    """POST /admin/federation/featured/listers: `do` says what about `actor`, who shows our stream or asks to."""
    brought = form(request, context.csrf)
    deeds = {
        "approve": federation.approve,
        "reject": federation.remove,
        "remove": federation.remove,
        "block": federation.block,
    }
    what = brought.get("do", "")
    if what not in deeds:
        raise Invalid("do", f"must be one of {', '.join(deeds)}")
    try:
        who = brought.get("actor", "")
        await carry_out(moderation, followers, deeds[what], context.channels.home(), who, what)
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, f"follower-{what}")


async def _page(
    request: ApiRequest,
    context: AdminContext,
    featured: Servers,
    followers: Followers,
    filled: FormResult | None = None,
) -> Response:
    asking, listing = [
        await followers.page(context.home, state, 0, MAX_LISTERS, directories=True)
        for state in (State.PENDING, State.ACCEPTED)
    ]
    shown = {"servers": await featured.all(), "asking": asking, "listing": listing}
    return await page(request, context, SHEET, shown, filled)
