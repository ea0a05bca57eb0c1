"""A node's faces without its database: real pages, packager and HLS on a real port, and a streamer who obeys the test.

What stands in for a service keeps values in memory and has no rules but those a page has to show.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import uvicorn
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fedistream.api.hls import HlsFace
from fedistream.api.http.application import application
from fedistream.api.http.auth import authenticators
from fedistream.api.http.known_browsers import KnownBrowsers
from fedistream.api.http.login_limit import LoginLimit
from fedistream.api.http.token_auth import TokenAuth
from fedistream.api.pages.admin.context import AdminContext
from fedistream.api.pages.context import PageContext
from fedistream.api.pages.error_pages import ErrorPages
from fedistream.api.pages.follow_invitation import FollowInvitation
from fedistream.api.pages.forms import CsrfTokens
from fedistream.api.pages.rendering import Pages
from fedistream.app.paths import TEMPLATES
from fedistream.broadcasts.publication import EncoderPublication
from fedistream.broadcasts.session import BroadcastRun, LiveSession, SessionConfig
from fedistream.broadcasts.values import BroadcastRecord, Encoder, LiveStatus
from fedistream.core.errors import Invalid
from fedistream.core.log_buffer import LogBuffer
from fedistream.federation.values import Featured
from fedistream.settings.table import BY_NAME, SETTINGS
from fedistream.thumbnails.service import Picture
from fedistream.viewers.service import Viewers
from media import flv
from media.package import PackagerConfig, Presentation
from media.rtmp import Connection, EndReason, Publication, PublishRequest
from tests.kit.asking import Clock
from tests.kit.footage import Recipe, flv_tags
from tests.kit.made_once import static_files
from tests.kit.parlour import Parlour

PASSWORD = "correct horse"
FOOTAGE = Recipe(seconds=4, size=(320, 180), fps=15, gop=15, kbps=150)
LOOP_MS = 4_000
BEHIND_MS = 40  # the streamer wakes this often

DEFAULTS: dict[str, object] = {
    "name": "Quiet Waters",
    "serversummary": "Slow boats on a **slow** river.",
    "streamtitle": "Morning on the canal",
    "offlinemessage": "Back on Sunday with [more water](https://water.example/).",
    "pagecontent": "## Times\n\nSundays at noon.",
    "tags": ["boats", "slow-tv"],
    "chat.disabled": True,
    "socialhandles": [{"platform": "mastodon", "url": "https://social.example/@boats"}],
}


@dataclass(frozen=True, slots=True)
class Channel:
    id: int = 1
    slug: str = "home"
    created_at: datetime = datetime(2026, 4, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Key:
    key: str
    comment: str


class Channels:
    def __init__(self) -> None:
        self.keys = [Key("first-secret-key", "studio")]
        self.others: dict[str, int] = {}  # ids by slugs

    def home(self) -> Channel:
        return Channel()

    def by_slug(self, slug: str) -> Channel | None:
        return Channel(self.others[slug], slug) if slug in self.others else None

    async def stream_keys(self, channel_id: int) -> Sequence[Key]:
        return tuple(self.keys)

    async def replace_stream_keys(self, channel_id: int, keys: Sequence[tuple[str, str]]) -> None:
        self.keys = [Key(*each) for each in keys]


class Settings:
    """The real table and its checks, with one value for all channels."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {row.name: row.default for row in SETTINGS} | DEFAULTS

    def value(self, name: str, channel_id: int | None = None) -> object:
        return self.values[name]

    async def change(self, name: str, value: object, channel_id: int | None = None) -> None:
        self.values[name] = BY_NAME[name].check(name, value)


class People:
    def __init__(self) -> None:
        self.password = PASSWORD

    def recall(self, password: str) -> bool:
        return password == self.password

    async def check_admin(self, password: str, rank: int = 0) -> bool:
        return self.recall(password)

    async def set_admin_password(self, password: str) -> None:
        if len(password) < 8:
            raise Invalid("password", "must have at least 8 characters")
        self.password = password


class Stills:
    """Of broadcasts by their ids; the home channel's on the air is 7."""

    def __init__(self) -> None:
        self.by_id: dict[int, Picture] = {}

    def latest(self, channel_id: int) -> Picture | None:
        return self.by_id.get(7) if channel_id == 1 else None

    async def of(self, broadcast_id: int) -> Picture | None:
        return self.by_id.get(broadcast_id)


class FeaturedServers:
    """Whom the test says."""

    def __init__(self) -> None:
        self.servers: list[Featured] = []

    async def shown(self) -> Sequence[Featured]:
        return self.servers


class Services(dict[str, object]):
    """Has a service of every name, None where no page asks for it: the chat's calls are answered by the parlour."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> object:
        return None


class Invitations:
    """Whether and how the channel can be followed from elsewhere is the test's to say."""

    def __init__(self) -> None:
        self.shown: FollowInvitation | None = None

    async def of(self, channel: object) -> FollowInvitation | None:
        return self.shown


class Silence:
    """A story that nobody writes down."""

    def started(self, channel_id: int, run: BroadcastRun, encoder: Encoder) -> None: ...
    def lost(self, channel_id: int, run: BroadcastRun, at: datetime, until: datetime) -> None: ...
    def returned(self, channel_id: int, run: BroadcastRun, at: datetime) -> None: ...
    def ended(self, channel_id: int, run: BroadcastRun, at: datetime, reason: str) -> None: ...


class Broadcasts:
    """One channel's real air."""

    def __init__(self, settings: Settings) -> None:
        def terms() -> SessionConfig:
            grace = settings.values["broadcast.grace_s"]
            assert isinstance(grace, int | float)
            return SessionConfig(str(settings.values["streamtitle"]), grace, PackagerConfig())

        self.onair = LiveSession(1, terms, Silence(), lambda: datetime.now(UTC), lambda: os.urandom(4).hex())
        self.shown: LiveStatus | None = None
        self.written: dict[int, BroadcastRecord] = {}

    async def find(self, broadcast_id: int) -> BroadcastRecord | None:
        return self.written.get(broadcast_id)

    def air(self, channel_id: int) -> LiveStatus:
        return self.shown or self.onair.air()

    def presentation(self, channel_id: int) -> Presentation | None:
        return self.onair.presentation

    async def disconnect(self, channel_id: int) -> bool:
        return self.onair.disconnect()


class Wire:
    """The encoder's connection, which the node may close."""

    id = 1
    address = "192.0.2.44"
    bytes_received = 0

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def close(self, why: str) -> None:
        self.closed.set()


@dataclass
class Listening:
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    rtmp_host: str = "127.0.0.1"
    rtmp_port: int = 1935
    key_overridden: bool = False


class NoCounterparts:
    """Federation is off."""

    async def of(self, channel: object, broadcast_id: int | None = None) -> None:
        return None

    async def answer(self, ask: object, channel: object, broadcast_id: int | None = None) -> None:
        return None


@dataclass
class Studio:
    """`go_live`, `drop` and `finish` are the streamer's; `broadcasts.shown` shows an air that no streamer made."""

    settings: Settings = field(default_factory=Settings)
    channels: Channels = field(default_factory=Channels)
    people: People = field(default_factory=People)
    stills: Stills = field(default_factory=Stills)
    featured: FeaturedServers = field(default_factory=FeaturedServers)
    listening: Listening = field(default_factory=Listening)
    log_buffer: LogBuffer = field(default_factory=LogBuffer)
    clock: Clock = field(default_factory=lambda: Clock(datetime.now(UTC)))
    url: str = ""
    follow_invitations: Invitations = field(default_factory=Invitations)
    asked: list[str] = field(default_factory=list)
    broken: bool = False  # answers 503 to everything but what is open already
    parlour: Parlour | None = None  # set before the first page; without one the channel has no chat
    elsewhere: str = ""  # HTML of a page that is not the node's, at /elsewhere
    broadcasts: Broadcasts = field(init=False)
    viewers: Viewers = field(init=False)
    _streamer: "asyncio.Task[None] | None" = None
    _publication: Publication | None = None

    def __post_init__(self) -> None:
        self.broadcasts = Broadcasts(self.settings)
        self.viewers = Viewers(self.clock.monotonic, lambda: datetime.now(UTC), b"salt" * 4)

    def app(self) -> ASGIApp:
        """All faces, joined as the node joins them."""
        pages = Pages(TEMPLATES, static_files(), os.urandom)
        context = AdminContext(
            pages=pages,
            csrf=CsrfTokens(b"secret", self.clock.now),
            channels=self.channels,
            broadcasts=self.broadcasts,
            viewers=self.viewers,
            settings=self.settings,
            people=self.people,
            log_buffer=self.log_buffer,
            listening=self.listening,
            chance=os.urandom,
        )
        services: dict[str, object] = Services()
        services |= {
            "pages": pages,
            "static": static_files(),
            "context": context,
            "channels": self.channels,
            "people": self.people,
            "settings": self.settings,
            "stills": self.stills,
            "broadcasts": self.broadcasts,
            "viewers": self.viewers,
            "follow_invitations": self.follow_invitations,
            "page_context": PageContext(
                pages=pages,
                channels=self.channels,
                settings=self.settings,
                broadcasts=self.broadcasts,
                viewers=self.viewers,
                stills=self.stills,
                follow_invitations=self.follow_invitations,
                featured=self.featured,
                alternate_links=NoCounterparts(),
            ),
            "log_buffer": self.log_buffer,
            "listening": self.listening,
            "now": lambda: datetime.now(UTC),
            "checks": {},
        }
        nobody = cast(Any, None)
        guards = {
            **authenticators(
                self.people,
                LoginLimit(self.clock.monotonic),
                KnownBrowsers(b"secret", lambda: self.clock.now().timestamp(), os.urandom),
                self.clock.monotonic,
            ),
            **TokenAuth(nobody, nobody, nobody).table(),
        }
        hls = HlsFace(self.channels, self.broadcasts, self.viewers)
        return application(hls, services, guards, ErrorPages(pages))

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """The app on a free port of the loopback."""
        app = self.app()

        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            self.asked.append(scope["path"])
            if self.broken and scope["type"] == "http":
                await Response(status_code=503)(scope, receive, send)
            elif self.parlour is not None and self.parlour.knows(scope["path"]):
                await self.parlour(scope, receive, send)
            elif scope["path"] == "/elsewhere":
                await HTMLResponse(self.elsewhere)(scope, receive, send)
            else:
                await app(scope, receive, send)

        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(
                front, lifespan="off", ws="websockets-sansio", log_config=None, timeout_graceful_shutdown=1
            )
            server = Server(config)
            running = asyncio.create_task(server.serve(sockets=[listener]))
            await server.up.wait()
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                yield self.url
            finally:
                await self._halt()
                self.broadcasts.onair.close()
                server.should_exit = True
                await running

    async def go_live(self, footage: Recipe | None = None) -> None:
        """An encoder connects (or comes back) and sends until told otherwise. Returns when there is a playlist."""
        await self._halt()
        request = PublishRequest("live", "key", {}, Wire.address, "FMLE/3.0", "rtmp://localhost/live", secure=False)
        wire = Wire()
        connection = cast(Connection, wire)
        source = EncoderPublication(self.broadcasts.onair, request, connection, lambda: datetime.now(UTC))
        self._publication = source.ingest
        self._streamer = asyncio.create_task(send(self._publication, wire, footage or FOOTAGE))
        while not self.broadcasts.air(1).playable:
            await asyncio.sleep(0.02)

    async def drop(self) -> None:
        """The encoder's connection breaks."""
        await self._leave(EndReason.LOST)

    async def finish(self) -> None:
        """The streamer presses stop."""
        await self._leave(EndReason.FINISHED)

    async def _leave(self, end: EndReason) -> None:
        await self._halt()
        assert self._publication is not None
        self._publication.ended(end, end.name)

    async def _halt(self) -> None:
        if self._streamer is not None:
            self._streamer.cancel()
            await asyncio.gather(self._streamer, return_exceptions=True)
            self._streamer = None


class Server(uvicorn.Server):
    """Leaves the signals to pytest, and says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


async def send(publication: Publication, wire: Wire, footage: Recipe) -> None:
    """The footage in a loop, each tag at its time."""
    tags = flv_tags(footage)
    publication.metadata({"encoder": "obs-output module (libobs version 32.0.1)", "framerate": 15.0})
    loop = asyncio.get_running_loop()
    began, turn = loop.time(), 0
    while True:
        for tag in tags:
            at_ms = turn * LOOP_MS + tag.timestamp_ms
            if turn and (tag.kind is flv.TagKind.SCRIPT or _is_config(tag)):
                continue
            wait = at_ms / 1000 - (loop.time() - began)
            if wait > BEHIND_MS / 1000:
                await asyncio.sleep(wait)
            if wire.closed.is_set():
                return
            put = {flv.TagKind.VIDEO: publication.video, flv.TagKind.AUDIO: publication.audio}.get(tag.kind)
            if put is not None:
                put(at_ms, tag.payload)
        turn += 1


def _is_config(tag: flv.Tag) -> bool:
    """The second byte of VIDEODATA and AUDIODATA is 0 for a configuration (FLV 1, E.4.2.1 and E.4.3.1)."""
    return len(tag.payload) > 1 and tag.payload[1] == 0
