"""The incoming frames of one chat socket. Each event is handled in its turn, with the time when it came.

Messages are accepted or refused at once and stored later, so that only events after a change of name wait for the
database. The chat decides what may be said and done.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import orjson

from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.shapes import Json
from fedistream.chat import rules
from fedistream.chat.presence import ChatConnection
from fedistream.chat.rules import MAX_BYTES
from fedistream.chat.service import Chat
from fedistream.chat.values import CloseReason
from fedistream.core.errors import Outage
from fedistream.core.supervisor import go

log = logging.getLogger(__name__)

MAX_EVENTS = 16  # in one frame, one to a line
MAX_WAITING = 32  # events of one socket that may wait for a change of name while the database is slow
MAX_REF = 64  # characters of a client's reference for an event

ClientEvent = Mapping[str, Any]


class ReplySocket(Protocol):
    """The part of the socket that answers its client."""

    def send_json(self, shape: Json) -> None: ...
    def close(self, why: CloseReason) -> None: ...


class Incoming:
    """The queue of a socket's events. `take` never waits. Call `finish` when the socket is closed."""

    __slots__ = ("_chat", "_connection", "_socket", "_waiting", "_worker")

    def __init__(self, chat: Chat, connection: ChatConnection, socket: ReplySocket) -> None:
        self._chat, self._connection, self._socket = chat, connection, socket
        self._waiting: deque[tuple[ClientEvent, float]] | None = None  # an empty one has 600 bytes
        self._worker: asyncio.Task[None] | None = None

    def take(self, text: str, at: float) -> None:
        """Handle a frame that came at this monotonic time: some events, one to a line. Anything else is ignored."""
        size = len(text.encode("utf-8", "replace"))
        if size > 2 * MAX_BYTES:
            self._socket.close(CloseReason.TOO_BIG)
            return
        found = [event for single in text.split("\n", MAX_EVENTS)[:MAX_EVENTS] if (event := _event(single)) is not None]
        if size > MAX_BYTES:
            for event in found or [{}]:
                self._chat.refuse(self._connection, rules.TOO_LONG, _ref(event))
            return
        for event in found:
            self._queue(event, at)

    async def finish(self) -> None:
        """Wait for the event that is being handled."""
        if self._worker is not None:
            await self._worker

    def _queue(self, event: ClientEvent, at: float) -> None:
        if event["type"] == "PING":
            self._socket.send_json(chat_shapes.PONG)
            return
        if self._worker is None:
            begun = self._act(event, at)
            if begun is not None:
                self._worker = go("a change from a chat socket", self._work(begun))
            return
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= MAX_WAITING:
            self._chat.refuse(self._connection, rules.NOT_STORED, _ref(event))
            return
        self._waiting.append((event, at))

    def _act(self, event: ClientEvent, at: float) -> Awaitable[object] | None:
        """Begin an event. Return what must be awaited before the next one, if anything."""
        act = ACTS.get(event["type"])
        return None if act is None else act(self._chat, self._connection, event, at)

    async def _work(self, begun: Awaitable[object]) -> None:
        try:
            await begun
            while self._waiting:
                if (begun_next := self._act(*self._waiting.popleft())) is not None:
                    await begun_next
        except Exception:
            log.exception("an event of a chat client failed")
            self._socket.close(CloseReason.BROKEN)
        finally:
            self._waiting = self._worker = None


def _event(text: str) -> ClientEvent | None:
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("type"), str) else None


def _ref(event: ClientEvent) -> str:
    """Return the client's `ref`, which is ours: its event is answered by ACCEPTED or REFUSED with the same `ref`."""
    ref = event.get("ref")
    return ref if isinstance(ref, str) and len(ref) <= MAX_REF else ""


def _say(chat: Chat, connection: ChatConnection, event: ClientEvent, at: float) -> None:
    if isinstance(body := event.get("body"), str):
        chat.say(connection, body, ref=_ref(event), at=at)


def _rename(chat: Chat, connection: ChatConnection, event: ClientEvent, at: float) -> Awaitable[object] | None:
    if not isinstance(name := event.get("newName"), str):
        return None
    return _if_written(chat, connection, event, chat.rename(connection, name, _ref(event)))


def _recolour(chat: Chat, connection: ChatConnection, event: ClientEvent, at: float) -> Awaitable[object] | None:
    colour = event.get("newColor")
    # True is an int in Python, but no colour; nor are numbers that no column holds
    if not isinstance(colour, int) or isinstance(colour, bool) or abs(colour) > MAX_BYTES:
        return None
    return _if_written(chat, connection, event, chat.recolour(connection, colour, _ref(event)))


async def _if_written(chat: Chat, connection: ChatConnection, event: ClientEvent, change: Awaitable[object]) -> None:
    """Refuse the event when the database is away; the socket stays open."""
    try:
        await change
    except Outage as outage:
        log.warning("a chat client's %s failed: %s", event["type"], outage)
        chat.refuse(connection, rules.NOT_NOW, _ref(event))


Act = Callable[[Chat, ChatConnection, ClientEvent, float], Awaitable[object] | None]
ACTS: Mapping[str, Act] = {"CHAT": _say, "NAME_CHANGE": _rename, "COLOR_CHANGE": _recolour}
