"""All faces on the features, as one application. A part of the composition root."""

import secrets
import time
from collections.abc import Mapping

from starlette.types import ASGIApp

from fedistream.api.hls import HlsFace
from fedistream.api.http.application import application
from fedistream.api.http.auth import gates
from fedistream.api.http.known_browsers import KnownBrowsers
from fedistream.api.http.login_limit import Attempts
from fedistream.api.http.token_auth import TokenGates
from fedistream.api.ops import Check
from fedistream.api.owncast.history_pages import Histories
from fedistream.api.owncast.ports import Listening
from fedistream.api.owncast.websocket.endpoint import ChatSocket
from fedistream.api.owncast.websocket.endpoint import Desk as SocketDesk
from fedistream.api.pages.admin.context import Desk
from fedistream.api.pages.admin.todo_counts import needs
from fedistream.api.pages.alternate_links import Counterparts
from fedistream.api.pages.context import Hall
from fedistream.api.pages.error_pages import PagesEnvelope
from fedistream.api.pages.follow_invitation import Invitations
from fedistream.api.pages.forms import Tickets
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.static import Static
from fedistream.app import paths
from fedistream.app.services import Features, now
from fedistream.core.log_buffer import Logbook
from fedistream.federation.feature import FederationFeature
from fedistream.jobs.admin import Overview


def web(
    made: Features, overview: Overview, logbook: Logbook, listening: Listening, checks: Mapping[str, Check]
) -> ASGIApp:
    """All faces, on the features and on what only the web needs."""
    static = Static(paths.STATIC)
    pages = Pages(paths.TEMPLATES, static, secrets.token_bytes)
    federation = made.federation
    invitations = Invitations(federation.addresses, federation.followers, federation.engagements, time.monotonic)
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
        "histories": Histories(made.chat.messages),
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
        **gates(
            made.people,
            Attempts(time.monotonic),
            KnownBrowsers(made.secret, time.time, secrets.token_bytes),
            time.monotonic,
        ),
        **TokenGates(made.chat.visitors, made.chat.bans, made.integrations).table(),
    }
    hls = HlsFace(made.channels, made.broadcasts, made.viewers)
    return application(hls, services, guards, PagesEnvelope(pages), _chat_socket(made))


def _desk(made: Features, overview: Overview, logbook: Logbook, listening: Listening, pages: Pages) -> Desk:
    return Desk(
        pages=pages,
        tickets=Tickets(secrets.token_bytes(32), now),
        channels=made.channels,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        settings=made.settings,
        people=made.people,
        logbook=logbook,
        listening=listening,
        chance=secrets.token_bytes,
        attention=needs(made.federation.followers, overview, made.federation.talk, made.federation.doors.flags),
    )


def _hall(made: Features, pages: Pages, invitations: Invitations) -> Hall:
    return Hall(
        pages=pages,
        channels=made.channels,
        settings=made.settings,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        stills=made.stills,
        invitations=invitations,
        featured=made.federation.servers,
        counterparts=Counterparts(
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


def _chat_socket(made: Features) -> ChatSocket:
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
