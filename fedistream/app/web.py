"""All faces on the features, as one application. A part of the composition root."""

import secrets
import time
from collections.abc import Mapping

from starlette.types import ASGIApp

from fedistream.api.hls import HlsFace
from fedistream.api.http.application import application
from fedistream.api.http.auth import authenticators
from fedistream.api.http.known_browsers import KnownBrowsers
from fedistream.api.http.login_limit import LoginLimit
from fedistream.api.http.token_auth import TokenAuth
from fedistream.api.ops import Check
from fedistream.api.owncast.history_pages import HistoryPages
from fedistream.api.owncast.ports import Listening
from fedistream.api.owncast.websocket.endpoint import ChatServices as SocketDesk
from fedistream.api.owncast.websocket.endpoint import ChatSocket
from fedistream.api.pages.admin.context import AdminContext
from fedistream.api.pages.admin.todo_counts import todo_counts
from fedistream.api.pages.alternate_links import AlternateLinks
from fedistream.api.pages.context import PageContext
from fedistream.api.pages.error_pages import ErrorPages
from fedistream.api.pages.follow_invitation import FollowInvitations
from fedistream.api.pages.forms import CsrfTokens
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.static import Static
from fedistream.app import paths
from fedistream.app.services import Services, now
from fedistream.core.log_buffer import LogBuffer
from fedistream.federation.feature import FederationFeature
from fedistream.jobs.admin import OutboxAdmin


def web(
    made: Services, overview: OutboxAdmin, logbook: LogBuffer, listening: Listening, checks: Mapping[str, Check]
) -> ASGIApp:
    """All faces, on the features and on what only the web needs."""
    static = Static(paths.STATIC)
    pages = Pages(paths.TEMPLATES, static, secrets.token_bytes)
    federation = made.federation
    invitations = FollowInvitations(federation.addresses, federation.followers, federation.engagements, time.monotonic)
    services = {
        **_federation_services(made.federation),
        "overview": overview,
        "channels": made.channels,
        "people": made.people,
        "settings": made.settings,
        "broadcasts": made.broadcasts,
        "viewers": made.viewers,
        "chat": made.chat.chat,
        "herald": made.chat.herald,
        "moderation": made.chat.moderation,
        "visitors": made.chat.visitors,
        "messages": made.chat.messages,
        "bans": made.chat.bans,
        "emoji": made.chat.emoji,
        "histories": HistoryPages(made.chat.messages),
        "integrations": made.integrations,
        "indieauth": made.sign_in.indieauth,
        "codes": made.sign_in.codes,
        "stills": made.stills,
        "notices": made.notices,
        "invitations": invitations,
        "pictures": made.pictures,
        "logbook": logbook,
        "listening": listening,
        "checks": checks,
        "now": now,
        "static": static,
        "pages": pages,
        "desk": _desk(made, overview, logbook, listening, pages),
        "hall": _hall(made, pages, invitations),
    }
    guards = {
        **authenticators(
            made.people,
            LoginLimit(time.monotonic),
            KnownBrowsers(made.secret, time.time, secrets.token_bytes),
            time.monotonic,
        ),
        **TokenAuth(made.chat.visitors, made.chat.bans, made.integrations).table(),
    }
    hls = HlsFace(made.channels, made.broadcasts, made.viewers)
    return application(hls, services, guards, ErrorPages(pages), _chat_socket(made))


def _desk(
    made: Services, overview: OutboxAdmin, logbook: LogBuffer, listening: Listening, pages: Pages
) -> AdminContext:
    return AdminContext(
        pages=pages,
        tickets=CsrfTokens(secrets.token_bytes(32), now),
        channels=made.channels,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        settings=made.settings,
        people=made.people,
        logbook=logbook,
        listening=listening,
        chance=secrets.token_bytes,
        attention=todo_counts(made.federation.followers, overview, made.federation.talk, made.federation.doors.flags),
    )


def _hall(made: Services, pages: Pages, invitations: FollowInvitations) -> PageContext:
    return PageContext(
        pages=pages,
        channels=made.channels,
        settings=made.settings,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        stills=made.stills,
        invitations=invitations,
        featured=made.federation.servers,
        counterparts=AlternateLinks(
            made.federation.addresses,
            made.federation.documents,
            made.federation.doors.admission,
            made.federation.posts,
            made.notices,
        ),
    )


def _federation_services(made: FederationFeature) -> dict[str, object]:
    return {
        "federation": made.federation,
        "documents": made.documents,
        "addresses": made.addresses,
        "followers": made.followers,
        "engagements": made.engagements,
        "posts": made.posts,
        "featured": made.servers,
        "profiles": made.profiles,
        "talk": made.talk,
        "flags": made.doors.flags,
        "quotes": made.doors.quotes,
        "lists": made.doors.lists,
        "admission": made.doors.admission,
    }


def _chat_socket(made: Services) -> ChatSocket:
    desk = SocketDesk(
        channels=made.channels,
        chat=made.chat.chat,
        herald=made.chat.herald,
        visitors=made.chat.visitors,
        messages=made.chat.messages,
        bans=made.chat.bans,
        loudspeaker=made.loudspeaker,
        now=now,
        monotonic=time.monotonic,
    )
    return ChatSocket(desk)
