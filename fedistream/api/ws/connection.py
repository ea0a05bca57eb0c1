"""Lines: open websockets as those see them who have something to say to many at once. Frames are made here, once.

How bytes get into a socket is the server's (fanout); who hears what is the loudspeaker's.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

from starlette.types import Scope, Send

from fedistream.core.supervisor import go

EXTENSION = "fanout"  # the key under which the server offers its line in the scope of a websocket
MAX_OWED = 256 * 1024  # bytes; a thousand chat lines, far more than a reader who is only slow for a moment owes
TRY_AGAIN_LATER = 1013  # close code of the IANA registry; browsers show it to the page, which then reconnects
SLOW = "too slow, come back and ask for what you missed"


@dataclass(frozen=True, slots=True)
class Frames:
    """Texts for one or many lines: `wire` holds them as websocket frames, ready to be written."""

    texts: tuple[bytes, ...]
    wire: bytes


def frames(texts: Iterable[bytes]) -> Frames:
    """Each of the UTF-8 `texts` as an unmasked, final text frame (RFC 6455, 5.2)."""
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

    def push(self, said: Frames) -> bool:
        """Write. Never waits, never raises; False when the line is closed or behind."""

    def shut(self, code: int, reason: str = "") -> None:
        """Close after what has been pushed. The application then receives `websocket.disconnect`."""

    async def drained(self) -> None:
        """Wait until most of what has been pushed has gone out, or the line is closed."""


def line(scope: Scope, send: Send) -> "Socket":
    """The server's own line where it has one, otherwise one over `send`; for the accepted websocket of `scope`."""
    offered = scope.get("extensions", {}).get(EXTENSION)
    return cast(Socket, offered) if offered is not None else SentLine(send)


class SentLine:
    """A line over plain ASGI, for servers that offer none: one task writes, and only while there is something."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[bytes] = deque()
        self._owed = 0
        self._code: int | None = None
        self._reason = ""
        self._writer: asyncio.Task[None] | None = None

    def push(self, said: Frames) -> bool:
        if self._code is not None:
            return False
        if self._owed + len(said.wire) > MAX_OWED:
            self.shut(TRY_AGAIN_LATER, SLOW)
            return False
        self._waiting.extend(said.texts)
        self._owed += len(said.wire)
        self._write()
        return True

    def shut(self, code: int, reason: str = "") -> None:
        if self._code is None:
            self._code, self._reason = code, reason
            self._write()

    async def drained(self) -> None:
        if self._writer is not None:
            await asyncio.wait([self._writer])

    def _write(self) -> None:
        if self._writer is None:
            self._writer = go("line", self._run())

    async def _run(self) -> None:
        # the server raises OSError for a client who has gone (ASGI, spec 2.4); the application hears of it by itself
        with contextlib.suppress(OSError):
            while self._waiting:
                text = self._waiting.popleft()
                await self._send({"type": "websocket.send", "text": text.decode()})
                self._owed = max(0, self._owed - len(text) - len(_head(len(text))))
            if self._code is not None:
                await self._send({"type": "websocket.close", "code": self._code, "reason": self._reason})
        self._writer = None
