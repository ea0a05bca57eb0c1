"""The part that both sides of an RTMP connection share: handshake, chunks, acknowledgements and pings, without I/O.

Messages that it does not answer itself are handed on to `session.py` or `publisher.py`.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from media.rtmp import messages
from media.rtmp.chunks import ChunkReader, ChunkWriter, Message
from media.rtmp.errors import NotRtmp, TooMuchEarly
from media.rtmp.limits import Limits


class Handshake(Protocol):
    def receive(self, data: bytes) -> bytes | None: ...
    def outgoing(self) -> bytes: ...


class ConnectionCore:
    """Bytes to messages and back. `restrict` and `relax` change how much the peer may send."""

    def __init__(self, handshake: Handshake, limits: Limits) -> None:
        self.open = False
        self.received = 0  # bytes, the handshake included, as the acknowledgements count them
        self.acknowledged = 0  # what the peer says to have received, modulo 2**32
        self._handshake = handshake
        self._reader = ChunkReader(max_message=limits.early, max_streams=limits.chunk_streams)
        self._writer = ChunkWriter()
        self._budget: int | None = None  # bytes that may still be read
        self._held = b""  # what came beyond them
        self._out: list[bytes] = []
        self._window = limits.window  # until the peer names its own
        self._answered = 0  # `received` at our last acknowledgement
        self._own_window = 0

    @property
    def buffered(self) -> int:
        """The number of bytes that were put in and not yet read as messages."""
        return self._reader.buffered + len(self._held)

    def restrict(self, budget: int) -> None:
        """Read at most `budget` more bytes, in messages no larger than that.

        A flood of empty messages, or of one-byte chunks, must not cost more than these are worth. What comes beyond is
        held, in case the last message within the budget leads to `relax`; otherwise TooMuchEarly is raised.
        """
        self._budget = budget
        self._reader.max_message = budget

    def relax(self, max_message: int) -> None:
        """Read everything from here on, beginning with what was held."""
        self._budget = None
        self._reader.max_message = max_message
        held, self._held = self._held, b""
        self._reader.put(held)

    def put(self, data: bytes) -> None:
        """Add received bytes. Raises NotRtmp, BadHandshake; then `outgoing` has the last bytes to be sent."""
        self.received += len(data)
        if self.open:
            self._read(data)
        else:
            try:
                rest = self._handshake.receive(data)
            except NotRtmp as error:
                self._out.append(error.answer)
                raise
            if rest is not None:
                self._out.append(self._handshake.outgoing())
                self.open = True
                self._read(rest)
        if self._window and self.received - self._answered >= self._window and self.open:
            self._answered = self.received
            self.send(messages.write_acknowledgement(self.received))

    def messages(self) -> Iterator[Message]:
        """Return the messages that have to be handled by the session.

        Raises what `chunks.ChunkReader` does, BadMessage and TooMuchEarly.
        """
        for message in self._reader.messages():
            control = _CONTROL.get(message.kind)
            if control is None:
                yield message
            else:
                control(self, message)
        if self._held:
            raise TooMuchEarly(f"{len(self._held)} bytes more than a publish needs before asking for one")

    def send(self, *them: Message) -> None:
        for message in them:
            if message.kind == messages.WINDOW_SIZE:
                self._own_window = messages.number(message)
            self._out.append(self._writer.send(message, messages.csid(message)))

    def outgoing(self) -> bytes:
        """Return the bytes to be sent since the last call."""
        if not self.open:
            self._out.append(self._handshake.outgoing())
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _read(self, data: bytes) -> None:
        if self._budget is not None:
            self._held += data[self._budget :]
            data = data[: self._budget]
            self._budget -= len(data)
        self._reader.put(data)

    def _on_acknowledgement(self, message: Message) -> None:
        self.acknowledged = messages.number(message)

    def _on_window_size(self, message: Message) -> None:
        self._window = messages.number(message)

    def _on_peer_bandwidth(self, message: Message) -> None:
        # spec 5.4.5: answered by a Window Acknowledgement Size, when that is news
        size = messages.number(message)
        if size != self._own_window:
            self.send(messages.write_window_size(size))

    def _on_user_control(self, message: Message) -> None:
        event, data = messages.user_control(message)
        if event == messages.PING_REQUEST:
            self.send(messages.write_user_control(messages.PING_RESPONSE, data[:4]))


_CONTROL: dict[int, Callable[[ConnectionCore, Message], None]] = {
    messages.ACKNOWLEDGEMENT: ConnectionCore._on_acknowledgement,
    messages.USER_CONTROL: ConnectionCore._on_user_control,
    messages.WINDOW_SIZE: ConnectionCore._on_window_size,
    messages.PEER_BANDWIDTH: ConnectionCore._on_peer_bandwidth,
}
