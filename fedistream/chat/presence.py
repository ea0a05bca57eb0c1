"""Who is in the chat of each channel now: open sockets, and who counts as having come or gone.

Everything is in memory and synchronous. Who may come in is decided in `service.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fedistream.chat.clocks import Clocks, Timer
from fedistream.chat.values import Client, CloseReason, Event, Listener, Visitor

PARTED_S = 10  # who reloads the page has not left
MAX_USER_AGENT = 512


@dataclass(slots=True, eq=False)
class ChatConnection:
    """One socket in a room. `visitor` is kept up to date; `messages` counts what was said from here, `unstored` what of
    it is not on disk yet."""

    id: int
    channel_id: int
    visitor: Visitor
    ear: Listener
    address: str
    user_agent: str
    connected_at: datetime
    messages: int = 0
    unstored: int = 0
    taken: bool = True
    timers: list[Timer] = field(default_factory=list)

    def client(self) -> Client:
        return Client(self.id, self.visitor, self.address, self.user_agent, self.connected_at, self.messages)


@dataclass(frozen=True, slots=True)
class _Leaving:
    """Whose last seat this was has gone when the timer is up."""

    connection: ChatConnection
    timer: Timer


class ChannelPresence:
    """One channel's. `came` and `went` are told of visitors, by their first and last sockets: a second window is nobody
    new, and who is back within PARTED_S has not been away."""

    def __init__(
        self, clocks: Clocks, came: Callable[[ChatConnection], None], went: Callable[[ChatConnection], None]
    ) -> None:
        self._clocks, self._came, self._went = clocks, came, went
        self.connections: dict[int, ChatConnection] = {}
        self._by_visitor: dict[str, dict[int, ChatConnection]] = {}
        self._leaving: dict[str, _Leaving] = {}  # of those who have no seat

    def enter(self, connection: ChatConnection) -> None:
        visitor = connection.visitor
        self.connections[connection.id] = connection
        others = self._by_visitor.setdefault(visitor.id, {})
        others[connection.id] = connection
        if self._recall(visitor.id) is None and len(others) == 1:
            self._came(connection)

    def leave(self, connection: ChatConnection) -> None:
        """May be called twice."""
        if self.connections.pop(connection.id, None) is None:
            return
        connection.taken = False
        for timer in connection.timers:
            timer.cancel()
        others = self._by_visitor[connection.visitor.id]
        del others[connection.id]
        if not others:
            del self._by_visitor[connection.visitor.id]
            self._part(connection)

    def become(self, visitor_id: str, visitor: Visitor) -> None:
        """Who sat under one id is somebody else from now on (he signed in), or the same with another name. So is who
        has just left: one goes elsewhere to sign in, and has PARTED_S to be back from there. When either of the two is
        here, nobody has gone."""
        if visitor.id == visitor_id and visitor_id in self._leaving:
            self._leaving[visitor_id].connection.visitor = visitor
            return
        connections, last = self._by_visitor.pop(visitor_id, {}), self._recall(visitor_id)
        for connection in connections.values():
            connection.visitor = visitor
        if connections:
            self._by_visitor.setdefault(visitor.id, {}).update(connections)
        if connections or last is not None:
            self._recall(visitor.id)
        if last is not None and visitor.id not in self._by_visitor:
            last.visitor = visitor
            self._part(last)

    def knows(self, visitor_id: str) -> bool:
        """Whether he is here, or has not been away for long enough to have gone."""
        return visitor_id in self._by_visitor or visitor_id in self._leaving

    def of_visitor(self, visitor_id: str) -> tuple[ChatConnection, ...]:
        return tuple(self._by_visitor.get(visitor_id, {}).values())

    def close(self) -> None:
        for each in self._leaving.values():
            each.timer.cancel()
        self._leaving.clear()

    def _part(self, connection: ChatConnection) -> None:
        timer = self._clocks.later(PARTED_S, lambda: self._gone(connection))
        self._leaving[connection.visitor.id] = _Leaving(connection, timer)

    def _recall(self, visitor_id: str) -> ChatConnection | None:
        """Who was leaving stays. Returns the seat he had."""
        leaving = self._leaving.pop(visitor_id, None)
        if leaving is None:
            return None
        leaving.timer.cancel()
        return leaving.connection

    def _gone(self, connection: ChatConnection) -> None:
        del self._leaving[connection.visitor.id]
        self._went(connection)


class Presence:
    """All channels' rooms."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._presence: dict[int, ChannelPresence] = {}
        self._next = 0
        self.came: Callable[[ChatConnection], None] = _nobody
        self.went: Callable[[ChatConnection], None] = _nobody

    def enter(self, channel_id: int, visitor: Visitor, ear: Listener, address: str, user_agent: str) -> ChatConnection:
        """Take a seat. Call `leave` with it when the socket is closed."""
        connection = ChatConnection(
            self._next, channel_id, visitor, ear, address, user_agent[:MAX_USER_AGENT], self._clocks.now()
        )  # fmt: skip
        self._next += 1
        self._room(channel_id).enter(connection)
        return connection

    def leave(self, connection: ChatConnection) -> None:
        self._room(connection.channel_id).leave(connection)

    def connections(self, channel_id: int) -> tuple[ChatConnection, ...]:
        room = self._presence.get(channel_id)
        return () if room is None else tuple(room.connections.values())

    def connection(self, seat_id: int) -> ChatConnection | None:
        return next(
            (room.connections[seat_id] for room in self._presence.values() if seat_id in room.connections), None
        )

    def of_visitor(self, visitor_id: str) -> Iterator[ChatConnection]:
        """In all channels."""
        for room in tuple(self._presence.values()):
            yield from room.of_visitor(visitor_id)

    def visitors(self) -> frozenset[str]:
        """The ids of all who are in any room."""
        return frozenset(
            connection.visitor.id for room in self._presence.values() for connection in room.connections.values()
        )

    def count(self, channel_id: int) -> int:
        room = self._presence.get(channel_id)
        return 0 if room is None else len(room.connections)

    def become(self, visitor_id: str, visitor: Visitor) -> tuple[int, ...]:
        """Let those who sit under this id be this visitor: the same with another name, or whom he signed in as.
        Returns the channels he is in, or has left just now."""
        found = [channel_id for channel_id, room in self._presence.items() if room.knows(visitor_id)]
        for channel_id in found:
            self._presence[channel_id].become(visitor_id, visitor)
        return tuple(found)

    def empty(self, channel_id: int, why: CloseReason) -> None:
        """Send everybody away."""
        for connection in self.connections(channel_id):
            connection.ear.close(why)

    def close(self) -> None:
        """Send everybody away from everywhere, and tell of no one's leaving."""
        for channel_id, room in self._presence.items():
            self.empty(channel_id, CloseReason.STOPPING)
            room.close()

    def say(self, channel_id: int, event: Event) -> None:
        """The plain Loudspeaker: ear by ear. One that writes the same bytes to all sockets is cheaper."""
        for connection in self.connections(channel_id):
            connection.ear.hear(event)

    def _room(self, channel_id: int) -> ChannelPresence:
        room = self._presence.get(channel_id)
        if room is None:
            room = ChannelPresence(
                self._clocks,
                lambda connection: self.came(connection),
                lambda connection: self.went(connection),
            )
            self._presence[channel_id] = room
        return room


def _nobody(connection: ChatConnection) -> None:
    """Until somebody wants to know."""
