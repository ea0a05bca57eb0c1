"""Catching up: a client that was away gets the messages that it missed, before its socket joins the broadcaster.

A client that waits for its turn costs a few bytes and holds nothing. Messages that no other client has just caught up
with are read from the log, slice by slice, and the next slice waits until the last one has been sent. The change from
the log to the broadcaster is one step, so that nothing is sent twice and nothing is left out.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.websocket.history_slices import SLICE, Stretches
from fedistream.api.ws.broadcaster import Broadcaster
from fedistream.api.ws.connection import SLOW, TRY_AGAIN_LATER, Frames, Socket, frames
from fedistream.chat.messages import MessageLog
from fedistream.chat.values import Shown
from fedistream.core.errors import Outage
from fedistream.core.supervisor import go

log = logging.getLogger(__name__)

MOST = 5_000  # messages; a client that missed more reads the history
AT_ONCE = 32  # sockets, each with SLICE and the server's buffer
OF_ONE_NETWORK = 4  # of these sockets
SLICE_S = 10.0  # the time in which a slice must be sent
BROKEN = 1011


@dataclass(slots=True, eq=False)
class Absence:
    """A returning client: `since` is the id of the last message that it has, and it gets the newest `most` of the
    missed ones. `network` is "" where the address is shared, such as a proxy's."""

    socket: Socket
    channel_id: int
    since: str
    most: int
    network: str
    over: bool = False
    first: str = ""  # the id of the first message sent


class CatchingUp:
    """The queue of returning clients, served in turn by network. `now` is the wall clock."""

    slice_s = SLICE_S

    def __init__(
        self, messages: MessageLog, broadcaster: Broadcaster, stretches: Stretches, now: Callable[[], datetime]
    ) -> None:
        self._messages, self._broadcaster, self._stretches, self._now = messages, broadcaster, stretches, now
        # by network, in the order of their turns
        self._waiting: OrderedDict[str, OrderedDict[Absence, None]] = OrderedDict()
        self._served: Counter[str] = Counter()
        self._servers = 0

    def begin(self, absence: Absence) -> None:
        """Queue a client: in its turn it gets what it missed, and from then on all events. Call `end` when the socket
        is closed, and remove it from the broadcaster."""
        self._waiting.setdefault(absence.network, OrderedDict())[absence] = None
        if self._servers < AT_ONCE:
            self._servers += 1
            go("catching up with the chat", self._serve())

    def end(self, absence: Absence) -> None:
        """Send nothing more, and give up the turn, because the socket is closed. May be called twice."""
        absence.over = True
        queue = self._waiting.get(absence.network)
        if queue is not None and absence in queue:
            # otherwise a client that reconnects again and again would be in the queue many times
            del queue[absence]
            if not queue:
                del self._waiting[absence.network]

    @property
    def waiting(self) -> int:
        """Return the number of clients that wait for their turn."""
        return sum(map(len, self._waiting.values()))

    async def _serve(self) -> None:
        """Serve one client after the other, until none is left that may be served."""
        try:
            while (absence := self._next()) is not None:
                self._served[absence.network] += 1
                try:
                    await self._tell(absence)
                except Outage:
                    # the client reconnects and asks again
                    absence.socket.close(TRY_AGAIN_LATER, "the chat's history cannot be read at the moment")
                except Exception:
                    log.exception("a chat client could not catch up")
                    absence.socket.close(BROKEN)
                finally:
                    self._served[absence.network] -= 1
                    if not self._served[absence.network]:
                        del self._served[absence.network]
        finally:
            self._servers -= 1
            if not self._servers:
                self._stretches.clear()

    def _next(self) -> Absence | None:
        for network in list(self._waiting):
            if network and self._served[network] >= OF_ONE_NETWORK:
                continue
            queue = self._waiting[network]
            absence, _ = queue.popitem(last=False)
            if queue:
                self._waiting.move_to_end(network)
            else:
                del self._waiting[network]
            return absence
        return None

    async def _tell(self, back: Absence) -> None:
        recent = self._broadcaster.recent(back.channel_id)
        cursor, position, complete = back.since, recent.behind(back.since), True
        if position is None or recent.messages(position) > back.most:
            position = None
            cursor = max(cursor, await self._stretches.start(back.channel_id, back.most))
            complete = cursor == back.since
        while not back.over:
            if position is None or not recent.keeps(position):
                cursor, position = await self._from_the_log(back, cursor)
                continue
            texts, behind, newest = recent.since(position, cursor, SLICE)
            if behind == recent.end:
                # nothing may be awaited from here to `return`
                self._broadcaster.follow(back.channel_id, back.socket)
                end = chat_shapes.caught_up(back.since, back.first, complete=complete)
                back.socket.write(frames([*texts, orjson.dumps(end)]))
                return
            await self._push(back, frames(texts))
            position, cursor = behind, newest

    async def _from_the_log(self, back: Absence, cursor: str) -> tuple[str, int]:
        """Send what comes after the cursor in the log. Return the newest id of that, and the position from which on
        the broadcaster's texts are not in it."""
        position = 0
        while not back.over:
            stretch = await self._stretches.behind(back.channel_id, cursor)
            for messages, first, last in stretch.behind(cursor):
                if not await self._push(back, messages):
                    break
                back.first, cursor = back.first or first, last
            position = stretch.position
            if stretch.whole:
                break
        if not back.over and (hidden := await self._messages.hidden_since(back.channel_id, back.since, upto=cursor)):
            shown = Shown(hidden, False, self._messages.next_id(), self._now())
            await self._push(back, frames([self._broadcaster.text(back.channel_id, shown)]))
        return cursor, position

    async def _push(self, back: Absence, messages: Frames) -> bool:
        """Write, and wait until it has been sent. Return False when the socket is closed."""
        if not back.over and back.socket.write(messages):
            try:
                async with asyncio.timeout(self.slice_s):
                    await back.socket.drained()
                return not back.over
            except TimeoutError:
                back.socket.close(TRY_AGAIN_LATER, SLOW)
        back.over = True
        return False
