"""Federation as a whole: whether it is on and what it still needs, its settings, and what came in lately."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import AdminContext, AdminPage, FormResult, done, page, save
from fedistream.api.pages.follow_invitation import FollowInvitation
from fedistream.api.pages.forms import form
from fedistream.core.ports import Channel
from fedistream.federation.values import Engagement, Page

PAGE = "/admin/federation/"
FORM = (
    *("federation.enabled", "serverurl", "federation.username", "federation.show_engagement"),
    *("federation.quotes", "federation.hide_followers", "federation.signed_reading"),
    *("federation.replies", "federation.replies_from", "federation.also_known_as"),
)
SHEET = AdminPage("admin/federation.html", PAGE, FORM)
LATELY = 20


class Invitations(Protocol):
    async def of(self, channel: Channel) -> FollowInvitation | None: ...


class Engagements(Protocol):
    async def page(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Engagement]: ...


class Posts(Protocol):
    async def beginnings(self, urls: Collection[str]) -> Mapping[str, str]: ...


class Federation(Protocol):
    def refusals(self) -> Mapping[str, int]: ...
    async def lost_followers(self, channel: Channel) -> int: ...
    @property
    def counting_since(self) -> datetime: ...


class Profiles(Protocol):
    async def rotate(self) -> None: ...


async def show(
    request: ApiRequest,
    context: AdminContext,
    follow_invitations: Invitations,
    engagements: Engagements,
    posts: Posts,
    federation: Federation,
) -> Response:
    """GET /admin/federation/"""
    return await _page(request, context, follow_invitations, engagements, posts, federation)


async def change(
    request: ApiRequest,
    context: AdminContext,
    follow_invitations: Invitations,
    engagements: Engagements,
    posts: Posts,
    federation: Federation,
) -> Response:
    """POST /admin/federation/"""
    filled = await save(context, form(request, context.csrf), FORM)
    if filled.errors:
        return await _page(request, context, follow_invitations, engagements, posts, federation, filled)
    return done(PAGE, "saved")


async def rotate(request: ApiRequest, context: AdminContext, profiles: Profiles) -> Response:
    """POST /admin/federation/keys"""
    form(request, context.csrf)
    await profiles.rotate()
    return done(PAGE, "keys-rotated")


def missing(context: AdminContext) -> list[str]:
    """What has to be done before others can follow, in words; nothing if they can."""
    url = str(context.settings.value("serverurl"))
    found = []
    if not context.settings.value("federation.enabled"):
        found.append(context.words("Federation is switched off."))
    if not url:
        found.append(
            context.words("The public address of this node is not known. Everything that is sent has it inside.")
        )
    elif urlsplit(url).scheme != "https":
        found.append(
            context.words("The public address is not https. Nearly all servers of the fediverse insist on that.")
        )
    return found


async def _page(
    request: ApiRequest,
    context: AdminContext,
    follow_invitations: Invitations,
    engagements: Engagements,
    posts: Posts,
    federation: Federation,
    filled: FormResult | None = None,
) -> Response:
    lately = (await engagements.page(context.home, 0, LATELY)).items
    refusals = sorted(federation.refusals().items(), key=lambda item: -item[1])
    shown = {
        "invitation": await follow_invitations.of(context.channels.home()),
        "missing": missing(context),
        "lost": await federation.lost_followers(context.channels.home()),
        "lately": lately,
        "beginnings": await posts.beginnings({each.object for each in lately}),
        "refusals": refusals,
        "since": federation.counting_since,
    }
    return await page(request, context, SHEET, shown, filled)
