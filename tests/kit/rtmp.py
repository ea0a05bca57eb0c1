"""RTMP without a socket: chunks and calls written by hand, two sessions joined."""

from collections.abc import Iterator
from dataclasses import dataclass

from media.rtmp import Limits, amf0, publisher, session, url
from media.rtmp.handshake import NONCE_SIZE
from media.rtmp.limits import DEFAULT
from media.rtmp.publisher import PublisherSession
from media.rtmp.session import PublishAsked, ServerSession

NONCE = bytes(n * 7 % 256 for n in range(NONCE_SIZE))
KEY = "rosebud"
TARGET = url.Target("node.example", 1935, False, "live", KEY)


def pieces(wire: bytes, size: int) -> Iterator[bytes]:
    """The bytes in pieces of `size`, as a socket may hand them over."""
    for at in range(0, len(wire), size):
        yield wire[at : at + size]


@dataclass(frozen=True, slots=True)
class Head:
    """A chunk header to be written as told, right or wrong: nothing is checked, and nothing remembered."""

    fmt: int
    csid: int = 3
    stamp: int = 0  # timestamp or delta
    length: int = 0
    kind: int = 9
    stream: int = 1
    extended: int | None = None  # an extended timestamp field, on whatever chunk


def chunk(head: Head, payload: bytes = b"") -> bytes:
    if head.csid < 64:
        out = bytes([head.fmt << 6 | head.csid])
    elif head.csid < 320:
        out = bytes([head.fmt << 6, head.csid - 64])
    else:
        out = bytes([head.fmt << 6 | 1]) + (head.csid - 64).to_bytes(2, "little")
    if head.fmt < 3:
        out += head.stamp.to_bytes(3, "big")
    if head.fmt < 2:
        out += head.length.to_bytes(3, "big") + bytes([head.kind])
    if head.fmt < 1:
        out += head.stream.to_bytes(4, "little")
    if head.extended is not None:
        out += head.extended.to_bytes(4, "big")
    return out + payload


def call(name: str, transaction: float = 1, *arguments: amf0.Value) -> bytes:
    """A command in one chunk, with a null command object."""
    body = amf0.write(name, transaction, None, *arguments)
    return chunk(Head(0, 3, length=len(body), kind=20, stream=0), body)


class Pair:
    """A publisher and a server joined without a socket. Bytes travel in pieces of `size`.

    `answer` is what the handler would say: None to accept, or (code, description).
    """

    def __init__(
        self,
        *,
        target: url.Target = TARGET,
        limits: Limits = DEFAULT,
        scheme: int | None = None,
        size: int = 1 << 20,
        answer: tuple[str, str] | None = None,
    ) -> None:
        self.server = ServerSession(NONCE, limits)
        self.client = PublisherSession(target, NONCE[::-1], limits, scheme=scheme)
        self.at_server: list[session.Event] = []
        self.at_client: list[publisher.Event] = []
        self._size = size
        self._answer = answer

    def run(self) -> "Pair":
        """Carry bytes both ways until both are silent."""
        while True:
            up, down = self.client.outgoing(), self.server.outgoing()
            if not up and not down:
                return self
            for data in pieces(up, self._size):
                self._feed_server(data)
            for data in pieces(down, self._size):
                self.at_client += self.client.receive(data)

    def publishing(self) -> "Pair":
        """The same, and what came before the media is forgotten."""
        self.run()
        assert self.client.state is publisher.State.PUBLISHING
        self.at_server.clear()
        self.at_client.clear()
        return self

    def _feed_server(self, data: bytes) -> None:
        for event in self.server.receive(data):
            self.at_server.append(event)
            if isinstance(event, PublishAsked) and self._answer:
                self.server.refuse(*self._answer)
            elif isinstance(event, PublishAsked):
                self.server.accept()
