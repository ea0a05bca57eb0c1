"""The publisher's side of an RTMP connection, as states and events: the counterpart of `session.py`.

It sends what ffmpeg and OBS send, because other servers are tested with those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from media.rtmp import amf0, messages
from media.rtmp.chunks import Message
from media.rtmp.connection_core import ConnectionCore
from media.rtmp.errors import BadCommand
from media.rtmp.handshake import ClientHandshake
from media.rtmp.limits import DEFAULT, Limits
from media.rtmp.messages import Command
from media.rtmp.session import Audio, Metadata, Video
from media.rtmp.url import Target


class State(Enum):
    HANDSHAKE = auto()
    CONNECTING = auto()
    CREATING = auto()
    ASKING = auto()
    PUBLISHING = auto()
    CLOSING = auto()


TRANSITIONS: Final[Mapping[tuple[State, str], State]] = {
    (State.HANDSHAKE, "handshake"): State.CONNECTING,
    (State.CONNECTING, "connected"): State.CREATING,
    (State.CREATING, "created"): State.ASKING,
    (State.ASKING, "started"): State.PUBLISHING,
    (State.PUBLISHING, "finish"): State.CLOSING,
    **{(state, "rejected"): State.CLOSING for state in State},
}
assert {state for state, _ in TRANSITIONS} == set(State) == set(TRANSITIONS.values()) | {State.HANDSHAKE}

_CONNECT, _RELEASE, _ANNOUNCE, _CREATE, _PUBLISH, _WITHDRAW, _DELETE = (float(n) for n in range(1, 8))


@dataclass(frozen=True, slots=True)
class Published:
    """The server accepts media from now on."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server refused the stream, at first or in the middle; close the connection."""

    code: str
    description: str


Event: TypeAlias = Published | Rejected


class PublisherSession:
    """Bytes to events. `nonce` is `handshake.NONCE_SIZE` random bytes; `scheme` asks for a digest handshake.

    Send what `outgoing` returns at once, and after each call. After a ProtocolError, or in State.CLOSING, close.
    """

    def __init__(self, target: Target, nonce: bytes, limits: Limits = DEFAULT, *, scheme: int | None = None) -> None:
        self.state = State.HANDSHAKE
        self._target = target
        self._core = ConnectionCore(ClientHandshake(nonce, scheme=scheme), limits)
        self._limits = limits
        self._stream = 0

    @property
    def acknowledged(self) -> int:
        """Return how many bytes the server has acknowledged, modulo 2**32; 0 with servers that never do."""
        return self._core.acknowledged

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take bytes and return the events they complete, made while the iterator is read. Raises ProtocolError."""
        if self.state is State.CLOSING:
            return iter(())
        self._core.put(data)
        return self._events()

    def outgoing(self) -> bytes:
        """Return the bytes to be sent since the last call."""
        return self._core.outgoing()

    def send(self, event: Metadata | Video | Audio) -> None:
        """Send metadata or a frame. Raises BadCommand unless publishing."""
        if self.state is not State.PUBLISHING:
            raise BadCommand(f"media while {self.state.name.lower()}")
        if isinstance(event, Metadata):
            message = messages.write_metadata(event.values, self._stream)
        else:
            kind = messages.VIDEO if isinstance(event, Video) else messages.AUDIO
            message = Message(kind, event.timestamp_ms, self._stream, event.payload)
        self._core.send(message)

    def finish(self) -> None:
        """End the publish by the commands for it, so that the server sees no broken connection. Raises BadCommand
        unless publishing."""
        self._move("finish")
        self._call("FCUnpublish", _WITHDRAW, self._target.name)
        self._call("deleteStream", _DELETE, float(self._stream))

    def _move(self, what: str) -> None:
        after = TRANSITIONS.get((self.state, what))
        if after is None:
            raise BadCommand(f"{what} while {self.state.name.lower()}")
        self.state = after

    def _call(self, name: str, transaction: float, *arguments: amf0.Value, stream: int = 0) -> None:
        self._core.send(messages.write_command(Command(name, transaction, None, arguments), stream))

    def _events(self) -> Iterator[Event]:
        if self.state is State.HANDSHAKE and self._core.open:
            self._connect()
        for message in self._core.messages():
            if message.kind not in (messages.COMMAND, messages.COMMAND_AMF3):
                continue
            event = self._on_command(messages.command(message, self._limits))
            if event is not None:
                yield event
            if self.state is State.CLOSING:
                return

    def _connect(self) -> None:
        self._move("handshake")
        self._core.send(messages.write_chunk_size(self._limits.chunk_size))
        target = self._target
        about = {
            "app": target.app,
            "type": "nonprivate",
            "flashVer": "FMLE/3.0 (compatible; FMSc/1.0)",  # as OBS: some servers look for "FMLE"
            "swfUrl": target.tc_url,
            "tcUrl": target.tc_url,
        }
        self._core.send(messages.write_command(Command("connect", _CONNECT, about)))

    def _on_command(self, command: Command) -> Event | None:
        if command.name == "onStatus":
            return self._on_status(command)
        if command.name == "_error" and command.transaction in (_CONNECT, _CREATE, _PUBLISH):
            return self._rejected(command.argument(0) or command.object)
        if command.name == "_result":
            self._on_result(command)
        return None

    def _on_result(self, command: Command) -> None:
        if self.state is State.CONNECTING and command.transaction == _CONNECT:
            self._move("connected")
            self._call("releaseStream", _RELEASE, self._target.name)
            self._call("FCPublish", _ANNOUNCE, self._target.name)
            self._call("createStream", _CREATE)
        elif self.state is State.CREATING and command.transaction == _CREATE:
            stream = command.argument(0)
            if not isinstance(stream, float) or not 0 <= stream <= 0xFFFFFFFF:
                raise BadCommand("createStream was answered without a stream")
            self._move("created")
            self._stream = int(stream)
            self._call("publish", _PUBLISH, self._target.name, "live", stream=self._stream)

    def _on_status(self, command: Command) -> Event | None:
        info = command.argument(0)
        if isinstance(info, Mapping) and info.get("level") == "error":
            return self._rejected(info)
        if isinstance(info, Mapping) and info.get("code") == "NetStream.Publish.Start":
            if self.state is not State.ASKING:
                return None
            self._move("started")
            return Published()
        return None

    def _rejected(self, info: amf0.Value) -> Rejected:
        self._move("rejected")
        values = info if isinstance(info, Mapping) else {}
        code, description = values.get("code"), values.get("description")
        return Rejected(
            code if isinstance(code, str) else "",
            description if isinstance(description, str) else "",
        )
