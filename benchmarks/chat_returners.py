"""Very many websocket clients that come back at once and read what they missed: `python -m benchmarks.chat_returners
PORT COUNT PATH`.

As a process of its own, that reads from all while some still shake hands. Prints when they began and when the last one
had caught up, and how many bytes they read.
"""

import json
import select
import socket
import sys
import time

from benchmarks.chat_crowd import ADDRESSES, HELLO

READ = 1 << 20
END = b'"CAUGHT-UP"'
KEPT = 200  # bytes of what was read last, in which the end is looked for
PATIENCE_S = 60.0


def client(port: int, path: str, number: int) -> socket.socket:
    """Connected, and asking to be let in; each at an address of its own."""
    one = socket.socket()
    one.bind((f"127.8.{number // ADDRESSES}.{number % ADDRESSES + 1}", 0))
    one.settimeout(PATIENCE_S)
    one.connect(("127.0.0.1", port))
    one.sendall(HELLO.format(path=path).encode())
    one.setblocking(False)
    return one


class Returners:
    def __init__(self) -> None:
        self.total = 0
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._tails: dict[int, bytes] = {}

    def add(self, one: socket.socket) -> None:
        self._sockets[one.fileno()], self._tails[one.fileno()] = one, b""
        self._poll.register(one.fileno(), select.EPOLLIN)

    @property
    def waiting(self) -> int:
        return len(self._tails)

    def read(self, seconds: float) -> None:
        for number, _ in self._poll.poll(seconds):
            data = self._sockets[number].recv(READ)
            if not data:
                raise SystemExit(f"the server closed a socket: {self._tails[number]!r}")
            self.total += len(data)
            self._tails[number] = (self._tails[number] + data)[-KEPT:]
            if END in self._tails[number]:
                self._poll.unregister(number)
                del self._tails[number]


def main() -> None:
    port, count, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    begin, returners = time.time(), Returners()
    for number in range(count):
        returners.add(client(port, path, number))
        returners.read(0)
    while returners.waiting and time.time() < begin + PATIENCE_S:
        returners.read(1.0)
    if returners.waiting:
        raise SystemExit(f"{returners.waiting} have not caught up after {PATIENCE_S:.0f} s")
    print(json.dumps({"begin": begin, "end": time.time(), "bytes": returners.total}))


if __name__ == "__main__":
    main()
