"""Presence: the open connections of each channel's chat, and when a visitor counts as joined or parted.

Everything is in memory and synchronous. Permission to enter is checked in `service.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fedistream.chat.values import Client, CloseReason, Event, Listener, Visitor
from fedistream.core.clocks import Clocks, Timer

PARTED_S = 10  # a visitor who reloads the page has not parted
MAX_USER_AGENT = 512


@dataclass(slots=True, eq=False)
class ChatConnection:
    """One open connection. `visitor` is kept up to date; `messages` counts the lines sent from it, `unstored` those not
    yet stored."""

    id: int
    channel_id: int
    visitor: Visitor
    listener: Listener
    address: str
    user_agent: str
    connected_at: datetime
    messages: int = 0
    unstored: int = 0
    taken: bool = True
    timers: list[Timer] = field(default_factory=list)

    def client(self) -> Client:
        """Return the connection as a value."""
        return Client(self.id, self.visitor, self.address, self.user_agent, self.connected_at, self.messages)


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A visitor without a connection, who counts as parted when the timer ends. `connection` is the last one they
    had."""

    connection: ChatConnection
    timer: Timer


class ChannelPresence:
    """The connections of one channel.

    `came` is called for a visitor's first connection and `went` after the last one is closed: a second browser window
    does not count as a join, and a visitor who returns within PARTED_S has not parted.
    """

    def __init__(
        self, clocks: Clocks, came: Callable[[ChatConnection], None], went: Callable[[ChatConnection], None]
    ) -> None:
        self._clocks, self._came, self._went = clocks, came, went
        self.connections: dict[int, ChatConnection] = {}
        self._by_visitor: dict[str, dict[int, ChatConnection]] = {}
        self._leaving: dict[str, _Leaving] = {}  # visitors without an open connection

    def enter(self, connection: ChatConnection) -> None:
        """Add an open connection."""
        visitor = connection.visitor
        self.connections[connection.id] = connection
        others = self._by_visitor.setdefault(visitor.id, {})
        others[connection.id] = connection
        if self._recall(visitor.id) is None and len(others) == 1:
            self._came(connection)

    def leave(self, connection: ChatConnection) -> None:
        """Remove a closed connection. May be called twice."""
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
        """Assign the connections of `visitor_id` to `visitor`: the same one renamed, or the one they signed in as.

        This includes a visitor whose last connection has just closed: the browser leaves the page to sign in, and has
        PARTED_S to return. While a connection of either visitor is open, neither has parted.
        """
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
        """Return whether the visitor has an open connection, or had one within PARTED_S."""
        return visitor_id in self._by_visitor or visitor_id in self._leaving

    def of_visitor(self, visitor_id: str) -> tuple[ChatConnection, ...]:
        """Return the visitor's open connections."""
        return tuple(self._by_visitor.get(visitor_id, {}).values())

    def close(self) -> None:
        """Cancel all pending parts."""
        for each in self._leaving.values():
            each.timer.cancel()
        self._leaving.clear()

    def _part(self, connection: ChatConnection) -> None:
        timer = self._clocks.later(PARTED_S, lambda: self._gone(connection))
        self._leaving[connection.visitor.id] = _Leaving(connection, timer)

    def _recall(self, visitor_id: str) -> ChatConnection | None:
        """Cancel the pending part of a visitor. Returns the last connection they had, or None if none was pending."""
        leaving = self._leaving.pop(visitor_id, None)
        if leaving is None:
            return None
        leaving.timer.cancel()
        return leaving.connection

    def _gone(self, connection: ChatConnection) -> None:
        del self._leaving[connection.visitor.id]
        self._went(connection)


class Presence:
    """The open connections of all channels."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._channels: dict[int, ChannelPresence] = {}
        self._next = 0
        self.came: Callable[[ChatConnection], None] = _nobody
        self.went: Callable[[ChatConnection], None] = _nobody

    def enter(
        self, channel_id: int, visitor: Visitor, listener: Listener, address: str, user_agent: str
    ) -> ChatConnection:
        """Add a connection. Call `leave` with it when the socket is closed."""
        connection = ChatConnection(
            self._next, channel_id, visitor, listener, address, user_agent[:MAX_USER_AGENT], self._clocks.now()
        )  # fmt: skip
        self._next += 1
        self._in_channel(channel_id).enter(connection)
        return connection

    def leave(self, connection: ChatConnection) -> None:
        """Remove a connection. May be called twice."""
        self._in_channel(connection.channel_id).leave(connection)

    def connections(self, channel_id: int) -> tuple[ChatConnection, ...]:
        """Return the open connections of a channel."""
        channel = self._channels.get(channel_id)
        return () if channel is None else tuple(channel.connections.values())

    def connection(self, connection_id: int) -> ChatConnection | None:
        """Return the connection with this id, or None."""
        return next(
            (
                channel.connections[connection_id]
                for channel in self._channels.values()
                if connection_id in channel.connections
            ),
            None,
        )

    def of_visitor(self, visitor_id: str) -> Iterator[ChatConnection]:
        """Yield the visitor's connections in all channels."""
        for channel in tuple(self._channels.values()):
            yield from channel.of_visitor(visitor_id)

    def visitors(self) -> frozenset[str]:
        """Return the ids of all visitors with an open connection."""
        return frozenset(
            connection.visitor.id for channel in self._channels.values() for connection in channel.connections.values()
        )

    def count(self, channel_id: int) -> int:
        """Return the number of open connections of a channel."""
        channel = self._channels.get(channel_id)
        return 0 if channel is None else len(channel.connections)

    def become(self, visitor_id: str, visitor: Visitor) -> tuple[int, ...]:
        """Assign the connections of `visitor_id` to `visitor`, as `ChannelPresence.become` does, in all channels.

        Returns the channels in which the visitor is, or was until just now.
        """
        found = [channel_id for channel_id, channel in self._channels.items() if channel.knows(visitor_id)]
        for channel_id in found:
            self._channels[channel_id].become(visitor_id, visitor)
        return tuple(found)

    def empty(self, channel_id: int, why: CloseReason) -> None:
        """Close all connections of a channel."""
        for connection in self.connections(channel_id):
            connection.listener.close(why)

    def close(self) -> None:
        """Close all connections, and report no parts."""
        for channel_id, channel in self._channels.items():
            self.empty(channel_id, CloseReason.STOPPING)
            channel.close()

    def send(self, channel_id: int, event: Event) -> None:
        """Send an event to each connection of a channel. A Broadcaster that writes the same bytes to all of them is
        cheaper."""
        for connection in self.connections(channel_id):
            connection.listener.send(event)

    def _in_channel(self, channel_id: int) -> ChannelPresence:
        channel = self._channels.get(channel_id)
        if channel is None:
            channel = ChannelPresence(
                self._clocks,
                lambda connection: self.came(connection),
                lambda connection: self.went(connection),
            )
            self._channels[channel_id] = channel
        return channel


def _nobody(connection: ChatConnection) -> None:
    """Do nothing: the default until the chat sets a callback."""
