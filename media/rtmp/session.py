"""The server's side of an RTMP connection, as states and events. Start reading at TRANSITIONS.

It does not decide who may publish: the event `PublishAsked` asks the caller, who answers with `accept` or `refuse`.
`publisher.py` is the other side.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from media.rtmp import amf0, messages, url
from media.rtmp.chunks import Message
from media.rtmp.connection_core import ConnectionCore
from media.rtmp.errors import BadCommand, HeldTooMuch, ProtocolError
from media.rtmp.handshake import ServerHandshake
from media.rtmp.limits import DEFAULT, Limits
from media.rtmp.messages import Command


class State(Enum):
    HANDSHAKE = auto()
    GREETING = auto()  # waits for connect
    CONNECTED = auto()
    ASKED = auto()  # waits for accept() or refuse(); nothing more is read
    PUBLISHING = auto()
    CLOSING = auto()  # the last bytes are in `outgoing`; nothing more is read


TRANSITIONS: Final[Mapping[tuple[State, str], State]] = {
    (State.HANDSHAKE, "handshake"): State.GREETING,
    (State.GREETING, "connect"): State.CONNECTED,
    (State.CONNECTED, "publish"): State.ASKED,
    (State.CONNECTED, "play"): State.CLOSING,
    (State.ASKED, "accept"): State.PUBLISHING,
    (State.ASKED, "refuse"): State.CLOSING,
    (State.PUBLISHING, "FCUnpublish"): State.CONNECTED,
    (State.PUBLISHING, "closeStream"): State.CONNECTED,
    (State.PUBLISHING, "deleteStream"): State.CONNECTED,
    (State.PUBLISHING, "refuse"): State.CLOSING,
    **{(state, "close"): State.CLOSING for state in State},
}
assert {state for state, _ in TRANSITIONS} == set(State) == set(TRANSITIONS.values()) | {State.HANDSHAKE}

BAD_NAME: Final = "NetStream.Publish.BadName"
REJECTED: Final = "NetStream.Publish.Rejected"
FAILED: Final = "NetStream.Failed"

# Enhanced RTMP (v2, "Enhancing NetConnection connect"): what we may claim. 4 is "can forward".
_FORWARDED: Final[Mapping[str, tuple[str, ...]]] = {"videoFourCcInfoMap": ("avc1",), "audioFourCcInfoMap": ("mp4a",)}
_CAN_FORWARD: Final = 4


@dataclass(frozen=True, slots=True)
class PublishAsked:
    """The peer asks to publish. Call `accept` or `refuse`; until then nothing more is read."""

    app: str
    name: str  # the stream key, without the parameters behind `?`
    parameters: Mapping[str, str]
    tc_url: str
    flash_ver: str


@dataclass(frozen=True, slots=True)
class Metadata:
    values: Mapping[str, amf0.Value]


@dataclass(frozen=True, slots=True)
class Video:
    """`payload` is FLV VIDEODATA, header byte included; never empty. Milliseconds modulo 2**32."""

    timestamp_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Audio:
    """`payload` is FLV AUDIODATA, header byte included; never empty. Milliseconds modulo 2**32."""

    timestamp_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class PublishEnded:
    """The publisher ended the publish, by this command."""

    command: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message was ignored; `why` is for the log."""

    why: str


Event: TypeAlias = PublishAsked | Metadata | Video | Audio | PublishEnded | Ignored


class ServerSession:
    """Bytes to events. `nonce` is `handshake.NONCE_SIZE` random bytes.

    After each call send what `outgoing` returns. After a ProtocolError, or in State.CLOSING, close the connection.
    """

    def __init__(self, nonce: bytes, limits: Limits = DEFAULT) -> None:
        self.state = State.HANDSHAKE
        self._handshake = ServerHandshake(nonce)
        self._core = ConnectionCore(self._handshake, limits)
        self._core.restrict(limits.early)
        self._limits = limits
        self._connect: Mapping[str, amf0.Value] = {}
        self._streams = 0  # message streams created; their ids are 1 to this
        self._stream = 0  # the one that is published on
        self._announced = False  # FCPublish was called: answer in its style too

    @property
    def digest(self) -> bool:
        """Return whether the client asked for the digest form of the handshake, and got it."""
        return self._handshake.digest

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take bytes and return the events they complete, made while the iterator is read.

        Raises ProtocolError, here or while iterating. In State.ASKED bytes are held (up to `limits.held`); call with
        b"" after `accept` to have them read.
        """
        if self.state is State.CLOSING:
            return iter(())
        self._core.put(data)
        if self.state is State.ASKED:
            if self._core.buffered > self._limits.held:
                raise HeldTooMuch(f"{self._core.buffered} bytes sent before the publish was answered")
            return iter(())
        return self._events()

    def outgoing(self) -> bytes:
        """Return the bytes to be sent since the last call."""
        return self._core.outgoing()

    def accept(self) -> None:
        """Let the publisher begin."""
        self._move("accept")
        self._core.relax(self._limits.message)
        name = {"code": "NetStream.Publish.Start", "description": "Started publishing."}
        if self._announced:
            # FMLE and its heirs in hardware wait for this one, as they got it from Flash Media Server
            self._core.send(messages.write_command(Command("onFCPublish", 0, None, (name,)), self._stream))
        begin = messages.write_user_control(messages.STREAM_BEGIN, self._stream.to_bytes(4, "big"))
        self._core.send(begin)
        self._status("status", "NetStream.Publish.Start", "Started publishing.")

    def refuse(self, code: str, description: str) -> None:
        """Answer the publish with an error, or end a running one; the description is for the streamer.

        librtmp (OBS) logs the description of a few codes only, and which they are differs by version. NetStream.Failed
        is known to all, so it follows the precise one.
        """
        self._move("refuse")
        self._status("error", code, description)
        self._status("error", FAILED, description)

    def close(self, why: str) -> None:
        """End the session from our side, in any state; a publisher is told `why`."""
        said = self.state in (State.ASKED, State.PUBLISHING)
        self._move("close")
        if said:
            self._status("error", FAILED, why)

    def _move(self, what: str) -> None:
        after = TRANSITIONS.get((self.state, what))
        if after is None:
            raise BadCommand(f"{what} while {self.state.name.lower()}")
        self.state = after

    def _events(self) -> Iterator[Event]:
        if self.state is State.HANDSHAKE and self._core.open:
            self._move("handshake")
        for message in self._core.messages():
            kind = message.kind
            if kind in _COMMAND_KINDS:
                event = self._on_command(message)
                if event is not None:
                    yield event
                if self.state in (State.ASKED, State.CLOSING):
                    return
            elif self.state is State.PUBLISHING:
                if kind == messages.AGGREGATE:
                    for part in messages.aggregate(message):
                        yield from self._on_media(part)
                else:
                    yield from self._on_media(message)
            # media without a publish is passed over: the caller's timeout is running

    def _on_media(self, message: Message) -> Iterator[Event]:
        kind = message.kind
        if kind in _MEDIA:
            # Flash and FMLE send empty frames to say "silence" and "no picture"
            if message.body:
                yield _MEDIA[kind](message.timestamp, message.body)
        elif kind in (messages.DATA, messages.DATA_AMF3):
            yield from self._on_data(message)

    def _on_data(self, message: Message) -> Iterator[Event]:
        try:
            values = messages.metadata(message, self._limits)
        except ProtocolError as error:
            yield Ignored(f"metadata: {error}")  # nothing in it is needed to play the stream
            return
        if values is not None:
            yield Metadata(values)

    def _on_command(self, message: Message) -> Event | None:
        command = messages.command(message, self._limits)
        if self.state is State.GREETING and command.name != "connect":
            raise BadCommand(f"{command.name[:40]!r} before connect")
        handler = _COMMANDS.get(command.name, ServerSession._on_unknown)
        return handler(self, command, message.stream)

    def _on_connect(self, command: Command, stream: int) -> None:
        if self.state is not State.GREETING:
            self._on_unknown(command, stream)
            return
        self._move("connect")
        if isinstance(command.object, Mapping):
            self._connect = command.object
        limits = self._limits
        self._core.send(
            messages.write_window_size(limits.window),
            messages.write_peer_bandwidth(limits.window),
            messages.write_chunk_size(limits.chunk_size),
        )
        server: dict[str, amf0.Value] = {"fmsVer": "FMS/3,5,7,7009", "capabilities": 31.0, "mode": 1.0}
        info: dict[str, amf0.Value] = {
            "level": "status",
            "code": "NetConnection.Connect.Success",
            "description": "Connection succeeded.",
            "objectEncoding": 0.0,  # AMF 0, whatever was asked: the client has to follow
        }
        self._answer(command, server | _abilities(self._connect), info)

    def _on_create_stream(self, command: Command, stream: int) -> None:
        self._streams += 1
        self._answer(command, None, float(self._streams))

    def _on_call(self, command: Command, stream: int) -> None:
        """releaseStream, _checkbw: nothing to do, but the client waits for an answer."""
        self._answer(command, None, None)

    def _on_fc_publish(self, command: Command, stream: int) -> None:
        self._announced = True
        self._answer(command, None, None)

    def _on_stream_length(self, command: Command, stream: int) -> None:
        self._answer(command, None, 0.0)  # live: no length

    def _on_publish(self, command: Command, stream: int) -> Event | None:
        if self.state is not State.CONNECTED:
            self._status("error", BAD_NAME, "This connection publishes already.", stream)
            return None
        path = url.publish_path(self._text("app"), command.text(0), self._text("tcUrl"), self._limits)
        self._move("publish")
        self._stream = stream
        return PublishAsked(path.app, path.name, path.parameters, self._text("tcUrl"), self._text("flashVer"))

    def _on_unpublish(self, command: Command, stream: int) -> Event | None:
        other = command.name == "deleteStream" and command.argument(0) not in (None, float(self._stream))
        if self.state is not State.PUBLISHING or other:
            self._answer(command, None, None)
            return None
        self._move(command.name)
        self._core.restrict(self._limits.early)
        info: amf0.Value = {"code": "NetStream.Unpublish.Success", "description": "Stopped publishing."}
        if command.name == "FCUnpublish":
            self._core.send(messages.write_command(Command("onFCUnpublish", 0, None, (info,)), self._stream))
        self._answer(command, None, None)
        self._status("status", "NetStream.Unpublish.Success", "Stopped publishing.")
        return PublishEnded(command.name)

    def _on_play(self, command: Command, stream: int) -> None:
        self._status("error", "NetStream.Play.Failed", "Streams are watched over HLS here, not over RTMP.", stream)
        if self.state is State.CONNECTED:
            self._move("play")

    def _on_unknown(self, command: Command, stream: int) -> None:
        if command.transaction:
            info = {"level": "error", "code": "NetConnection.Call.Failed", "description": "There is no such call here."}
            answer = Command("_error", command.transaction, None, (info,))
            self._core.send(messages.write_command(answer, stream))

    def _answer(self, command: Command, first: amf0.Value, second: amf0.Value) -> None:
        if command.transaction:
            self._core.send(messages.write_command(Command("_result", command.transaction, first, (second,))))

    def _status(self, level: str, code: str, description: str, stream: int | None = None) -> None:
        info = {"level": level, "code": code, "description": description}
        answer = Command("onStatus", 0, None, (info,))
        self._core.send(messages.write_command(answer, self._stream if stream is None else stream))

    def _text(self, name: str) -> str:
        value = self._connect.get(name)
        return value if isinstance(value, str) else ""


_COMMAND_KINDS: Final = frozenset((messages.COMMAND, messages.COMMAND_AMF3))
_MEDIA: Final[Mapping[int, type[Video] | type[Audio]]] = {messages.VIDEO: Video, messages.AUDIO: Audio}

_COMMANDS: Final[Mapping[str, Callable[[ServerSession, Command, int], Event | None]]] = {
    "connect": ServerSession._on_connect,
    "releaseStream": ServerSession._on_call,
    "_checkbw": ServerSession._on_call,
    "FCPublish": ServerSession._on_fc_publish,
    "createStream": ServerSession._on_create_stream,
    "getStreamLength": ServerSession._on_stream_length,
    "publish": ServerSession._on_publish,
    "FCUnpublish": ServerSession._on_unpublish,
    "closeStream": ServerSession._on_unpublish,
    "deleteStream": ServerSession._on_unpublish,
    "play": ServerSession._on_play,
}


def _abilities(asked: Mapping[str, amf0.Value]) -> dict[str, amf0.Value]:
    """Return the Enhanced RTMP answers to what connect offered: only what is true, and only when asked."""
    answer: dict[str, amf0.Value] = {}
    codes = asked.get("fourCcList")
    if isinstance(codes, list):
        known = [code for names in _FORWARDED.values() for code in names]
        answer["fourCcList"] = [code for code in known if code in codes or "*" in codes]
    for name, known_codes in _FORWARDED.items():
        offered = asked.get(name)
        if isinstance(offered, Mapping):
            answer[name] = {code: float(_CAN_FORWARD) for code in known_codes if code in offered or "*" in offered}
    return answer
