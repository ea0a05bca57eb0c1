"""The incoming frames of one chat socket: they become what somebody does, each in its turn and as of when it came.

Lines are judged at once and stored later, so that nothing waits for the database but what stands behind a change of
name. What may be said and done is the chat's to decide.
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
MAX_WAITING = 32  # events of one socket that may stand behind a change of name while the database is slow
MAX_REF = 64  # characters of what a client calls something it sends

Told = Mapping[str, Any]


class Teller(Protocol):
    """The socket, as what answers."""

    def tell(self, shape: Json) -> None: ...
    def close(self, why: CloseReason) -> None: ...


class Incoming:
    """`take` never waits. Call `finish` when the socket is closed."""

    __slots__ = ("_chat", "_connection", "_socket", "_waiting", "_worker")

    def __init__(self, chat: Chat, connection: ChatConnection, socket: Teller) -> None:
        self._chat, self._connection, self._socket = chat, connection, socket
        self._waiting: deque[tuple[Told, float]] | None = None  # an empty one has 600 bytes
        self._worker: asyncio.Task[None] | None = None

    def take(self, text: str, at: float) -> None:
        """One frame that came at this (monotonic) time: some events, one to a line. What is no event is passed over."""
        size = len(text.encode("utf-8", "replace"))
        if size > 2 * MAX_BYTES:
            self._socket.close(CloseReason.TOO_BIG)
            return
        found = [told for single in text.split("\n", MAX_EVENTS)[:MAX_EVENTS] if (told := _event(single)) is not None]
        if size > MAX_BYTES:
            for told in found or [{}]:
                self._chat.refuse(self._connection, rules.TOO_LONG, _ref(told))
            return
        for told in found:
            self._queue(told, at)

    async def finish(self) -> None:
        """Wait for what was begun."""
        if self._worker is not None:
            await self._worker

    def _queue(self, told: Told, at: float) -> None:
        if told["type"] == "PING":
            self._socket.tell(chat_shapes.PONG)
            return
        if self._worker is None:
            begun = self._act(told, at)
            if begun is not None:
                self._worker = go("a change from a chat socket", self._work(begun))
            return
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= MAX_WAITING:
            self._chat.refuse(self._connection, rules.NOT_STORED, _ref(told))
            return
        self._waiting.append((told, at))

    def _act(self, told: Told, at: float) -> Awaitable[object] | None:
        """Returns what has to be waited for before the next."""
        act = ACTS.get(told["type"])
        return None if act is None else act(self._chat, self._connection, told, at)

    async def _work(self, begun: Awaitable[object]) -> None:
        try:
            await begun
            while self._waiting:
                if (begun_next := self._act(*self._waiting.popleft())) is not None:
                    await begun_next
        except Exception:
            log.exception("what came over a chat socket could not be done")
            self._socket.close(CloseReason.BROKEN)
        finally:
            self._waiting = self._worker = None


def _event(text: str) -> Told | None:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) and isinstance(told.get("type"), str) else None


def _ref(told: Told) -> str:
    """Return the client's name for it, ours: a client that sends one is answered by ACCEPTED or REFUSED with it."""
    ref = told.get("ref")
    return ref if isinstance(ref, str) and len(ref) <= MAX_REF else ""


def _say(chat: Chat, connection: ChatConnection, told: Told, at: float) -> None:
    if isinstance(body := told.get("body"), str):
        chat.say(connection, body, ref=_ref(told), at=at)


def _rename(chat: Chat, connection: ChatConnection, told: Told, at: float) -> Awaitable[object] | None:
    if not isinstance(name := told.get("newName"), str):
        return None
    return _if_written(chat, connection, told, chat.rename(connection, name, _ref(told)))


def _recolour(chat: Chat, connection: ChatConnection, told: Told, at: float) -> Awaitable[object] | None:
    colour = told.get("newColor")
    # True is an int to Python, and no colour; nor are numbers that no column holds
    if not isinstance(colour, int) or isinstance(colour, bool) or abs(colour) > MAX_BYTES:
        return None
    return _if_written(chat, connection, told, chat.recolour(connection, colour, _ref(told)))


async def _if_written(chat: Chat, connection: ChatConnection, told: Told, change: Awaitable[object]) -> None:
    """Tell the sender when the database is away; the socket stays."""
    try:
        await change
    except Outage as outage:
        log.warning("a chat client's %s could not be done: %s", told["type"], outage)
        chat.refuse(connection, rules.NOT_NOW, _ref(told))


Act = Callable[[Chat, ChatConnection, Told, float], Awaitable[object] | None]
ACTS: Mapping[str, Act] = {"CHAT": _say, "NAME_CHANGE": _rename, "COLOR_CHANGE": _recolour}
