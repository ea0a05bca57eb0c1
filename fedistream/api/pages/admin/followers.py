"""The pages of followers, follow requests and rejected followers."""

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.decisions import decide_follower
from fedistream.api.pages.admin.frame import ROWS, AdminPage, Pager, done, offset, page, view
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.federation.values import State

PAGE = "/admin/federation/followers"
ADMIN_PAGE = AdminPage("admin/followers.html", PAGE)
DECISIONS = ("approve", "reject", "remove", "block", "unblock")
MAX_SEARCH = 100
# directories have a page of their own, but blocked ones are in this list
DIRECTORIES = {State.PENDING: False, State.ACCEPTED: False}
VIEW = ("state", "search", "offset")


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/followers"""
    numbers = {
        state: await services.followers.number(request.channel.id, state, directories=DIRECTORIES.get(state))
        for state in State
    }
    # follow requests first: they are the admin's task
    otherwise = State.PENDING if numbers[State.PENDING] else State.ACCEPTED
    state = next((each for each in State if each.value == request.query.get("state")), otherwise)
    search, start = request.query.get("search", "").strip()[:MAX_SEARCH], offset(request)
    found = await services.followers.page(
        request.channel.id, state, start, ROWS, search, directories=DIRECTORIES.get(state)
    )
    shown = {
        "state": state.value,
        "numbers": {each.value: number for each, number in numbers.items()},
        "search": search,
        "found": found.items,
        "pager": Pager(start, found.total, {"state": state.value, "search": search}),
    }
    return await page(request, services, ADMIN_PAGE, shown)


async def decide(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/followers: `do` is the decision about `actor`. Ignored if the follower is gone."""
    submitted = form(request, services.csrf)
    return done(PAGE, await decide_follower(request, services, submitted, DECISIONS), **view(submitted, VIEW))
