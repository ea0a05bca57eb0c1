"""All faces of a node without a database: real pages, packager and HLS on a real port, and an encoder.

The fakes of services keep values in memory, and have only those rules that a page shows.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from activitypub.network.guard import Guard
from fedistream.api.http.application import FaceServices
from fedistream.api.http.listening import Listening
from fedistream.api.pages.admin.todo_counts import TodoCounts
from fedistream.api.pages.alternate_links import AlternateLinks
from fedistream.api.pages.follow_invitation import FollowInvitation, FollowInvitations
from fedistream.app.services import Services
from fedistream.app.web import Process, face_services, join_faces
from fedistream.appearance.public_files import PublicFiles
from fedistream.appearance.service import Images
from fedistream.broadcasts.publication import EncoderPublication
from fedistream.broadcasts.service import Broadcasts as RealBroadcasts
from fedistream.broadcasts.session import BroadcastRun, LiveSession, SessionConfig
from fedistream.broadcasts.values import BroadcastRecord, Encoder, LiveStatus
from fedistream.channels.service import Channels as RealChannels
from fedistream.channels.values import HOME, Channel, StreamKey
from fedistream.core.clocks import Clocks
from fedistream.core.errors import Invalid, ValueProblem
from fedistream.core.log_buffer import LogBuffer
from fedistream.federation.directory.listed import ListedServers
from fedistream.federation.values import Featured
from fedistream.metrics.hardware import HardwareMonitor
from fedistream.metrics.playback import PlaybackMetrics
from fedistream.metrics.values import HardwareReading
from fedistream.notifications.service import NotificationsContext
from fedistream.people.second_factor import SecondFactor, Status
from fedistream.people.service import People as RealPeople
from fedistream.people.sessions import Sessions as RealSessions
from fedistream.people.values import Session, SessionKind
from fedistream.schedule.service import Schedule
from fedistream.schedule.upcoming import Upcoming
from fedistream.settings.service import Settings as RealSettings
from fedistream.settings.table import BY_NAME, SETTINGS
from fedistream.thumbnails.service import Picture, Thumbnails
from fedistream.viewers.service import Viewers
from media import flv
from media.package import PackagerConfig, Presentation
from media.rtmp import Connection, EndReason, Publication, PublishRequest
from tests.kit.asking import Clock
from tests.kit.bell import Bell, Browsers
from tests.kit.fake_chat import FakeChat
from tests.kit.footage import Recipe, flv_tags
from tests.kit.made_once import pages as rendering

PASSWORD = "correct horse"
FOOTAGE = Recipe(seconds=4, size=(320, 180), fps=15, gop=15, kbps=150)
LOOP_MS = 4_000
LISTENING = Listening("127.0.0.1", 8080, "127.0.0.1", 1935)
BORN = datetime(2026, 4, 1, tzinfo=UTC)
BEHIND_MS = 40  # the streamer wakes this often

DEFAULTS: dict[str, object] = {
    "channel.name": "Quiet Waters",
    "channel.summary": "Slow boats on a **slow** river.",
    "channel.title": "Morning on the canal",
    "channel.offline_message": "Back on Sunday with [more water](https://water.example/).",
    "channel.page_content": "## Times\n\nSundays at noon.",
    "channel.tags": ["boats", "slow-tv"],
    "chat.enabled": False,
    "channel.social_handles": [{"platform": "mastodon", "url": "https://social.example/@boats"}],
}


class Absent:
    """A feature that no page of these tests uses. Its parts are absent too, and a call raises."""

    def __getattr__(self, name: str) -> "Absent":
        return self


ABSENT = cast(Any, Absent())


class Channels(RealChannels):
    """The home channel, and others by their slugs."""

    def __init__(self) -> None:
        super().__init__(lambda: BORN, lambda length: "")
        self._know(Channel(1, HOME, BORN))
        self.keys = [StreamKey("first-secret-key", "studio", BORN)]

    async def stream_keys(self, channel_id: int) -> tuple[StreamKey, ...]:
        return tuple(self.keys)

    async def replace_stream_keys(self, channel_id: int, keys: Sequence[tuple[str, str]]) -> None:
        self.keys = [StreamKey(key, comment, BORN) for key, comment in keys]

    def add(self, channel_id: int, slug: str) -> None:
        self._know(Channel(channel_id, slug, BORN))


NOWHERE = Path("/nonexistent")  # a folder of no files


class Settings(RealSettings):
    """The real table and its checks, with one value for all channels."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {row.name: row.default for row in SETTINGS} | DEFAULTS

    def value(self, name: str, channel_id: int | None = None) -> object:
        return self.values[name]

    async def change(self, name: str, value: object, channel_id: int | None = None) -> None:
        self.values[name] = BY_NAME[name].check(name, value)


class People(RealPeople):
    def __init__(self) -> None:
        self.password = PASSWORD

    def recall(self, password: str) -> bool:
        return password == self.password

    async def check_admin(self, password: str, rank: int = 0) -> bool:
        return self.recall(password)

    async def has_weak_password(self) -> bool:
        return len(self.password) < 8

    async def set_admin_password(self, password: str, keep_session: int | None = None, least: int = 8) -> None:
        if len(password) < least:
            raise Invalid("password", ValueProblem.LENGTH, least=least, most=1024)
        self.password = password


class Sessions(RealSessions):
    """Sessions by their tokens, in memory."""

    def __init__(self) -> None:
        self.by_token: dict[str, Session] = {}

    async def open(self, kind: SessionKind, network: str, user_agent: str) -> tuple[str, Session]:
        number, now = len(self.by_token) + 1, datetime.now(UTC)
        session = Session(number, kind, network, user_agent, now, now)
        self.by_token[f"token-{number}"] = session
        return f"token-{number}", session

    async def of_client(self, network: str, user_agent: str) -> tuple[str, Session]:
        return await self.open(SessionKind.BASIC, network, user_agent)

    async def find(self, token: str) -> Session | None:
        return self.by_token.get(token)

    async def end(self, session_id: int) -> None:
        self.by_token = {token: each for token, each in self.by_token.items() if each.id != session_id}


class OneFactor(SecondFactor):
    """Sign-in without a second factor."""

    def __init__(self) -> None:
        """Do nothing: nothing is stored."""

    async def status(self) -> Status:
        return Status()

    async def recent_status(self) -> Status:
        return Status()


class Stills(Thumbnails):
    """Thumbnails of broadcasts by their ids; the home channel's live broadcast is 7."""

    def __init__(self) -> None:
        self.by_id: dict[int, Picture] = {}

    def latest(self, channel_id: int) -> Picture | None:
        return self.by_id.get(7) if channel_id == 1 else None

    def recent(self, channel_id: int) -> tuple[Picture, ...]:
        return ()

    async def of(self, broadcast_id: int) -> Picture | None:
        return self.by_id.get(broadcast_id)


class FeaturedServers(ListedServers):
    """The featured servers that the test sets."""

    def __init__(self) -> None:
        self.servers: list[Featured] = []

    async def shown(self) -> tuple[Featured, ...]:
        return tuple(self.servers)


class Invitations(FollowInvitations):
    """The follow invitations that the test sets."""

    def __init__(self) -> None:
        self.shown: FollowInvitation | None = None

    async def of(self, channel: object) -> FollowInvitation | None:
        return self.shown


class NoCounterparts(AlternateLinks):
    """Federation is off."""

    def __init__(self) -> None:
        """Leave out the services that it asks."""

    async def of(self, channel: object, broadcast_id: int | None = None) -> None:
        return None

    async def answer(self, request: object, channel: object, broadcast_id: int | None = None) -> None:
        return None


class NoRecorder:
    """A recorder that stores nothing."""

    def started(self, channel_id: int, run: BroadcastRun, encoder: Encoder) -> None: ...
    def lost(self, channel_id: int, run: BroadcastRun, at: datetime, until: datetime) -> None: ...
    def returned(self, channel_id: int, run: BroadcastRun, at: datetime) -> None: ...
    def ended(self, channel_id: int, run: BroadcastRun, at: datetime, reason: str) -> None: ...


class Broadcasts(RealBroadcasts):
    """The live status of one real session, or the one that a test sets in `shown`."""

    def __init__(self, settings: Settings) -> None:
        def terms() -> SessionConfig:
            grace = settings.values["broadcast.grace_s"]
            assert isinstance(grace, int | float)
            return SessionConfig(str(settings.values["channel.title"]), grace, PackagerConfig())

        self.session = LiveSession(1, terms, NoRecorder(), lambda: datetime.now(UTC), lambda: os.urandom(4).hex())
        self.shown: LiveStatus | None = None
        self.written: dict[int, BroadcastRecord] = {}

    async def find(self, broadcast_id: int) -> BroadcastRecord | None:
        return self.written.get(broadcast_id)

    def live_status(self, channel_id: int) -> LiveStatus:
        return self.shown or self.session.live_status()

    def presentation(self, channel_id: int) -> Presentation | None:
        return self.session.presentation

    async def disconnect(self, channel_id: int) -> bool:
        return self.session.disconnect()


class FakeConnection:
    """The encoder's connection, which the node may close."""

    id = 1
    address = "192.0.2.44"
    bytes_received = 0

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def close(self, why: str) -> None:
        self.closed.set()


@dataclass
class Studio:
    """`go_live`, `drop` and `finish` do what a streamer does; `broadcasts.shown` replaces the live status."""

    settings: Settings = field(default_factory=Settings)
    channels: Channels = field(default_factory=Channels)
    people: People = field(default_factory=People)
    sessions: Sessions = field(default_factory=Sessions)
    stills: Stills = field(default_factory=Stills)
    featured: FeaturedServers = field(default_factory=FeaturedServers)
    listening: Listening = LISTENING
    log_buffer: LogBuffer = field(default_factory=LogBuffer)
    clock: Clock = field(default_factory=lambda: Clock(datetime.now(UTC)))
    url: str = ""
    follow_invitations: Invitations = field(default_factory=Invitations)
    asked: list[str] = field(default_factory=list)
    broken: bool = False  # answers 503 to everything but what is open already
    fake_chat: FakeChat | None = None  # set before the first page; without one the channel has no chat
    elsewhere: str = ""  # HTML of a page that is not the node's, at /elsewhere
    broadcasts: Broadcasts = field(init=False)
    viewers: Viewers = field(init=False)
    playback: PlaybackMetrics = field(init=False)
    bell: Bell = field(init=False)
    _streamer: "asyncio.Task[None] | None" = None
    _publication: Publication | None = None

    def __post_init__(self) -> None:
        self.broadcasts = Broadcasts(self.settings)
        self.viewers = Viewers(self.clock.monotonic, lambda: datetime.now(UTC), b"salt" * 4)
        self.playback = PlaybackMetrics(self.clock.monotonic, lambda: datetime.now(UTC))
        browsers = Browsers(self.settings, Guard(), self.clock.now, self.clock.monotonic)
        now, absent = self.clock.now, ABSENT
        self.bell = Bell(NotificationsContext(self.settings, self.channels, absent, absent, browsers, now, absent))
        self.bell.tested = []

    def made(self) -> Services:
        """Return the features, most of which are absent."""
        present: dict[str, Any] = {
            "settings": self.settings,
            "channels": self.channels,
            "people": self.people,
            "sessions": self.sessions,
            "second_factor": OneFactor(),
            "viewers": self.viewers,
            "broadcasts": self.broadcasts,
            "notifications": self.bell,
            "stills": self.stills,
            "images": Images(self.settings, NOWHERE, lambda: (1,)),
            "public_files": PublicFiles(NOWHERE),
            "hardware": HardwareMonitor(self.clock.now, lambda: HardwareReading(0, 0, 0)),
            "playback": self.playback,
            "metrics_token": "",
            "schedule": Schedule(ABSENT, Upcoming(self.settings, self.clock.now)),
            "secret": b"secret",
        }
        # the calls of the chat are answered by the fake chat
        return Services(**{name: present.get(name, ABSENT) for name in Services.__dataclass_fields__})

    def clocks(self) -> Clocks:
        return Clocks(self.clock.now, self.clock.monotonic, os.urandom, self.clock.later)

    def faces(self) -> FaceServices:
        """Return the services of the faces as the node makes them, without those that ask federation."""
        process = Process(ABSENT, self.log_buffer, self.listening, {})
        faces = face_services(self.made(), process, self.clocks(), rendering())
        pages = replace(
            faces.pages,
            featured=self.featured,
            follow_invitations=self.follow_invitations,
            alternate_links=NoCounterparts(),
        )
        return replace(
            faces,
            owncast=replace(faces.owncast, now=lambda: datetime.now(UTC)),
            pages=pages,
            admin_pages=replace(faces.admin_pages, todo_counts=TodoCounts({})),
        )

    def app(self) -> ASGIApp:
        """Return all faces, joined as the node joins them."""
        return join_faces(self.made(), self.faces(), self.clocks())

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Serve the application on a free port of the loopback interface."""
        app = self.app()

        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] != "/favicon.ico":  # a browser asks for it whenever it likes
                self.asked.append(scope["path"])
            if self.broken and scope["type"] == "http":
                await Response(status_code=503)(scope, receive, send)
            elif self.fake_chat is not None and self.fake_chat.handles(scope["path"]):
                await self.fake_chat(scope, receive, send)
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
                self.broadcasts.session.close()
                server.should_exit = True
                await running

    async def go_live(self, footage: Recipe | None = None) -> None:
        """Connect an encoder that sends video until `drop` or `finish`. Return once there is a playlist."""
        await self._halt()
        request = PublishRequest(
            "live", "key", {}, FakeConnection.address, "FMLE/3.0", "rtmp://localhost/live", secure=False
        )
        connection = FakeConnection()
        session, taken = self.broadcasts.session, cast(Connection, connection)
        source = EncoderPublication(session, request, taken, lambda: datetime.now(UTC))
        self._publication = source.ingest
        self._streamer = asyncio.create_task(send(self._publication, connection, footage or FOOTAGE))
        while not self.broadcasts.live_status(1).playable:
            await asyncio.sleep(0.02)

    async def drop(self) -> None:
        """Break the connection of the encoder."""
        await self._leave(EndReason.LOST)

    async def finish(self) -> None:
        """End the broadcast as the streamer's encoder does."""
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
    """A uvicorn that leaves signals to pytest and sets `up` when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


async def send(publication: Publication, connection: FakeConnection, footage: Recipe) -> None:
    """Send the footage again and again, each tag at its time."""
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
            if connection.closed.is_set():
                return
            put = {flv.TagKind.VIDEO: publication.video, flv.TagKind.AUDIO: publication.audio}.get(tag.kind)
            if put is not None:
                put(at_ms, tag.payload)
        turn += 1


def _is_config(tag: flv.Tag) -> bool:
    """Return whether the tag holds a configuration: its second byte is 0 (FLV 1, E.4.2.1 and E.4.3.1)."""
    return len(tag.payload) > 1 and tag.payload[1] == 0
