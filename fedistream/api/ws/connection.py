"""Open websockets, as the broadcaster writes to them. A frame is encoded here once, for all sockets.

`uvicorn_protocol.py` writes the bytes to the TCP connection, and `broadcaster.py` chooses the sockets.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

from starlette.types import Scope, Send

from fedistream.core.supervisor import go

EXTENSION = "fanout"  # the key under which the server offers its socket in the scope of a websocket
MAX_OWED = 256 * 1024  # unsent bytes; a thousand chat messages, far more than a client that is slow for a moment has
TRY_AGAIN_LATER = 1013  # close code of the IANA registry; browsers show it to the page, which then reconnects
SLOW = "too slow, come back and ask for what you missed"


@dataclass(frozen=True, slots=True)
class Frames:
    """Texts for one or many sockets: `wire` holds them as websocket frames, ready to be written."""

    texts: tuple[bytes, ...]
    wire: bytes


def frames(texts: Iterable[bytes]) -> Frames:
    """Return the UTF-8 `texts`, each as an unmasked, final text frame (RFC 6455, 5.2)."""
    listed = tuple(texts)
    return Frames(listed, b"".join([part for text in listed for part in (_head(len(text)), text)]))


def _head(length: int) -> bytes:
    if length < 126:
        return bytes((0x81, length))
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


class Socket(Protocol):
    """An open websocket that is written to without waiting.

    A socket whose client is behind by more than MAX_OWED gets nothing more, so that a client never has a gap: it is
    closed with TRY_AGAIN_LATER, and the client asks for what it missed when it is back.
    """

    def write(self, encoded: Frames) -> bool:
        """Write without waiting. Return False when the socket is closed or behind; never raise."""

    def close(self, code: int, reason: str = "") -> None:
        """Close after everything has been written. The application then receives `websocket.disconnect`."""

    async def drained(self) -> None:
        """Wait until most of what was written has been sent, or the socket is closed."""


def open_socket(scope: Scope, send: Send) -> "Socket":
    """Return the server's own socket for the accepted websocket of `scope`, or one over `send` without it."""
    offered = scope.get("extensions", {}).get(EXTENSION)
    return cast(Socket, offered) if offered is not None else AsgiSocket(send)


class AsgiSocket:
    """A socket over plain ASGI, for servers that offer none. A task runs only while there is something to write."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[bytes] = deque()
        self._owed = 0
        self._code: int | None = None
        self._reason = ""
        self._writer: asyncio.Task[None] | None = None

    def write(self, encoded: Frames) -> bool:
        if self._code is not None:
            return False
        if self._owed + len(encoded.wire) > MAX_OWED:
            self.close(TRY_AGAIN_LATER, SLOW)
            return False
        self._waiting.extend(encoded.texts)
        self._owed += len(encoded.wire)
        self._start_writing()
        return True

    def close(self, code: int, reason: str = "") -> None:
        if self._code is None:
            self._code, self._reason = code, reason
            self._start_writing()

    async def drained(self) -> None:
        if self._writer is not None:
            await asyncio.wait([self._writer])

    def _start_writing(self) -> None:
        if self._writer is None:
            self._writer = go("websocket", self._run())

    async def _run(self) -> None:
        # the server raises OSError for a client that has gone (ASGI, spec 2.4); the application gets its own event
        with contextlib.suppress(OSError):
            while self._waiting:
                text = self._waiting.popleft()
                await self._send({"type": "websocket.send", "text": text.decode()})
                self._owed = max(0, self._owed - len(text) - len(_head(len(text))))
            if self._code is not None:
                await self._send({"type": "websocket.close", "code": self._code, "reason": self._reason})
        self._writer = None
