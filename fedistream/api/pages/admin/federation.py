"""The federation page: its switch, the missing steps, its settings, and the newest engagements."""

from urllib.parse import urlsplit

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page, save
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form

PAGE = "/admin/federation/"
FORM = (
    *("federation.enabled", "node.public_url", "federation.username", "federation.show_engagement"),
    *("federation.quotes", "federation.hide_followers", "federation.signed_reading"),
    *("federation.replies", "federation.replies_from", "federation.also_known_as"),
)
ADMIN_PAGE = AdminPage("admin/federation.html", PAGE, FORM)
LATELY = 20


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/"""
    return await _page(request, services)


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/"""
    result = await save(request, services, form(request, services.csrf), FORM)
    if result.errors:
        return await _page(request, services, result)
    return done(PAGE, "saved")


async def rotate(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/keys"""
    form(request, services.csrf)
    await services.profiles.rotate()
    return done(PAGE, "keys-rotated")


def missing(services: AdminPagesServices) -> list[str]:
    """Return the steps that are missing before the channel can be followed, as sentences."""
    url = str(services.settings.value("node.public_url"))
    found = []
    if not services.settings.value("federation.enabled"):
        found.append(services.words("Federation is disabled. Enable it below."))
    if not url:
        found.append(services.words("The server URL is not set. Enter it below: everything that is sent contains it."))
    elif urlsplit(url).scheme != "https":
        found.append(
            services.words("The server URL does not begin with https://. Nearly all fediverse servers require it.")
        )
    return found


async def _page(request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None) -> Response:
    lately = (await services.engagements.page(request.channel.id, 0, LATELY)).items
    refusals = sorted(services.federation.refusals().items(), key=lambda item: -item[1])
    shown = {
        "invitation": await services.follow_invitations.of(request.channel),
        "missing": missing(services),
        "lost": await services.federation.lost_followers(request.channel),
        "lately": lately,
        "beginnings": await services.posts.beginnings({each.object for each in lately}),
        "refusals": refusals,
        "since": services.federation.counting_since,
    }
    return await page(request, services, ADMIN_PAGE, shown, result)
