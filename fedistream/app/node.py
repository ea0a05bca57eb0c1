"""The front process: it opens the data, the ports and the features, runs them, and closes all in reverse order.

The services are joined in `services.py`, the faces in `web.py`. Only `serve_command.py` imports this.
"""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import _TrustedHosts

from fedistream.api.http.connection_limiter import ConnectionLimiter
from fedistream.api.http.listening import Listening
from fedistream.api.http.uvicorn_protocol import Http1Protocol
from fedistream.api.ops import Check
from fedistream.api.ws.uvicorn_protocol import SETTINGS as SOCKETS
from fedistream.api.ws.uvicorn_protocol import FanoutProtocol
from fedistream.app import addresses, copies, startup
from fedistream.app.child_command import child_command
from fedistream.app.config import Config
from fedistream.app.platform import Platform, platform
from fedistream.app.services import Services, build
from fedistream.app.startup import BAD_DATA, DIED, StartupError
from fedistream.app.web import Process, web
from fedistream.core import file_descriptors
from fedistream.core.client_network import many_share
from fedistream.core.log_buffer import LogBuffer
from fedistream.core.slow_steps import Steps, untold
from fedistream.core.supervisor import Supervisor, Work, go
from fedistream.db import Database, DatabaseProblem
from fedistream.db.versions import versions
from fedistream.jobs.admin import OutboxAdmin
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.worker_process import WorkerProcess
from fedistream.notices.service import waiting as notices_waiting
from fedistream.notifications.service import waiting as notifications_waiting
from fedistream.schedule.tending import waiting as schedule_waiting
from fedistream.settings.service import stored_values
from media.rtmp import RtmpServer

log = logging.getLogger(__name__)

STOP_S = 5.5  # from the signal to the end; a supervisor kills the process after 8 or 10 s
GOODBYE_S = 2  # of that, for requests that still run
STEP_S = 1.5  # at most, for every other step
LEAST_S = 0.1  # for each step that is left when the time is over


@dataclass(frozen=True, slots=True)
class Welcome:
    """The data shown to the operator at the start. The secrets are empty except in the run that created them."""

    watch_url: str
    public_url: str
    rtmp_url: str
    rtmps_url: str
    stream_key: str
    admin_password: str


class Node:
    """One installation in one process: `open`, then `run` until it has to stop, then `close`."""

    def __init__(self, options: Config, flags: Collection[str] = (), steps: Steps = untold) -> None:
        """`flags` names the options that were given: settings of the admin give way to them. `steps` tells of slow
        steps of `open`."""
        self.options, self._flags, self._steps = options, flags, steps
        self.log_buffer = LogBuffer()
        self._undo = contextlib.AsyncExitStack()
        self._features: Services | None = None
        self._server: uvicorn.Server | None = None
        self._socket: socket.socket | None = None
        self._died = ""
        self._stop_by: float | None = None  # in the loop's time
        self._children: list[WorkerProcess] = []
        self.supervisor = Supervisor(self._give_up)

    async def open(self) -> Welcome:
        """Start everything but the web server. Call `close` in either case. Raises StartupError."""
        options, undo = self.options, self._undo
        root = logging.getLogger()
        root.addHandler(self.log_buffer)
        undo.callback(root.removeHandler, self.log_buffer)
        share = file_descriptors.share(file_descriptors.raise_limit())
        certificate = startup.tls(options)
        undo.enter_context(startup.locked_data_dir(options.data_dir))
        database = await self._database()
        at = addresses.addresses(options, self._flags, await stored_values())
        self._socket = undo.enter_context(startup.bound_socket(at.web_host, at.web_port))
        outbox = self._workers()
        base = platform(options, outbox)
        made = self._features = await self._build(base)
        self._beside("database", database.watch)
        self._beside("facts", made.facts.run)
        for name, work in made.recorders().items():
            self._beside(name, work)
        self._beside("broadcasts", made.broadcasts.run, ends=True)
        self._beside("chat", made.chat.chat.run, ends=True)
        self._beside("stills", made.stills.run)
        self._at_end("federation", made.federation.close)
        self._at_end("pictures", made.pictures.close)
        self._beside("federation", made.federation.run)
        self._beside("webhooks", made.webhooks.webhooks.run)

        rtmp = RtmpServer(made.broadcasts, is_proxy=startup.rtmp_proxies(options))
        self._at_end("rtmp", rtmp.close)
        undo.callback(made.broadcasts.close)
        undo.callback(made.chat.chat.close)
        rtmp_port = await _encoders(rtmp, at.rtmp_host, at.rtmp_port, None)
        rtmps_port = 0
        if options.rtmps_port is not None:
            rtmps_port = await _encoders(rtmp, at.rtmp_host, options.rtmps_port, certificate)

        # not before: a client that reaches the web port may assume that the encoder port is open too
        startup.listen(self._socket, at.web_port)
        self._beside("descriptors", file_descriptors.watch)
        web_port: int = self._socket.getsockname()[1]
        listening = Listening(at.web_host, web_port, at.rtmp_host, rtmp_port, made.channels.key_overridden)
        checks: dict[str, Check] = {
            "database": database.check,
            "ingest": _ingest_check(rtmp),
            "tasks": self.supervisor.check,
            "broadcasts": made.broadcasts.check,
            "chat": made.chat.messages.check,
        }
        app = web(made, Process(OutboxAdmin(outbox), self.log_buffer, listening, checks), base.clocks)
        self._server = _Server(_web_config(app, options, share))
        self._obey_signals()
        host, rtmp_host = _reachable(at.web_host), _reachable(at.rtmp_host)
        return Welcome(
            watch_url=f"http://{host}:{web_port}/",
            public_url=options.public_url,
            rtmp_url=f"rtmp://{rtmp_host}:{rtmp_port}/live",
            rtmps_url=f"rtmps://{rtmp_host}:{rtmps_port}/live" if rtmps_port else "",
            stream_key=made.stream_key,
            admin_password=made.admin_password,
        )

    @property
    def features(self) -> Services:
        """The services behind the faces, once it is open; for tests and for programs that embed a node."""
        assert self._features is not None, "open it first"
        return self._features

    async def run(self) -> None:
        """Serve until SIGINT or SIGTERM, or until `stop`. Raises StartupError when a needed task died."""
        assert self._server is not None
        assert self._socket is not None
        log.info("the node is ready")
        await self._server.serve(sockets=[self._socket])
        if self._died:
            raise StartupError(f"the task {self._died} died, and the node cannot do without it", DIED)

    def stop(self) -> None:
        """Make `run` end: encoders first, so that no player waits for a part that will not come."""
        self._left()  # start the clock
        if self._features is not None:
            self._features.broadcasts.close()
            self._features.chat.presence.close()
        for child in self._children:
            child.stop()
        if self._server is not None:
            self._server.should_exit = True

    async def close(self) -> None:
        """Undo `open` in reverse order, within STOP_S. A step that has not ended by then is abandoned."""
        self._left()
        await self._undo.aclose()

    def _left(self) -> float:
        """Return the seconds that are left to stop; the first call starts the clock."""
        now = asyncio.get_running_loop().time()
        if self._stop_by is None:
            self._stop_by = now + STOP_S
        return max(LEAST_S, self._stop_by - now)

    def _at_end(self, name: str, close: Callable[[], Awaitable[object]], most_s: float = STEP_S) -> None:
        """Register a step of `close`, which is abandoned when it takes longer than `most_s`."""

        async def wait() -> None:
            await close()

        async def end() -> None:
            closing = go(f"closing {name}", wait())
            done, _ = await asyncio.wait([closing], timeout=min(most_s, self._left()))
            if not done:
                log.error("closing %s takes too long, and is left", name)
                closing.cancel()

        self._undo.push_async_callback(end)

    def _obey_signals(self) -> None:
        """Handle the signals. Called in `open`, so that a node that is stopped at once still closes in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
            self._undo.callback(loop.remove_signal_handler, number)

    async def _build(self, base: Platform) -> Services:
        """Build the services, and keep what they have in memory up to date with other processes."""
        before = await versions(*copies.VERSIONS)
        with self._steps("reading the settings and making what is missing, such as keys"):
            made = await build(self.options, base)
        for name, value in addresses.given(self.options, self._flags).items():
            made.settings.override(name, value)
        self._beside("copies", partial(copies.front_copies(made, base.facts, before).run, copies.REFRESH_S))
        return made

    async def _database(self) -> Database:
        try:
            database = Database(self.options.database, steps=self._steps)
            self._at_end("database", lambda: database.close(min(STEP_S, self._left()) / 2))
            await database.open()
        except DatabaseProblem as problem:
            raise StartupError(str(problem), BAD_DATA) from problem
        return database

    def _workers(self) -> Outbox:
        """Open the outbox, and start worker processes when a job is put into it."""
        command, environment = child_command(self.options)

        def nudge() -> None:
            for child in self._children:
                child.nudge()

        async def waiting() -> bool:
            return (
                await outbox.waiting()
                or await notices_waiting()
                or await notifications_waiting()
                or await schedule_waiting()
            )

        outbox = Outbox(time.time, nudge)
        for number in range(1, self.options.workers + 1):
            child = WorkerProcess(command, environment, waiting)
            self._at_end(f"worker {number}", partial(self._end_child, child), STOP_S)
            self._beside(f"worker {number}", child.run)
            self._children.append(child)
        return outbox

    async def _end_child(self, child: WorkerProcess) -> None:
        await child.close(max(LEAST_S, self._left() - STEP_S))

    def _beside(self, name: str, work: Work, *, ends: bool = False) -> None:
        """Run `work` until the node closes. When it `ends` by itself, `close` waits for it."""
        runner = self.supervisor.start(name, work, ends=ends)

        async def end() -> None:
            await runner.end(min(STEP_S, self._left()) if ends else 0)

        self._undo.push_async_callback(end)

    def _give_up(self, task: str) -> None:
        self._died = task
        self.stop()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would raise the signal again before the node has closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _web_config(app: ASGIApp, options: Config, share: file_descriptors.Share) -> uvicorn.Config:
    proxies = _TrustedHosts(options.trusted_proxies)
    connections = ConnectionLimiter(share, time.monotonic, lambda address: address in proxies or many_share(address))
    return uvicorn.Config(
        app,
        http=cast(type[asyncio.Protocol], partial(Http1Protocol, connections)),
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
        return None if server.open else "closed"

    return check


async def _encoders(server: RtmpServer, host: str, port: int, tls: ssl.SSLContext | None) -> int:
    """Listen for encoders. Returns the port. Raises StartupError."""
    try:
        return await server.listen(host, port, ssl=tls)
    except OSError as error:
        raise startup.cannot_listen(host, port, "--rtmps-port" if tls else "--rtmp-port", error) from error


def _reachable(host: str) -> str:
    """Return a host name for the operator's terminal: a browser cannot open "any address"."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "localhost"
    return f"[{host}]" if ":" in host else host
