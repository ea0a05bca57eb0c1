"""Asks a web server again and again, over connections that stay open, and counts what comes.

As a process of its own, so that its work is nobody's: `python -m benchmarks.fetch PORT PATH COUNT CONNECTIONS`.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Sequence

PIECE = 1 << 18
TIMEOUT_S = 20.0
MOST = 100_000


class BadAnswer(Exception):
    """The server answered something that has no place here."""


class Connection:
    """One keep-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._piece = memoryview(bytearray(PIECE))

    def get(self, path: str) -> tuple[int, bytes]:
        """Return (status, body). Raises BadAnswer, OSError."""
        body = bytearray()
        status = self._ask(path, body)
        return status, bytes(body)

    def count(self, path: str) -> int:
        """Fetch and throw away; return the length of the body. Raises BadAnswer for anything but a 200, OSError."""
        if (status := self._ask(path, None)) != 200:
            raise BadAnswer(f"{path}: {status}")
        return self._length

    def close(self) -> None:
        self._socket.close()

    def _ask(self, path: str, body: bytearray | None) -> int:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            count = self._receive()
            head += self._piece[:count]
        head, _, start = head.partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.1 (\d{3})", head)
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        if status is None or length is None:
            raise BadAnswer(f"{path}: {head[:200]!r}")
        self._length = left = int(length[1])
        left -= len(start)
        if body is not None:
            body += start
        while left > 0:
            count = self._receive()
            left -= count
            if body is not None:
                body += self._piece[:count]
        return int(status[1])

    def _receive(self) -> int:
        count = self._socket.recv_into(self._piece)
        if not count:
            raise BadAnswer("the server closed the connection")
        return count


def hammer(port: int, path: str, count: int, connections: int) -> dict[str, float]:
    """Ask `count` times in all, at most MOST, `connections` at once. Returns what was done and how long it took."""
    each = min(count, MOST) // connections
    received = [0] * connections

    def work(index: int) -> None:
        connection = Connection(port)
        for _ in range(each):
            received[index] += connection.count(path)
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(index,)) for index in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"requests": each * connections, "bytes": sum(received), "seconds": time.perf_counter() - began}


def main(words: Sequence[str]) -> None:
    port, path, count, connections = words
    print(json.dumps(hammer(int(port), path, int(count), int(connections))))


if __name__ == "__main__":
    main(sys.argv[1:])
