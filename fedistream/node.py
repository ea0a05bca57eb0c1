"""The composition root: builds every part, joins them by hand, starts and stops them in order.

Everything may be imported here, and nothing but `cli.py` imports this.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
import ssl
import time
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from fedistream import ground, places, reactions, workshop
from fedistream.api.application import application
from fedistream.api.attempts import Attempts
from fedistream.api.fanout import SETTINGS as SOCKETS
from fedistream.api.fanout import FanoutProtocol
from fedistream.api.gates import gates
from fedistream.api.hls import HlsFace
from fedistream.api.loudspeaker import InProcess, Loudspeaker
from fedistream.api.ops import Check
from fedistream.api.owncast.chat_shapes import Texts
from fedistream.api.owncast.needs import Listening
from fedistream.api.owncast.socket import ChatSocket
from fedistream.api.owncast.socket import Desk as SocketDesk
from fedistream.api.pages.admin.desk import Desk
from fedistream.api.pages.admin.needs import needs
from fedistream.api.pages.envelope import PagesEnvelope
from fedistream.api.pages.forms import Tickets
from fedistream.api.pages.hall import Hall
from fedistream.api.pages.invitation import Invitations
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.static import Static
from fedistream.api.tokens import TokenGates
from fedistream.broadcasts.air import State
from fedistream.broadcasts.log import BroadcastLog
from fedistream.broadcasts.onair import Clocks
from fedistream.broadcasts.service import Broadcasts, Neighbours
from fedistream.bus import Bus
from fedistream.channels.service import Channels
from fedistream.chat.chorus import Chorus
from fedistream.chat.clocks import Clocks as ChatClocks
from fedistream.chat.feature import ChatFeature
from fedistream.chat.feature import build as build_chat
from fedistream.chat.herald import Neighbours as ChatNeighbours
from fedistream.chat.herald import OnAir
from fedistream.db import Database, DatabaseProblem
from fedistream.errors import Invalid
from fedistream.federation.feature import Clocks as FederationClocks
from fedistream.federation.feature import FederationFeature, Post
from fedistream.federation.feature import build as build_federation
from fedistream.federation.feature import guard as federation_guard
from fedistream.federation.pace import Pace
from fedistream.federation.service import Neighbours as FederationNeighbours
from fedistream.ground import BAD_DATA, BAD_OPTION, Problem
from fedistream.integrations.service import Integrations
from fedistream.jobs.child import WorkerChild
from fedistream.jobs.clock import Clock
from fedistream.jobs.handlers import activity, enqueue
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.overview import Overview
from fedistream.logbook import Logbook
from fedistream.notices.service import TEND, Notices
from fedistream.notices.service import waiting as notices_waiting
from fedistream.options import Options
from fedistream.people.service import People
from fedistream.pictures.paths import Paths
from fedistream.pictures.service import Pictures
from fedistream.settings_store import Settings
from fedistream.signin.feature import Clocks as SignInClocks
from fedistream.signin.feature import Neighbours as SignInNeighbours
from fedistream.signin.feature import SignInFeature
from fedistream.signin.feature import build as build_sign_in
from fedistream.stills.service import Neighbours as PictureNeighbours
from fedistream.stills.service import Stills
from fedistream.viewers.service import Viewers
from media.codec.stills import Studio
from media.rtmp.server import RtmpServer

log = logging.getLogger(__name__)

GOODBYE_S = 3  # how long a stopping node waits for running requests
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the operator is shown at the start. The secrets are empty but in the run that made them."""

    watch_url: str
    public_url: str
    rtmp_url: str
    rtmps_url: str
    stream_key: str
    admin_password: str


def now() -> datetime:
    return datetime.now(UTC)


def token() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(8))


@dataclass(frozen=True, slots=True)
class Features:
    """What the node does, built and joined. The two secrets are for the operator's eyes, empty unless new."""

    facts: Bus
    settings: Settings
    channels: Channels
    people: People
    viewers: Viewers
    broadcasts: Broadcasts
    chat: ChatFeature
    integrations: Integrations
    federation: FederationFeature
    notices: Notices
    pictures: Pictures
    sign_in: SignInFeature
    stills: Stills
    loudspeaker: Loudspeaker
    stream_key: str
    admin_password: str


async def features(options: Options, outbox: Outbox) -> Features:
    """Build the features on an open database. Raises Problem for options that cannot be."""
    facts = Bus(enqueue(outbox))
    settings, channels, people = Settings(facts, now), Channels(now, secrets.token_urlsafe), People(now)
    await settings.load()
    try:
        if options.public_url:
            settings.override("serverurl", options.public_url.rstrip("/"))
        guard = federation_guard(options.federation_allow)
        stream_key = await channels.open(options.stream_key)
        admin_password = await people.open(options.admin_password)
    except Invalid as error:
        raise Problem(str(error), BAD_OPTION) from error
    rows = BroadcastLog()
    viewers = Viewers(time.monotonic, now, secrets.token_bytes(16))
    near = Neighbours(channels, settings, facts, lambda channel_id: viewers.peak(channel_id).session)
    broadcasts = Broadcasts(rows, near, Clocks(now, token))

    def channel_ids() -> tuple[int, ...]:
        return tuple(channel.id for channel in channels.all())

    loudspeaker = Loudspeaker(Texts(lambda channel_id: str(settings.value("name", channel_id))), InProcess())
    faces = Paths.kept(options.data_dir / "pictures", secrets.token_bytes)
    near_chat = ChatNeighbours(settings, facts, partial(_on_air, broadcasts), channel_ids, loudspeaker, faces.path)
    clocks = ChatClocks(now, time.monotonic, secrets.token_bytes, asyncio.get_running_loop().call_later)
    chat = await build_chat(near_chat, clocks, options.data_dir / "emoji")
    integrations = Integrations(now, secrets.token_bytes, chat.visitors.make_bot)
    federation = await build_federation(
        FederationNeighbours(settings, channels, facts, chat.gallery, workshop.running),
        FederationClocks(now, time.time, time.monotonic),
        Post(outbox, activity, guard),
    )
    remote_pictures = Pictures(federation.outside, faces, options.data_dir / "pictures", time.time)
    sign_in = _sign_in(settings, chat, federation)
    chorus = Chorus(chat.herald, settings)
    stills = Stills(PictureNeighbours(broadcasts, channel_ids, Studio(), now), options.data_dir / "stills")
    notices = workshop.make_notices(settings, federation, _up_to_date, _hurry)
    cast = reactions.Cast(viewers, chat.chat, chat.herald, chorus, federation, stills, notices)
    facts.attach(reactions.table(cast))
    for channel_id in channel_ids():
        viewers.restore_peak(channel_id, await rows.overall_peak(channel_id))
        await broadcasts.resume(channel_id)
    return Features(
        facts=facts,
        settings=settings,
        channels=channels,
        people=people,
        viewers=viewers,
        broadcasts=broadcasts,
        chat=chat,
        integrations=integrations,
        stills=stills,
        federation=federation,
        notices=notices,
        pictures=remote_pictures,
        sign_in=sign_in,
        loudspeaker=loudspeaker,
        stream_key=stream_key,
        admin_password=admin_password,
    )


def _on_air(broadcasts: Broadcasts, channel_id: int) -> OnAir:
    air = broadcasts.air(channel_id)
    return OnAir(air.state is not State.OFFLINE, air.last_ended_at)


def _sign_in(settings: Settings, chat: ChatFeature, federation: FederationFeature) -> SignInFeature:
    def pace(burst: float, per_s: float) -> Pace:
        return Pace(time.monotonic, burst=burst, per_s=per_s)

    near = SignInNeighbours(settings, chat.chat, federation.outside, federation.correspondents, pace)
    return build_sign_in(near, SignInClocks(time.monotonic, secrets.token_bytes, secrets.randbelow))


async def _up_to_date() -> None:
    """The settings of this process are those that hold."""


async def _hurry(at: float) -> None:
    """By the table alone: the clock is in the worker, and looks there."""
    await Clock((), time.time).hurry(TEND, at)


class Node:
    """One installation in one process. `open`, then `run` until it is told to stop, then `close`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.logbook = Logbook()
        self._undo = contextlib.AsyncExitStack()
        self._features: Features | None = None
        self._server: uvicorn.Server | None = None
        self._socket: socket.socket | None = None

    async def open(self) -> Welcome:
        """Start everything but the web server. Raises Problem; `close` has to be called in either case."""
        options, undo = self.options, self._undo
        root = logging.getLogger()
        root.addHandler(self.logbook)
        undo.callback(root.removeHandler, self.logbook)
        certificate = ground.tls(options)
        undo.enter_context(ground.only_here(options.data_dir))
        self._socket = undo.enter_context(ground.listening(options.host, options.port))
        database = await self._database()
        outbox = self._workers()
        made = self._features = await features(options, outbox)
        self._beside(made.facts.run())
        self._beside(made.viewers.run())
        self._beside(made.broadcasts.run(), ends=True)
        self._beside(made.chat.chat.run(), ends=True)
        self._beside(made.stills.run())
        undo.push_async_callback(made.federation.close)
        undo.push_async_callback(made.pictures.close)
        self._beside(made.federation.run())

        rtmp = RtmpServer(made.broadcasts)
        undo.push_async_callback(rtmp.close)
        undo.callback(made.broadcasts.close)
        undo.callback(made.chat.chat.close)
        rtmp_port = await _encoders(rtmp, options.host, options.rtmp_port, None)
        rtmps_port = 0
        if options.rtmps_port is not None:
            rtmps_port = await _encoders(rtmp, options.host, options.rtmps_port, certificate)

        web_port: int = self._socket.getsockname()[1]
        listening = Listening(options.host, web_port, options.host, rtmp_port, made.channels.key_overridden)
        checks: dict[str, Check] = {"database": database.check, "ingest": _ingest_check(rtmp)}
        app = _application(made, Overview(outbox), self.logbook, listening, checks)
        self._server = _Server(_web_config(app, options))
        host = _reachable(options.host)
        return Welcome(
            watch_url=f"http://{host}:{web_port}/",
            public_url=options.public_url,
            rtmp_url=f"rtmp://{host}:{rtmp_port}/live",
            rtmps_url=f"rtmps://{host}:{rtmps_port}/live" if rtmps_port else "",
            stream_key=made.stream_key,
            admin_password=made.admin_password,
        )

    @property
    def features(self) -> Features:
        """The services behind the faces, once it is open: the door for tests and for programs that embed a node."""
        assert self._features is not None, "open it first"
        return self._features

    async def run(self) -> None:
        """Serve until SIGINT or SIGTERM, or until `stop`."""
        assert self._server is not None
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
            self._undo.callback(loop.remove_signal_handler, number)
        log.info("the node is ready")
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Let `run` end: encoders first, so that nobody waits for a part that will not come."""
        if self._features is not None:
            self._features.broadcasts.close()
            self._features.chat.rooms.close()
        if self._server is not None:
            self._server.should_exit = True

    async def close(self) -> None:
        """Undo everything `open` did, in the reverse order."""
        await self._undo.aclose()

    async def _database(self) -> Database:
        try:
            database = Database(self.options.database)
            self._undo.push_async_callback(database.close)
            await database.open()
        except DatabaseProblem as problem:
            raise Problem(str(problem), BAD_DATA) from problem
        return database

    def _workers(self) -> Outbox:
        """The outbox, and the processes that are started when something is put into it."""
        command, environment = workshop.child_command(self.options)
        children: list[WorkerChild] = []

        def nudge() -> None:
            for child in children:
                child.nudge()

        async def waiting() -> bool:
            return await outbox.waiting() or await notices_waiting()

        outbox = Outbox(time.time, nudge)
        for _ in range(self.options.workers):
            child = WorkerChild(command, environment, waiting)
            self._undo.push_async_callback(child.close)
            self._beside(child.run())
            children.append(child)
        return outbox

    def _beside(self, work: Coroutine[object, object, None], *, ends: bool = False) -> None:
        """Run `work` until the node closes. If it `ends` of itself by then, it is given the time to."""
        task = asyncio.create_task(work)

        async def end() -> None:
            await asyncio.wait([task], timeout=GOODBYE_S if ends else 0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._undo.push_async_callback(end)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: it would raise the signal again before the node has closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _application(
    made: Features, overview: Overview, logbook: Logbook, listening: Listening, checks: Mapping[str, Check]
) -> ASGIApp:
    """All faces, on the features and on what only the web needs."""
    static = Static(places.STATIC)
    pages = Pages(places.TEMPLATES, static, secrets.token_bytes)
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
        **gates(made.people, Attempts(time.monotonic), secrets.token_bytes(32), secrets.token_bytes),
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


def _web_config(app: ASGIApp, options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws=FanoutProtocol,
        **SOCKETS,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=options.trusted_proxies,
        timeout_graceful_shutdown=GOODBYE_S,
        timeout_keep_alive=30,  # a player asks every few seconds; a new connection each time would cost more
    )


def _ingest_check(server: RtmpServer) -> Check:
    async def check() -> str | None:
        return None if server.open else "the RTMP port is closed"

    return check


async def _encoders(server: RtmpServer, host: str, port: int, tls: ssl.SSLContext | None) -> int:
    """Listen for encoders. Returns the port. Raises Problem."""
    try:
        return await server.listen(host, port, ssl=tls)
    except OSError as error:
        raise ground.unbindable(host, port, "--rtmps-port" if tls else "--rtmp-port", error) from error


def _reachable(host: str) -> str:
    """A name for the operator's terminal: "any address" is no address to open in a browser."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "localhost"
    return f"[{host}]" if ":" in host else host
