"""The remote-follow page, for browsers without scripts and for links: follow the channel from another server.

Federation looks up the page on the visitor's server. The host is shown before the visitor is sent there.
"""

from urllib.parse import urlsplit

from starlette.responses import Response

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import texts
from fedistream.api.pages.custom import files
from fedistream.api.pages.follow_invitation import FollowInvitation, code
from fedistream.api.pages.forms import read
from fedistream.api.pages.services import PagesServices
from fedistream.api.wording import explain
from fedistream.core.errors import Invalid, NotFound

URLS = {"remoteFollow": "/api/remotefollow"}
"""What the module of the form asks for."""
CODE_AGE_S = 300
MAX_ACCOUNT = 320


async def show(request: ApiRequest, services: PagesServices) -> Response:
    """GET /follow"""
    return _page(request, services, await _invitation(request, services))


async def find(request: ApiRequest, services: PagesServices) -> Response:
    """POST /follow: look up the visitor's server. It changes nothing and needs no password, so it has no CSRF token."""
    invitation = await _invitation(request, services)
    account = read(request).get("account", "").strip()[: MAX_ACCOUNT + 1]
    try:
        target = await services.federation.remote_follow(request.channel, account, request.client_network)
        host = urlsplit(target).netloc
        if urlsplit(target).scheme != "https" or not host:
            raise Invalid("account", RequestProblem.NO_FOLLOW_PAGE)
    except Invalid as error:
        return _page(request, services, invitation, account=account, error=explain(error))
    return _page(request, services, invitation, account=account, target=target, host=host)


async def picture(request: ApiRequest, services: PagesServices) -> Response:
    """GET /follow/qr.svg: the URL of the actor, which is the page for people and the account for servers."""
    invitation = await _invitation(request, services)
    headers = {"Cache-Control": f"public, max-age={CODE_AGE_S}", "X-Content-Type-Options": "nosniff"}
    return Response(code(invitation.url), headers=headers, media_type="image/svg+xml")


async def _invitation(request: ApiRequest, services: PagesServices) -> FollowInvitation:
    """Raises NotFound."""
    invitation = await services.follow_invitations.of(request.channel)
    if invitation is None:
        raise NotFound(RequestProblem.NOT_FOLLOWABLE)
    return invitation


def _page(request: ApiRequest, services: PagesServices, invitation: FollowInvitation, **found: str) -> Response:
    """Return the page. `found` has the typed account, and the target or the error."""
    pages = services.pages
    values = {
        "invitation": invitation,
        "name": services.settings.value("channel.name", request.channel.id),
        "account": "",
        "error": "",
        "target": "",
        "host": "",
        "custom_stylesheet": files.stylesheet_url(services, request.channel.id),
        "page_data": {"lang": pages.language, "urls": URLS, "texts": texts.follow(pages.translations)},
        **found,
    }
    return pages.page("follow.html", values, status=422 if found.get("error") else 200, cache="no-store")
