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
PIECE = 1 << 18


PING = b"\x89\x04"  # with four bytes to be sent back; no other frame of the chat has these two


def pong(data: bytes) -> bytes:
    """Return what has to be answered to the last ping in these bytes, masked with zeros; nothing if there is none."""
    at = data.rfind(PING)
    payload = data[at + 2 : at + 6]
    return b"\x8a\x84" + bytes(4) + payload if at >= 0 and len(payload) == 4 else b""


def drain(sockets: list[socket.socket]) -> None:
    for one in sockets:
        with contextlib.suppress(BlockingIOError):
            data = one.recv(PIECE)
            if not data:
                raise SystemExit("the server closed a socket")
            if answer := pong(data):
                one.send(answer)


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
