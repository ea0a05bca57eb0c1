"""Requests that do not end, sent to a server until so many bytes are gone, and how long it answers others meanwhile."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

BLOCK = 64 * 1024
CHUNKED = b"POST /api/chat/register HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Flood:
    start: bytes
    more: bytes

    @property
    def block(self) -> bytes:
        return self.more * (BLOCK // len(self.more))


FLOODS: Mapping[str, Flood] = {
    "headers": Flood(b"GET / HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n"),
    "trailers": Flood(CHUNKED + b"2\r\n{}\r\n0\r\n", b"A: b\r\n"),
    "one URL": Flood(b"GET /", b"a"),
    "one field": Flood(b"GET / HTTP/1.1\r\nHost: x\r\nA: ", b"a"),
}


def send(port: int, flood: Flood, size: int) -> int:
    """Send `size` bytes, over as many connections as it takes. Returns how many those were."""
    connections, sent, block = 0, 0, flood.block
    while sent < size:
        connections += 1
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), PATIENCE_S) as one:
            one.sendall(flood.start)
            while sent < size:
                one.sendall(block)
                sent += len(block)
    return connections


@dataclass(slots=True)
class Waits:
    """Seconds from a request of somebody else to its answer."""

    seconds: list[float] = field(default_factory=list)


@contextlib.contextmanager
def asking(port: int, pause_s: float = 0.002) -> Iterator[Waits]:
    """Ask for /healthz again and again over one connection, in a thread, until the block ends."""
    waits, over = Waits(), threading.Event()

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        while not over.wait(pause_s):
            began = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            waits.seconds.append(time.perf_counter() - began)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()
