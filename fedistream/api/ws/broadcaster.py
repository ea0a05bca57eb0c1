"""The broadcaster: an event becomes JSON once and a frame once, which is written to every socket of a channel.

The JSON's format is an argument (`shape`), and so is the transport between nodes (`Relay`).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fedistream.api.ws.backlog import Backlog, BacklogEntry
from fedistream.api.ws.connection import Frames, Socket, frames
from fedistream.chat.values import Event, Message

log = logging.getLogger(__name__)

SLICE = 250  # sockets written to in one turn of the loop: about a millisecond, in which no segment is served
STEP = 5, 8  # the share of the audience by which the start moves from one pass to the next
MAX_WAITING = 2000  # events that may wait during a pass; chat is far below, a flood from a bot is not

Shape = Callable[[int, Event], bytes]  # an event of a channel as one JSON text
OnFrame = Callable[[int, BacklogEntry], None]


class Relay(Protocol):
    """Carries an encoded event to the broadcasters of all nodes, including this one. Neither call waits or raises."""

    def send(self, channel_id: int, entry: BacklogEntry) -> None: ...

    def attach(self, receiver: OnFrame) -> None:
        """Have `receiver` called in the event loop's thread, in the order of a channel's events."""


class InProcess:
    """The relay of a single node."""

    def __init__(self) -> None:
        self._receivers: list[OnFrame] = []

    def send(self, channel_id: int, entry: BacklogEntry) -> None:
        for receiver in self._receivers:
            receiver(channel_id, entry)

    def attach(self, receiver: OnFrame) -> None:
        self._receivers.append(receiver)


@dataclass(slots=True)
class _Audience:
    """The sockets of one channel. `pass_` are the sockets of the current pass, `frames` what it writes; the next pass
    begins with socket number `first`. `recent` includes the events of the current pass, not the waiting ones."""

    sockets: dict[Socket, None] = field(default_factory=dict)
    first: int = 0
    recent: Backlog = field(default_factory=Backlog)
    waiting: list[BacklogEntry] = field(default_factory=list)
    pass_: list[Socket] = field(default_factory=list)
    frames: Frames | None = None
    reached: int = 0


class Broadcaster:
    """Implements `chat.values.Broadcaster` for one process.

    A pass writes to all sockets, SLICE of them in each turn of the loop. Events that come during a pass are gathered
    for the next one, so each event costs less the more there are. `dropped` counts events above MAX_WAITING.
    """

    def __init__(self, shape: Shape, relay: Relay) -> None:
        self.dropped = 0
        self._shape = shape
        self._relay = relay
        self._audiences: dict[int, _Audience] = {}
        relay.attach(self._receive)

    def join(self, channel_id: int, socket: Socket) -> None:
        """Add a socket. It gets all later events, and those of the current pass."""
        audience = self._audience(channel_id)
        audience.sockets[socket] = None
        if audience.frames is not None:
            audience.pass_.append(socket)

    def follow(self, channel_id: int, socket: Socket) -> None:
        """Add a socket that gets the events after those in `recent`."""
        self._audience(channel_id).sockets[socket] = None

    def recent(self, channel_id: int) -> Backlog:
        """Return the newest events that were sent, including those of the current pass."""
        return self._audience(channel_id).recent

    def leave(self, channel_id: int, socket: Socket) -> None:
        audience = self._audiences.get(channel_id)
        if audience is not None:
            audience.sockets.pop(socket, None)

    def count(self, channel_id: int) -> int:
        audience = self._audiences.get(channel_id)
        return len(audience.sockets) if audience else 0

    def text(self, channel_id: int, event: Event) -> bytes:
        """Return the text that `send` would write, for a single socket."""
        return self._shape(channel_id, event)

    def send(self, channel_id: int, event: Event) -> None:
        try:
            text = self._shape(channel_id, event)
        except Exception:
            log.exception("could not encode a chat event of type %s", type(event).__name__)
            return
        # only messages have a mark: they are in the log, where returning clients look for what they missed
        self._relay.send(channel_id, BacklogEntry(text, event.id if isinstance(event, Message) else ""))

    def _audience(self, channel_id: int) -> _Audience:
        return self._audiences.setdefault(channel_id, _Audience())

    def _receive(self, channel_id: int, entry: BacklogEntry) -> None:
        audience = self._audience(channel_id)
        if len(audience.waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        audience.waiting.append(entry)
        if len(audience.waiting) == 1 and audience.frames is None:
            asyncio.get_running_loop().call_soon(self._begin, audience)

    def _begin(self, audience: _Audience) -> None:
        audience.frames = frames(entry.text for entry in audience.waiting)
        for entry in audience.waiting:
            audience.recent.add(entry)
        audience.waiting = []
        # each pass begins with another socket: otherwise, among thousands, the newest would always be written to last
        sockets = list(audience.sockets)
        first = audience.first % max(1, len(sockets))
        audience.pass_, audience.reached = [*sockets[first:], *sockets[:first]], 0
        audience.first = first + len(sockets) * STEP[0] // STEP[1] + 1
        self._go_on(audience)

    def _go_on(self, audience: _Audience) -> None:
        assert audience.frames is not None
        written, begin = audience.frames, audience.reached
        for socket in audience.pass_[begin : begin + SLICE]:
            socket.write(written)
        audience.reached = begin + SLICE
        loop = asyncio.get_running_loop()
        if audience.reached < len(audience.pass_):
            loop.call_soon(self._go_on, audience)
            return
        audience.frames, audience.pass_ = None, []
        if audience.waiting:
            loop.call_soon(self._begin, audience)
