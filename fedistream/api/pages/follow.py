"""Following the channel from an account elsewhere, as a page of its own: for browsers without scripts, and for links.

Which page of the visitor's server that is, federation finds out. Nobody is sent there unseen: the host is shown first.
"""

from typing import Protocol
from urllib.parse import urlsplit

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import texts
from fedistream.api.pages.follow_invitation import FollowInvitation, code
from fedistream.api.pages.forms import read
from fedistream.api.pages.rendering import Pages
from fedistream.core.errors import Invalid, NotFound
from fedistream.core.ports import Channel

URLS = {"remoteFollow": "/api/remotefollow"}
"""What the module of the form asks for."""
CODE_AGE_S = 300
MAX_ACCOUNT = 320


class Channels(Protocol):
    def home(self) -> Channel: ...


class Settings(Protocol):
    def value(self, name: str, channel_id: int | None = None) -> object: ...


class Invitations(Protocol):
    async def of(self, channel: Channel) -> FollowInvitation | None: ...


class Federation(Protocol):
    async def remote_follow(self, channel: Channel, account: str, address: str) -> str: ...


async def show(
    request: ApiRequest, pages: Pages, channels: Channels, settings: Settings, follow_invitations: Invitations
) -> Response:
    """GET /follow"""
    home = channels.home()
    return _page(pages, await _invitation(home, follow_invitations), settings.value("name", home.id))


async def find(
    request: ApiRequest,
    pages: Pages,
    channels: Channels,
    settings: Settings,
    follow_invitations: Invitations,
    federation: Federation,
) -> Response:
    """POST /follow: where the visitor can follow. It changes nothing and needs no password, so there is no ticket."""
    home = channels.home()
    invitation, name = await _invitation(home, follow_invitations), settings.value("name", home.id)
    account = read(request).get("account", "").strip()[: MAX_ACCOUNT + 1]
    try:
        target = await federation.remote_follow(home, account, request.client_network)
        host = urlsplit(target).netloc
        if urlsplit(target).scheme != "https" or not host:
            raise Invalid("account", "is on a server without a page for this")
    except Invalid as error:
        return _page(pages, invitation, name, account=account, error=error.why)
    return _page(pages, invitation, name, account=account, target=target, host=host)


async def picture(request: ApiRequest, channels: Channels, follow_invitations: Invitations) -> Response:
    """GET /follow/qr.svg: the address of the actor, which leads people to the page and servers to the account."""
    invitation = await _invitation(channels.home(), follow_invitations)
    headers = {"Cache-Control": f"public, max-age={CODE_AGE_S}", "X-Content-Type-Options": "nosniff"}
    return Response(code(invitation.url), headers=headers, media_type="image/svg+xml")


async def _invitation(channel: Channel, follow_invitations: Invitations) -> FollowInvitation:
    """Raises NotFound."""
    invitation = await follow_invitations.of(channel)
    if invitation is None:
        raise NotFound("this channel cannot be followed from elsewhere")
    return invitation


def _page(pages: Pages, invitation: FollowInvitation, name: object, **found: str) -> Response:
    """`found` is the account that was typed, and either why not or the target."""
    values = {
        "invitation": invitation,
        "name": name,
        "account": "",
        "error": "",
        "target": "",
        "host": "",
        "page_data": {"lang": pages.language, "urls": URLS, "texts": texts.follow(pages.translations)},
        **found,
    }
    return pages.page("follow.html", values, status=422 if found.get("error") else 200, cache="no-store")
