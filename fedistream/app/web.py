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
from fedistream.api.owncast.websocket.endpoint import ChatServices, ChatSocket
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
from fedistream.app.platform import now
from fedistream.app.services import Services
from fedistream.core.log_buffer import LogBuffer
from fedistream.federation.feature import FederationFeature
from fedistream.jobs.admin import OutboxAdmin


def web(
    made: Services, outbox_admin: OutboxAdmin, log_buffer: LogBuffer, listening: Listening, checks: Mapping[str, Check]
) -> ASGIApp:
    """All faces, on the features and on what only the web needs."""
    static = Static(paths.STATIC)
    pages = Pages(paths.TEMPLATES, static, secrets.token_bytes)
    federation = made.federation
    follow_invitations = FollowInvitations(
        federation.addresses, federation.followers, federation.engagements, time.monotonic
    )
    services = {
        **_federation_services(made.federation),
        "outbox_admin": outbox_admin,
        "channels": made.channels,
        "people": made.people,
        "settings": made.settings,
        "broadcasts": made.broadcasts,
        "viewers": made.viewers,
        "chat": made.chat.chat,
        "poster": made.chat.poster,
        "moderation": made.chat.moderation,
        "visitors": made.chat.visitors,
        "messages": made.chat.messages,
        "bans": made.chat.bans,
        "emoji": made.chat.emoji,
        "history_pages": HistoryPages(made.chat.messages),
        "access_tokens": made.access_tokens,
        "indieauth": made.sign_in.indieauth,
        "codes": made.sign_in.codes,
        "stills": made.stills,
        "notices": made.notices,
        "follow_invitations": follow_invitations,
        "pictures": made.pictures,
        "log_buffer": log_buffer,
        "listening": listening,
        "checks": checks,
        "now": now,
        "static": static,
        "pages": pages,
        "context": _context(made, outbox_admin, log_buffer, listening, pages),
        "page_context": _page_context(made, pages, follow_invitations),
    }
    guards = {
        **authenticators(
            made.people,
            LoginLimit(time.monotonic),
            KnownBrowsers(made.secret, time.time, secrets.token_bytes),
            time.monotonic,
        ),
        **TokenAuth(made.chat.visitors, made.chat.bans, made.access_tokens).table(),
    }
    hls = HlsFace(made.channels, made.broadcasts, made.viewers)
    return application(hls, services, guards, ErrorPages(pages), _chat_socket(made))


def _context(
    made: Services, outbox_admin: OutboxAdmin, log_buffer: LogBuffer, listening: Listening, pages: Pages
) -> AdminContext:
    return AdminContext(
        pages=pages,
        csrf=CsrfTokens(secrets.token_bytes(32), now),
        channels=made.channels,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        settings=made.settings,
        people=made.people,
        log_buffer=log_buffer,
        listening=listening,
        chance=secrets.token_bytes,
        attention=todo_counts(
            made.federation.followers, outbox_admin, made.federation.replies, made.federation.policies.flags
        ),
    )


def _page_context(made: Services, pages: Pages, follow_invitations: FollowInvitations) -> PageContext:
    return PageContext(
        pages=pages,
        channels=made.channels,
        settings=made.settings,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        stills=made.stills,
        follow_invitations=follow_invitations,
        featured=made.federation.servers,
        alternate_links=AlternateLinks(
            made.federation.addresses,
            made.federation.documents,
            made.federation.policies.authorized_fetch,
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
        "replies": made.replies,
        "flags": made.policies.flags,
        "quotes": made.policies.quotes,
        "blocklists": made.policies.blocklists,
        "authorized_fetch": made.policies.authorized_fetch,
    }


def _chat_socket(made: Services) -> ChatSocket:
    context = ChatServices(
        channels=made.channels,
        chat=made.chat.chat,
        poster=made.chat.poster,
        visitors=made.chat.visitors,
        messages=made.chat.messages,
        bans=made.chat.bans,
        broadcaster=made.broadcaster,
        now=now,
        monotonic=time.monotonic,
    )
    return ChatSocket(context)
