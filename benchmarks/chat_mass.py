"""Very many websocket clients that read now and then: `python -m benchmarks.chat_mass PORT COUNT PATH`.

As a process of its own that wakes four times a second and throws away what it reads, so that it costs the machine
little. Prints a line when all have been let in, and goes on until it is told to end.
"""

import contextlib
import socket
import sys
import time

from benchmarks.chat_crowd import connected

EVERY_S = 0.25
AT_ONCE = 50
PIECE = memoryview(bytearray(1 << 18))


def drain(sockets: list[socket.socket]) -> None:
    for one in sockets:
        with contextlib.suppress(BlockingIOError):
            if not one.recv_into(PIECE):
                raise SystemExit("the server closed a socket")


def main() -> None:
    port, count, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    sockets: list[socket.socket] = []
    for begin in range(0, count, AT_ONCE):
        some = connected(port, [path] * min(AT_ONCE, count - begin), begin)
        for one in some:
            one.setblocking(False)
        sockets += some
        drain(sockets[:: max(1, len(sockets) // 500)])
    print("all are in", flush=True)
    while True:
        began = time.monotonic()
        drain(sockets)
        time.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))


if __name__ == "__main__":
    main()
