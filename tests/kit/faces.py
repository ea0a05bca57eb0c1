"""Every face of a node as one application, in process: real services on a database of its own, no media behind them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from httpx2 import AsyncClient
from starlette.types import ASGIApp

from activitypub.network.guard import Guard
from fedistream.access_tokens.service import Integrations, Scope
from fedistream.api.hls import HlsFace
from fedistream.api.http.application import application
from fedistream.api.http.auth import authenticators
from fedistream.api.http.known_browsers import KnownBrowsers
from fedistream.api.http.login_limit import LoginLimit
from fedistream.api.http.token_auth import TokenAuth
from fedistream.api.owncast.history_pages import HistoryPages
from fedistream.api.owncast.ports import Listening
from fedistream.api.owncast.websocket.endpoint import ChatServices, ChatSocket, Limits
from fedistream.api.pages.admin.context import AdminContext
from fedistream.api.pages.admin.todo_counts import todo_counts
from fedistream.api.pages.alternate_links import AlternateLinks
from fedistream.api.pages.context import PageContext
from fedistream.api.pages.error_pages import ErrorPages
from fedistream.api.pages.follow_invitation import FollowInvitations
from fedistream.api.pages.forms import CsrfTokens
from fedistream.api.pages.rendering import Pages
from fedistream.api.ws.broadcaster import Broadcaster
from fedistream.app.config import Config
from fedistream.app.paths import TEMPLATES
from fedistream.app.platform import Platform
from fedistream.app.services import join, open_base
from fedistream.channels.service import Channels
from fedistream.chat.feature import ChatFeature
from fedistream.chat.values import Visitor
from fedistream.core.bus import Bus
from fedistream.core.clocks import Clocks
from fedistream.core.log_buffer import LogBuffer
from fedistream.db import Database
from fedistream.federation.feature import FederationFeature
from fedistream.jobs.admin import OutboxAdmin
from fedistream.jobs.outbox import Outbox
from fedistream.notices.service import Notices
from fedistream.people.service import People
from fedistream.remote_media.service import MediaProxy
from fedistream.settings.service import Settings
from fedistream.signin.feature import SignInFeature
from fedistream.viewers.service import Viewers
from tests.kit import noticed
from tests.kit.asking import ADDRESS, Clock, basic, client
from tests.kit.database import empty_database
from tests.kit.made_once import give_keys, static_files
from tests.kit.onair import Broadcasts

PASSWORD = "correct horse battery"
RIGHT = basic(PASSWORD)
LISTENING = Listening("0.0.0.0", 8080, "0.0.0.0", 1935)


def zeros(length: int) -> bytes:
    return bytes(length)


class NoStills:
    """Nothing was ever seen."""

    def latest(self, channel_id: int) -> None:
        return None

    async def of(self, broadcast_id: int) -> None:
        return None


@dataclass(slots=True)
class Faces:
    """`app` is the whole application; the services are those behind it."""

    clock: Clock
    settings: Settings
    channels: Channels
    people: People
    viewers: Viewers
    chat: ChatFeature
    access_tokens: Integrations
    federation: FederationFeature
    pictures: MediaProxy
    sign_in: SignInFeature
    broadcaster: Broadcaster
    broadcasts: Broadcasts
    limits: Limits = field(default_factory=Limits)
    log_buffer: LogBuffer = field(default_factory=LogBuffer)
    listening: Listening = LISTENING

    @property
    def notices(self) -> Notices:
        return noticed.make(self.settings, self.federation, self.clock.now)

    @property
    def outbox(self) -> Outbox:
        return Outbox(lambda: self.clock.now().timestamp())

    def _context(self, pages: Pages, outbox_admin: OutboxAdmin) -> AdminContext:
        return AdminContext(
            pages=pages,
            csrf=CsrfTokens(b"secret", self.clock.now),
            channels=self.channels,
            broadcasts=self.broadcasts,
            viewers=self.viewers,
            settings=self.settings,
            people=self.people,
            log_buffer=self.log_buffer,
            listening=self.listening,
            chance=zeros,
            attention=todo_counts(
                self.federation.followers, outbox_admin, self.federation.replies, self.federation.policies.flags
            ),
        )

    def _page_context(self, pages: Pages, follow_invitations: FollowInvitations) -> PageContext:
        return PageContext(
            pages=pages,
            channels=self.channels,
            settings=self.settings,
            broadcasts=self.broadcasts,
            viewers=self.viewers,
            stills=NoStills(),
            follow_invitations=follow_invitations,
            featured=self.federation.servers,
            alternate_links=AlternateLinks(
                self.federation.addresses,
                self.federation.documents,
                self.federation.policies.authorized_fetch,
                self.federation.posts,
                self.notices,
            ),
        )

    def app(self) -> ASGIApp:
        static, outbox_admin = static_files(), OutboxAdmin(self.outbox)
        pages = Pages(TEMPLATES, static, zeros)
        known = self.federation
        follow_invitations = FollowInvitations(
            known.addresses, known.followers, known.engagements, self.clock.monotonic
        )
        services = {
            "channels": self.channels,
            "people": self.people,
            "settings": self.settings,
            "broadcasts": self.broadcasts,
            "viewers": self.viewers,
            **self._of_the_chat(),
            "access_tokens": self.access_tokens,
            "indieauth": self.sign_in.indieauth,
            "codes": self.sign_in.codes,
            "stills": NoStills(),
            "federation": self.federation.federation,
            "documents": self.federation.documents,
            "addresses": self.federation.addresses,
            "followers": self.federation.followers,
            "engagements": self.federation.engagements,
            "posts": self.federation.posts,
            "replies": self.federation.replies,
            "outbox_admin": outbox_admin,
            "notices": self.notices,
            "pictures": self.pictures,
            "follow_invitations": follow_invitations,
            "featured": self.federation.servers,
            "page_context": self._page_context(pages, follow_invitations),
            "profiles": self.federation.profiles,
            "flags": self.federation.policies.flags,
            "quotes": self.federation.policies.quotes,
            "blocklists": self.federation.policies.blocklists,
            "authorized_fetch": self.federation.policies.authorized_fetch,
            "log_buffer": self.log_buffer,
            "listening": self.listening,
            "now": self.clock.now,
            "checks": {},
            "pages": pages,
            "static": static,
            "context": self._context(pages, outbox_admin),
        }
        guards = {
            **authenticators(
                self.people,
                LoginLimit(self.clock.monotonic),
                KnownBrowsers(b"secret", lambda: self.clock.now().timestamp(), zeros),
                self.clock.monotonic,
            ),
            **TokenAuth(self.chat.visitors, self.chat.bans, self.access_tokens).table(),
        }
        hls = HlsFace(self.channels, self.broadcasts, self.viewers)
        return application(hls, services, guards, ErrorPages(pages), self.socket())

    def _of_the_chat(self) -> dict[str, object]:
        names = ("chat", "poster", "moderation", "visitors", "messages", "bans", "emoji")
        return {"history_pages": HistoryPages(self.chat.messages), **{name: getattr(self.chat, name) for name in names}}

    def socket(self) -> ChatSocket:
        parts = self.chat
        context = ChatServices(
            channels=self.channels,
            chat=parts.chat,
            poster=parts.poster,
            visitors=parts.visitors,
            messages=parts.messages,
            bans=parts.bans,
            broadcaster=self.broadcaster,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
        )
        return ChatSocket(context, self.limits)

    async def visitor(self, name: str, *, moderator: bool = False) -> tuple[Visitor, str]:
        """A visitor and his token."""
        visitor, token = await self.chat.visitors.make(name)
        if moderator:
            visitor = await self.chat.moderation.set_moderator(visitor.id, True)
        return visitor, token

    async def bearer(self, *scopes: Scope) -> dict[str, str]:
        """The header of an integration with these scopes."""
        _, token = await self.access_tokens.make("Bot", [scope.value for scope in scopes])
        return {"Authorization": f"Bearer {token}"}

    def client(self, address: str = ADDRESS, agent: str = "test") -> AsyncClient:
        return client(self.app(), address=address, agent=agent)


@asynccontextmanager
async def open_faces(folder: Path, guard: Guard | None = None) -> AsyncIterator[Faces]:
    """Faces with an empty database in `folder`; the admin's password is PASSWORD. `guard` says whom they may ask."""
    database, clock = Database(empty_database(folder)), Clock()
    await database.open()
    try:
        clocks = Clocks(clock.now, clock.monotonic, token_bytes, asyncio.get_running_loop().call_later)
        platform = Platform(clocks, Bus(), Outbox(clocks.unix), guard or Guard())
        await People(clock.now).set_admin_password(PASSWORD)
        options, broadcasts = Config(data_dir=folder), Broadcasts()
        base = await open_base(options, platform)
        await give_keys(base.channel_ids(), clock.now())
        made = await join(options, platform, base, broadcasts)
        writing = asyncio.create_task(made.chat.chat.run())
        yield Faces(
            clock,
            made.settings,
            made.channels,
            made.people,
            made.viewers,
            made.chat,
            made.access_tokens,
            made.federation,
            made.pictures,
            made.sign_in,
            made.broadcaster,
            broadcasts,
        )
        await made.federation.close()
        made.chat.chat.close()
        await writing
    finally:
        await database.close()
