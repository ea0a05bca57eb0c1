"""The loudspeaker: an event becomes JSON once, frames once, and is written to every line of a channel's room.

What the JSON looks like is handed in (`shape`), and so is the way between nodes (`Relay`).
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

SLICE = 250  # lines written to in one turn of the loop: about a millisecond, in which no segment is served
STEP = 5, 8  # of the room, by which a round begins further on than the last one
MAX_WAITING = 2000  # events that may wait while a round is under way; chat is far below, a flood from a bot is not

Shape = Callable[[int, Event], bytes]  # an event of a channel as one JSON text
OnFrame = Callable[[int, BacklogEntry], None]


class Relay(Protocol):
    """Carries a ready text to the loudspeakers of all nodes, this one among them. Neither call waits or raises."""

    def tell(self, channel_id: int, said: BacklogEntry) -> None: ...

    def attach(self, heard: OnFrame) -> None:
        """`heard` is called in the event loop's thread, in the order of a channel's texts."""


class InProcess:
    """The relay of a node that is alone."""

    def __init__(self) -> None:
        self._heard: list[OnFrame] = []

    def tell(self, channel_id: int, said: BacklogEntry) -> None:
        for heard in self._heard:
            heard(channel_id, said)

    def attach(self, heard: OnFrame) -> None:
        self._heard.append(heard)


@dataclass(slots=True)
class _Audience:
    """The lines of one room. `round` are those that get what is on its way now, `said` it; `first` is whom the next
    round begins with. `recent` has what is on its way, and nothing that waits."""

    lines: dict[Socket, None] = field(default_factory=dict)
    first: int = 0
    recent: Backlog = field(default_factory=Backlog)
    waiting: list[BacklogEntry] = field(default_factory=list)
    round: list[Socket] = field(default_factory=list)
    said: Frames | None = None
    reached: int = 0


class Broadcaster:
    """Implements `chat.values.Loudspeaker` for one process.

    A round goes through all lines, a slice in each turn of the loop; what is said meanwhile is gathered and makes the
    next round, so the more there is to say, the cheaper each event becomes. `dropped` counts what found no room.
    """

    def __init__(self, shape: Shape, relay: Relay) -> None:
        self.dropped = 0
        self._shape = shape
        self._relay = relay
        self._crowds: dict[int, _Audience] = {}
        relay.attach(self._hear)

    def join(self, channel_id: int, line: Socket) -> None:
        """The line hears everything said from now on, and what is just being said."""
        crowd = self._crowd(channel_id)
        crowd.lines[line] = None
        if crowd.said is not None:
            crowd.round.append(line)

    def follow(self, channel_id: int, line: Socket) -> None:
        """The line hears what comes after all that is `recent`."""
        self._crowd(channel_id).lines[line] = None

    def recent(self, channel_id: int) -> Backlog:
        """The events that were told last, up to those that are just being told."""
        return self._crowd(channel_id).recent

    def leave(self, channel_id: int, line: Socket) -> None:
        crowd = self._crowds.get(channel_id)
        if crowd is not None:
            crowd.lines.pop(line, None)

    def count(self, channel_id: int) -> int:
        crowd = self._crowds.get(channel_id)
        return len(crowd.lines) if crowd else 0

    def text(self, channel_id: int, event: Event) -> bytes:
        """Return the text that `say` would send, for a single socket."""
        return self._shape(channel_id, event)

    def say(self, channel_id: int, event: Event) -> None:
        try:
            text = self._shape(channel_id, event)
        except Exception:
            log.exception("no words for %s", type(event).__name__)
            return
        # only messages are in the log, where those who come back look for what they missed
        self._relay.tell(channel_id, BacklogEntry(text, event.id if isinstance(event, Message) else ""))

    def _crowd(self, channel_id: int) -> _Audience:
        return self._crowds.setdefault(channel_id, _Audience())

    def _hear(self, channel_id: int, said: BacklogEntry) -> None:
        crowd = self._crowd(channel_id)
        if len(crowd.waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        crowd.waiting.append(said)
        if len(crowd.waiting) == 1 and crowd.said is None:
            asyncio.get_running_loop().call_soon(self._begin, crowd)

    def _begin(self, crowd: _Audience) -> None:
        crowd.said = frames(said.text for said in crowd.waiting)
        for said in crowd.waiting:
            crowd.recent.add(said)
        crowd.waiting = []
        # each round begins with somebody else: among thousands who came last would otherwise always hear it last
        lines = list(crowd.lines)
        first = crowd.first % max(1, len(lines))
        crowd.round, crowd.reached = [*lines[first:], *lines[:first]], 0
        crowd.first = first + len(lines) * STEP[0] // STEP[1] + 1
        self._go_on(crowd)

    def _go_on(self, crowd: _Audience) -> None:
        assert crowd.said is not None
        said, begin = crowd.said, crowd.reached
        for line in crowd.round[begin : begin + SLICE]:
            line.push(said)
        crowd.reached = begin + SLICE
        loop = asyncio.get_running_loop()
        if crowd.reached < len(crowd.round):
            loop.call_soon(self._go_on, crowd)
            return
        crowd.said, crowd.round = None, []
        if crowd.waiting:
            loop.call_soon(self._begin, crowd)
