"""All faces on the services, as one application. A part of the composition root."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp

from fedistream.api.admin.services import AdminServices
from fedistream.api.fediverse.services import FediverseServices
from fedistream.api.health_score import HealthScore
from fedistream.api.hls import HlsFace
from fedistream.api.http.admin_sign_in import AdminSignIn
from fedistream.api.http.application import FaceServices, application
from fedistream.api.http.auth import AdminAuth
from fedistream.api.http.endpoints import ANYONE, Access, Authenticator
from fedistream.api.http.known_browsers import KnownBrowsers
from fedistream.api.http.listening import Listening
from fedistream.api.http.login_limit import LoginLimit
from fedistream.api.http.permissions import Kind
from fedistream.api.http.token_auth import TokenAuth
from fedistream.api.openapi.face import Documentation
from fedistream.api.ops import Check, OpsServices
from fedistream.api.owncast.history_pages import HistoryPages
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.websocket.endpoint import ChatServices, ChatSocket, Limits
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.admin.todo_counts import TodoCounts, todo_counts
from fedistream.api.pages.alternate_links import AlternateLinks
from fedistream.api.pages.follow_invitation import FollowInvitations
from fedistream.api.pages.forms import CsrfTokens
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.services import PagesServices
from fedistream.api.pages.static import Static
from fedistream.api.prometheus import MetricsAuth, PrometheusServices
from fedistream.app import paths
from fedistream.app.services import Services
from fedistream.core.clocks import Clocks
from fedistream.core.key_file import derive
from fedistream.core.log_buffer import LogBuffer
from fedistream.jobs.admin import OutboxAdmin
from fedistream.thumbnails.previews import Previews
from media.codec import Thumbnailer

LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Process:
    """The process that the faces run in, and its jobs, for the pages that show them."""

    outbox_admin: OutboxAdmin
    log_buffer: LogBuffer
    listening: Listening
    checks: Mapping[str, Check]


def web(made: Services, process: Process, clocks: Clocks) -> ASGIApp:
    """Return all faces, on the features and on what only the web needs."""
    pages = Pages(paths.TEMPLATES, Static(paths.STATIC), clocks.chance)
    return join_faces(made, face_services(made, process, clocks, pages), clocks)


def face_services(made: Services, process: Process, clocks: Clocks, rendering: Pages) -> FaceServices:
    """Return the services of each face."""
    pages = _pages(made, clocks, rendering)
    return FaceServices(
        ops=OpsServices(process.checks),
        prometheus=_prometheus(made),
        owncast=_owncast(made, process, clocks),
        admin=_admin(made, process),
        fediverse=_fediverse(made, pages),
        pages=pages,
        admin_pages=_admin_pages(made, process, clocks, pages),
        documentation=Documentation(rendering),
    )


def join_faces(made: Services, faces: FaceServices, clocks: Clocks, limits: Limits = LIMITS) -> ASGIApp:
    """Return the faces as one application. `limits` are those of the chat's sockets."""
    recognised = {
        Kind.ANONYMOUS: ANYONE,
        Kind.ADMIN: Authenticator(faces.admin_pages.sign_in.check, ambient=True),
        **MetricsAuth(made.metrics_token).table(),
        **TokenAuth(made.chat.visitors, made.chat.bans, made.access_tokens).table(),
    }
    hls = HlsFace(made.channels, made.broadcasts, made.viewers, made.playback)
    socket = ChatSocket(_chat(made, clocks), limits)
    return application(hls, faces, Access(recognised, made.channels.by_slug), socket)


def _owncast(made: Services, process: Process, clocks: Clocks) -> OwncastServices:
    return OwncastServices(
        channels=made.channels,
        people=made.people,
        settings=made.settings,
        broadcasts=made.broadcasts,
        renditions=made.renditions,
        viewers=made.viewers,
        viewer_history=made.viewer_history,
        geo=made.geo,
        hardware=made.hardware,
        playback=made.playback,
        health=_health(made),
        prometheus=_prometheus(made),
        chat=made.chat.chat,
        poster=made.chat.poster,
        moderation=made.chat.moderation,
        visitors=made.chat.visitors,
        messages=made.chat.messages,
        bans=made.chat.bans,
        emoji=made.chat.emoji,
        images=made.images,
        history_pages=HistoryPages(made.chat.messages),
        access_tokens=made.access_tokens,
        indieauth=made.sign_in.indieauth,
        codes=made.sign_in.codes,
        federation=made.federation.federation,
        followers=made.federation.followers,
        engagements=made.federation.engagements,
        posts=made.federation.posts,
        featured=made.federation.servers,
        pictures=made.pictures,
        webhooks=made.webhooks.webhooks,
        notifications=made.notifications,
        schedule=made.schedule,
        listing=made.listing,
        log_buffer=process.log_buffer,
        listening=process.listening,
        now=clocks.now,
    )


def _health(made: Services) -> HealthScore:
    return HealthScore(made.settings, made.broadcasts, made.viewers, made.hardware, made.playback)


def _prometheus(made: Services) -> PrometheusServices:
    chat = made.chat
    return PrometheusServices(made.channels, chat.chat, chat.visitors, chat.messages, _health(made))


def _admin(made: Services, process: Process) -> AdminServices:
    return AdminServices(
        federation=made.federation.federation,
        moderation=made.chat.moderation,
        notices=made.notices,
        replies=made.federation.replies,
        profiles=made.federation.profiles,
        reports=made.federation.policies.flags,
        quotes=made.federation.policies.quotes,
        blocklists=made.federation.policies.blocklists,
        outbox_admin=process.outbox_admin,
        webhooks=made.webhooks.webhooks,
        webhook_log=made.webhooks.log,
    )


def _fediverse(made: Services, pages: PagesServices) -> FediverseServices:
    return FediverseServices(
        addresses=made.federation.addresses,
        documents=made.federation.documents,
        authorized_fetch=made.federation.policies.authorized_fetch,
        federation=made.federation.federation,
        quotes=made.federation.policies.quotes,
        pages=pages,
    )


def _pages(made: Services, clocks: Clocks, pages: Pages) -> PagesServices:
    federation = made.federation
    return PagesServices(
        pages=pages,
        static=pages.static,
        settings=made.settings,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        thumbnails=made.stills,
        previews=Previews(made.stills.recent, Thumbnailer().animate),
        images=made.images,
        public_files=made.public_files,
        federation=federation.federation,
        follow_invitations=FollowInvitations(
            federation.addresses, federation.followers, federation.engagements, clocks.monotonic
        ),
        featured=federation.servers,
        alternate_links=AlternateLinks(
            federation.addresses,
            federation.documents,
            federation.policies.authorized_fetch,
            federation.posts,
            made.notices,
        ),
        schedule=made.schedule,
        notifications=made.notifications,
    )


def _admin_pages(made: Services, process: Process, clocks: Clocks, pages: PagesServices) -> AdminPagesServices:
    return AdminPagesServices(
        pages=pages.pages,
        csrf=CsrfTokens(derive(made.secret, "csrf tokens"), clocks.now),
        todo_counts=_todo_counts(made, process),
        chance=clocks.chance,
        listening=process.listening,
        log_buffer=process.log_buffer,
        channels=made.channels,
        people=made.people,
        sessions=made.sessions,
        sign_in=_sign_in(made, clocks),
        second_factor=made.second_factor,
        provider=made.sign_in.provider,
        settings=made.settings,
        broadcasts=made.broadcasts,
        viewers=made.viewers,
        viewer_history=made.viewer_history,
        hardware=made.hardware,
        playback=made.playback,
        health=_health(made),
        now=clocks.now,
        chat=made.chat.chat,
        messages=made.chat.messages,
        visitors=made.chat.visitors,
        moderation=made.chat.moderation,
        bans=made.chat.bans,
        emoji=made.chat.emoji,
        images=made.images,
        access_tokens=made.access_tokens,
        federation=made.federation.federation,
        follow_invitations=pages.follow_invitations,
        followers=made.federation.followers,
        engagements=made.federation.engagements,
        posts=made.federation.posts,
        replies=made.federation.replies,
        featured=made.federation.servers,
        profiles=made.federation.profiles,
        reports=made.federation.policies.flags,
        quotes=made.federation.policies.quotes,
        blocklists=made.federation.policies.blocklists,
        outbox_admin=process.outbox_admin,
        listing=made.listing,
        notices=made.notices,
        notifications=made.notifications,
        schedule=made.schedule,
        webhooks=made.webhooks.webhooks,
        webhook_log=made.webhooks.log,
    )


def _sign_in(made: Services, clocks: Clocks) -> AdminSignIn:
    # with the secret itself, as cookies were signed before other keys were derived from it
    known = KnownBrowsers(made.secret, clocks.unix, clocks.chance)
    password = AdminAuth(made.people, LoginLimit(clocks.monotonic), known, clocks.monotonic)
    return AdminSignIn(password, made.sessions, made.second_factor)


def _todo_counts(made: Services, process: Process) -> TodoCounts:
    federation = made.federation
    return todo_counts(
        federation.followers,
        process.outbox_admin,
        federation.replies,
        federation.policies.flags,
        made.webhooks.webhooks,
    )


def _chat(made: Services, clocks: Clocks) -> ChatServices:
    return ChatServices(
        channels=made.channels,
        chat=made.chat.chat,
        poster=made.chat.poster,
        visitors=made.chat.visitors,
        messages=made.chat.messages,
        bans=made.chat.bans,
        broadcaster=made.broadcaster,
        now=clocks.now,
        monotonic=clocks.monotonic,
    )
