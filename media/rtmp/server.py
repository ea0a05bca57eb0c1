"""The RTMP server: its ports, and which connections may stay.

One connection is handled by `connection.py`; what may be published is decided by the publish handler.
"""

import asyncio
import logging
import ssl as tls
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Final

from media.rtmp.connection import Connection, PublishHandler
from media.rtmp.connection_limiter import ConnectionLimiter
from media.rtmp.deferred_refusals import DeferredRefusals
from media.rtmp.errors import ProtocolError
from media.rtmp.failed_keys import FailedKeys
from media.rtmp.limits import DEFAULT, Limits

BACKLOG: Final = 512
REPORT_S: Final = 1.0  # between two lines of one kind
LOG: Final = logging.getLogger("media.rtmp")


def _nobody(address: str) -> bool:
    return False


class RtmpServer:
    """Listens on any number of ports for one publish handler.

    `refused` counts refusals by the name of the error or the status code. `connections` are the open ones. `is_proxy`
    says whether an address is that of a TCP proxy, which sends a PROXY protocol header first; from other addresses such
    a header is an error.
    """

    def __init__(
        self,
        handler: PublishHandler,
        *,
        limits: Limits = DEFAULT,
        log: logging.Logger = LOG,
        is_proxy: Callable[[str], bool] = _nobody,
    ) -> None:
        self.handler = handler
        self.limits = limits
        self.log = log
        self.refused: Counter[str] = Counter()
        self.connections: set[Connection] = set()
        self.deferred_refusals = DeferredRefusals()
        self.failed_keys = FailedKeys(limits)
        self.is_proxy = is_proxy
        self._limiter = ConnectionLimiter(limits)
        self._numbered: dict[int, Connection] = {}
        self._listeners: list[asyncio.Server] = []
        self._silent_until: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._made = 0
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    async def listen(self, host: str | None, port: int, ssl: tls.SSLContext | None = None) -> int:
        """Open a port, RTMPS with `ssl`, and return its number. Raises OSError when it is taken or not allowed."""
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: self._make(ssl), host, port, backlog=BACKLOG)
        self._listeners.append(listener)
        bound: int = listener.sockets[0].getsockname()[1]
        return bound

    @property
    def open(self) -> bool:
        """Return whether the server listens."""
        return any(listener.is_serving() for listener in self._listeners)

    async def close(self) -> None:
        """Stop listening, end every publication as CLOSED and wait until the sockets are gone."""
        for listener in self._listeners:
            listener.close()
        for connection in tuple(self.connections):
            connection.close("the server is stopping")
        await self._all_gone.wait()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.publish_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # for Connection

    def add(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._numbered[connection.id] = connection
        self._all_gone.clear()
        self._make_room(self._limiter.arrive(connection.id, connection.address))

    def set_address(self, connection: Connection, address: str) -> None:
        self._limiter.leave(connection.id, connection.address)
        connection.address = address
        self._make_room(self._limiter.arrive(connection.id, address))

    def count_as_publishing(self, connection: Connection) -> None:
        self._limiter.publish(connection.id, connection.address)

    def count_as_waiting(self, connection: Connection) -> None:
        self._make_room(self._limiter.rest(connection.id, connection.address))

    def remove(self, connection: Connection) -> None:
        self._limiter.leave(connection.id, connection.address)
        self.connections.discard(connection)
        self._numbered.pop(connection.id, None)
        if not self.connections:
            self._all_gone.set()

    def report(self, address: str, error: ProtocolError) -> None:
        """Count an error, and log it unless one of its kind was logged a moment ago: a flood must not fill the log."""
        name, now = type(error).__name__, asyncio.get_running_loop().time()
        self.refused[name] += 1
        if now >= self._silent_until.get(name, 0):
            self._silent_until[name] = now + REPORT_S
            self.log.warning("rtmp: %s: %s (%d so far)", address, error, self.refused[name])

    def _make_room(self, number: int | None) -> None:
        if number is not None:
            self._numbered[number].make_room()

    def start_task(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.error("rtmp: a connection could not be accepted", exc_info=error)

    def _make(self, ssl: tls.SSLContext | None) -> Connection:
        self._made += 1
        return Connection(self, self._made, ssl)
