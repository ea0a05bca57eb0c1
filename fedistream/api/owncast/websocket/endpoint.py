"""The chat's websocket, `/ws`: which connections are accepted, and the life of one socket.

The chat decides what may be said; the broadcaster writes events to all sockets.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from fedistream.api.http.request import MAX_USER_AGENT, UNKNOWN_ADDRESS
from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.shapes import Json
from fedistream.api.owncast.websocket.catch_up import MOST, Absence, CatchingUp
from fedistream.api.owncast.websocket.history_slices import Stretches
from fedistream.api.owncast.websocket.incoming import Incoming
from fedistream.api.wording import explain
from fedistream.api.ws.broadcaster import Broadcaster, Shape
from fedistream.api.ws.connection import TRY_AGAIN_LATER, Socket, frames, open_socket
from fedistream.channels.service import Channels
from fedistream.chat import message_ids
from fedistream.chat.bans import Bans
from fedistream.chat.messages import MessageLog
from fedistream.chat.poster import ChatPoster
from fedistream.chat.presence import ChatConnection
from fedistream.chat.service import Chat
from fedistream.chat.values import CloseReason, Event, Visitor
from fedistream.chat.visitors import Visitors
from fedistream.core.client_network import client_network, is_shared
from fedistream.core.errors import NotAllowed, Outage

log = logging.getLogger(__name__)

PATHS = frozenset(("/ws", "/entry"))  # Owncast's first releases had /entry
MAX_TOKEN = 256  # characters
FRAMES, FRAMES_S = 1000, 10.0  # frames from one socket; people need two a second
GOODBYE, POLICY = 1000, 1008  # close codes (RFC 6455, 7.4.1)
# sockets that are accepted at a time. When thousands reconnect at once, each pending look-up of a token allocates some
# 10 kB between objects that stay, and the process never shrinks again
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on open sockets: per address, which may be a school's or a phone company's, and in total."""

    per_address: int = 100
    all: int = 15_000


@dataclass(frozen=True, slots=True)
class ChatServices:
    """The services that a socket needs."""

    channels: Channels
    chat: Chat
    poster: ChatPoster
    visitors: Visitors
    messages: MessageLog
    bans: Bans
    broadcaster: Broadcaster
    now: Callable[[], datetime]
    monotonic: Callable[[], float]


class CatchUpSocket:
    """The listener of one chat connection, over one socket."""

    __slots__ = ("_channel_id", "_shape", "socket")

    def __init__(self, socket: Socket, shape: Shape, channel_id: int) -> None:
        self.socket = socket
        self._shape = shape
        self._channel_id = channel_id

    def send_json(self, shape: Json) -> None:
        self.socket.write(frames([orjson.dumps(shape)]))

    def send(self, event: Event) -> None:
        self.socket.write(frames([self._shape(self._channel_id, event)]))

    def close(self, why: CloseReason) -> None:
        if why is CloseReason.CHAT_DISABLED:
            self.send_json(chat_shapes.CHAT_DISABLED)
        self.socket.close(why.value, why.name.lower().replace("_", " "))


@dataclass(frozen=True, slots=True)
class Asked:
    """The query of a socket's URL. `token` is the access token or "". `since` is the id of the last message that the
    client has: "" for a returning client without one, None for a new one. `most` limits the missed messages."""

    token: str
    since: str | None
    most: int


class ChatSocket:
    """A raw ASGI application for the scope type "websocket"."""

    def __init__(self, services: ChatServices, limits: Limits = Limits()) -> None:
        self._services = services
        self._limits = limits
        self._addresses: Counter[str] = Counter()
        self._turnstile = asyncio.Semaphore(AT_ONCE)
        stretches = Stretches(services.messages, services.broadcaster, services.monotonic)
        self._catching_up = CatchingUp(services.messages, services.broadcaster, stretches, services.now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = scope["client"][0] if scope.get("client") else UNKNOWN_ADDRESS
        await receive()
        channel_id = self._services.channels.home().id  # the chat of both paths
        if (refusal := self._refusal(channel_id, address)) is not None:
            await _answer(scope, send, *refusal)
            return
        network = client_network(address)
        self._addresses[network] += 1
        try:
            await self._serve(scope, receive, send, channel_id, address)
        finally:
            self._addresses[network] -= 1
            if not self._addresses[network]:
                del self._addresses[network]

    def _refusal(self, channel_id: int, address: str) -> tuple[int, str] | None:
        """Return the status and the text for a connection that is not accepted, None for one that is."""
        if self._services.bans.holds(address):
            return 403, "forbidden"
        if not self._services.chat.enabled(channel_id):
            return 503, "the chat is disabled"
        if self._addresses.total() >= self._limits.all:
            return 503, "there are too many chat clients"
        # a shared address, such as that of a proxy or of this machine, is not one visitor
        if self._addresses[client_network(address)] >= self._limits.per_address and not is_shared(address):
            return 429, "there are too many chat clients at this address"
        return None

    async def _serve(self, scope: Scope, receive: Receive, send: Send, channel_id: int, address: str) -> None:
        services = self._services
        asked = _asked(scope)
        async with self._turnstile:
            await send({"type": "websocket.accept"})
            # nothing may be awaited between this and `enter`: the visitor can be renamed or disabled at any time
            visitor, away = await self._visitor(asked.token)
        listener = CatchUpSocket(open_socket(scope, send), services.broadcaster.text, channel_id)
        if away:
            listener.socket.close(TRY_AGAIN_LATER, "the chat cannot be entered at the moment")
            await _until_gone(receive)
            return
        if visitor is None or not visitor.enabled:
            if asked.token:
                listener.send_json(chat_shapes.NEEDS_REGISTRATION if visitor is None else chat_shapes.USER_DISABLED)
            listener.socket.close(GOODBYE)
            await _until_gone(receive)
            return
        if not services.chat.enabled(channel_id):  # switched off since the handshake began
            listener.close(CloseReason.CHAT_DISABLED)
            await _until_gone(receive)
            return
        listener.send_json(chat_shapes.connected(visitor, services.poster.next_id(), services.now()))
        absence = _absence(listener.socket, channel_id, asked, address)
        if absence is None:
            services.broadcaster.join(channel_id, listener.socket)
        connection: ChatConnection | None = None
        incoming: Incoming | None = None
        try:
            connection = services.chat.enter(channel_id, visitor, listener, address, _agent(scope))
            incoming = Incoming(services.chat, connection, listener)
            scope["headers"] = []  # no longer needed; the server holds the scope for as long as the socket is open
            if absence is not None:
                self._catching_up.begin(absence)
            elif asked.since is None:
                services.chat.greet(connection)
            else:
                listener.send_json(chat_shapes.caught_up(asked.since, "", complete=False))
            await self._listen(receive, incoming, listener)
        except NotAllowed as refusal:
            listener.socket.close(POLICY, explain(refusal))
            await _until_gone(receive)
        except Exception:
            log.exception("a chat socket failed")
            listener.close(CloseReason.BROKEN)
            await _until_gone(receive)
        finally:
            if absence is not None:
                self._catching_up.end(absence)
            services.broadcaster.leave(channel_id, listener.socket)
            if connection is not None:
                services.chat.leave(connection)
            if incoming is not None:
                await incoming.finish()

    async def _visitor(self, token: str) -> tuple[Visitor | None, bool]:
        """Return the owner of the token, and whether the look-up failed because of an outage."""
        try:
            return (await self._services.visitors.by_token(token) if 0 < len(token) <= MAX_TOKEN else None), False
        except Outage:
            return None, True

    async def _listen(self, receive: Receive, incoming: Incoming, listener: CatchUpSocket) -> None:
        begin, count = self._services.monotonic(), 0
        while (message := await receive())["type"] != "websocket.disconnect":
            now = self._services.monotonic()
            if now - begin > FRAMES_S:
                begin, count = now, 0
            count += 1
            if count > FRAMES:
                listener.socket.close(POLICY, "too many frames")
            text = message.get("text")
            if text is not None:
                incoming.take(text, now)


async def _answer(scope: Scope, send: Send, status: int, words: str) -> None:
    """Answer with plain text instead of a websocket, where the server can; otherwise it answers 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": POLICY, "reason": words})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": words.encode()})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


def _asked(scope: Scope) -> Asked:
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=20))
    most = query.get("most", "")
    number = int(most) if most.isascii() and most.isdecimal() and len(most) < len(str(MOST)) + 1 else MOST
    return Asked(query.get("accessToken", ""), query.get("since"), min(max(1, number), MOST))


def _absence(socket: Socket, channel_id: int, asked: Asked, address: str) -> Absence | None:
    """Return the absence of a returning client, whose `since` is an id of ours; None for any other client."""
    if asked.since is None or not message_ids.is_id(asked.since):
        return None
    # clients behind a proxy's address are not one network
    network = "" if is_shared(address) else client_network(address)
    return Absence(socket, channel_id, asked.since, asked.most, network)


def _agent(scope: Scope) -> str:
    found = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    return str(found.decode("latin-1"))[:MAX_USER_AGENT]
