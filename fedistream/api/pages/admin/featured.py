"""The page of featured streams: servers whose streams the watch page shows, and servers that show ours or ask to.

Blocked servers of the second kind are in the list of blocked followers.
"""

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.decisions import decide_follower
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, number, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.federation.values import Off, State

PAGE = "/admin/federation/featured"
ADMIN_PAGE = AdminPage("admin/featured.html", PAGE)
DECISIONS = ("approve", "reject", "remove", "block")
MAX_LISTERS = 200  # of each kind; to be listed by more is beyond what a page is for
MAX_TYPED = 500  # characters of an address that was not taken


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/featured"""
    return await _page(request, services)


async def add(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/featured: asks the server at `server`, an address or a handle there."""
    typed = form(request, services.csrf).get("server", "")[:MAX_TYPED]
    try:
        await services.featured.add(request.channel, typed)
    except Invalid as error:
        why = explain(error)
    except (Conflict, Off) as error:
        why = explain(error)
    else:
        return done(PAGE, "server-asked")
    return await _page(request, services, FormResult({"server": why}, {"server": typed}))


async def remove(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/featured/remove"""
    try:
        await services.featured.remove(number(form(request, services.csrf).get("id", "")))
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE, "server-removed")


async def decide(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/featured/listers: `do` says what about `actor`, who shows our stream or asks to."""
    submitted = form(request, services.csrf)
    return done(PAGE, await decide_follower(request, services, submitted, DECISIONS))


async def _page(request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None) -> Response:
    asking, listing = [
        await services.followers.page(request.channel.id, state, 0, MAX_LISTERS, directories=True)
        for state in (State.PENDING, State.ACCEPTED)
    ]
    shown = {"servers": await services.featured.all(), "asking": asking, "listing": listing}
    return await page(request, services, ADMIN_PAGE, shown, result)
