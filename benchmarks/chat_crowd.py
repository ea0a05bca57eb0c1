"""Many websocket clients in one process, made for little CPU: they count bytes, as all frames are equally long but for
a digit of a timestamp here and there.

One of them says something at a steady rate; how old each frame is when it is read follows from its number.
"""

import json
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.processes import Failed

AT_ONCE = 100  # connections that shake hands at a time
READ = 1 << 18
ADDRESSES = 250
SETTLE_S = 10.0  # what the last frames have to arrive
HELLO = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass(slots=True)
class FrameStats:
    """`ages` in seconds, of every frame that somebody read; `missing` frames did not come to those who read."""

    frames: int = 0
    missing: int = 0
    ages: list[float] = field(default_factory=list)

    def age(self, part: float) -> float:
        """The age that this part of the frames had at the most, in milliseconds."""
        ordered = sorted(self.ages)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0


def masked(text: bytes) -> bytes:
    """A client's text frame; the mask of zeros is as good as any to a server."""
    length = len(text)
    head = bytes((0x81, 0x80 | length)) if length < 126 else b"\x81\xfe" + length.to_bytes(2, "big")
    return head + bytes(4) + text


class Crowd:
    """`stalled` of the clients never read. `first` is where their addresses begin."""

    def __init__(
        self, port: int, count: int, stalled: int = 0, path: Callable[[int], str] = lambda _: "/ws", first: int = 0
    ) -> None:
        self._all: list[socket.socket] = []
        self._sizes: dict[int, int] = {}
        self._poll = select.epoll()
        for begin in range(0, count, AT_ONCE):
            some = range(begin, min(begin + AT_ONCE, count))
            self._all += connected(port, [path(number) for number in some], first + begin, stalled)
        self._sockets = {one.fileno(): one for one in self._all[stalled:]}
        for number, one in self._sockets.items():
            one.setblocking(False)
            self._poll.register(number, select.EPOLLIN)
            self._sizes[number] = 0

    def close(self) -> None:
        for one in self._all:
            one.close()
        self._poll.close()

    def listen(self, seconds: float) -> None:
        """Read what comes and forget it: greetings, say."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)
        self._sizes = dict.fromkeys(self._sizes, 0)

    def talk(self, say: Callable[[int], None], rate: float, seconds: float) -> FrameStats:
        """Say so many things a second, and listen. Raises Failed when nobody hears anything."""
        count = int(rate * seconds)
        length = self._first(say)
        sent: list[float] = []
        stats, total = FrameStats(), len(self._sockets) * count
        begin = time.monotonic()
        done = dict.fromkeys(self._sizes, 0)
        until = begin + seconds + SETTLE_S
        while stats.frames < total and (now := time.monotonic()) < until:
            if len(sent) < count and now >= begin + len(sent) / rate:
                sent.append(now)
                say(len(sent))
                continue
            wait = begin + len(sent) / rate - now if len(sent) < count else until - now
            for number in self._read(max(0.0, wait)):
                arrived, before = time.monotonic(), done[number]
                complete = min((self._sizes[number] + length // 2) // length, len(sent))
                done[number] = complete
                stats.frames += complete - before
                stats.ages += [arrived - sent[n] for n in range(before, complete)]
        stats.missing = total - stats.frames
        return stats

    def _first(self, say: Callable[[int], None]) -> int:
        """The length of a frame, by the first one that all have."""
        self._sizes = dict.fromkeys(self._sizes, 0)
        say(0)
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end:
            self._read(0.1)
            lengths = set(self._sizes.values())
            if len(lengths) == 1 and (length := lengths.pop()):
                self._sizes = dict.fromkeys(self._sizes, 0)
                return length
        raise Failed("the first message did not come to everybody")

    def _read(self, seconds: float) -> list[int]:
        """Wait for bytes. Returns the sockets that had some."""
        found = []
        for number, _ in self._poll.poll(seconds):
            data = self._sockets[number].recv(READ)
            if not data:
                raise Failed("the server closed a socket")
            self._sizes[number] += len(data)
            found.append(number)
        return found

    def speaker(self, body: str) -> Callable[[int], None]:
        """Says `body` from the last of the clients."""
        one, frame = self._all[-1], masked(json.dumps({"type": "CHAT", "body": body}).encode())

        def say(number: int) -> None:
            one.send(frame)

        return say

    def speakers(self, body: str) -> Callable[[int], None]:
        """Says `body` and a number, from all of the clients in turn: nobody may say the same, or say much."""

        def say(number: int) -> None:
            frame = masked(json.dumps({"type": "CHAT", "body": f"{body} {number:06}"}).encode())
            self._all[number % len(self._all)].send(frame)

        return say


@contextmanager
def crowd(
    port: int, count: int, stalled: int = 0, path: Callable[[int], str] = lambda _: "/ws", first: int = 0
) -> Iterator[Crowd]:
    made = Crowd(port, count, stalled, path, first)
    try:
        yield made
    finally:
        made.close()


def connected(port: int, paths: Sequence[str], first: int, stalled: int = 0) -> list[socket.socket]:
    """A client for each path, let in. `first` is the number of the first; those below `stalled` take little at a time.
    Raises Failed."""
    some = [_connect(port, path, number, number < stalled) for number, path in enumerate(paths, first)]
    for one in some:
        _shaken(one)
    return some


def _connect(port: int, path: str, number: int, stalled: bool) -> socket.socket:
    one = socket.socket()
    if stalled:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.settimeout(SETTLE_S)
    # each at an address of its own: from one, only so much may be said
    one.bind((f"127.8.{number // ADDRESSES}.{number % ADDRESSES + 1}", 0))
    one.connect(("127.0.0.1", port))
    one.sendall(HELLO.format(path=path).encode())
    return one


def _shaken(one: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = one.recv(1)
        if not byte:
            raise Failed(f"no handshake: {head[:200]!r}")
        head += byte
    if b" 101 " not in head[:16]:
        raise Failed(f"no handshake: {head[:200]!r}")
