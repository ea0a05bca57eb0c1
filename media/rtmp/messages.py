"""RTMP messages (spec 5.4 and 7): their types, and their bodies as values and back.

The order in which they may come is left to `session.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from media.rtmp import amf0
from media.rtmp.chunks import ABORT, SET_CHUNK_SIZE, Message
from media.rtmp.errors import BadCommand, BadMessage
from media.rtmp.limits import DEFAULT, Limits

ACKNOWLEDGEMENT: Final = 3
USER_CONTROL: Final = 4
WINDOW_SIZE: Final = 5
PEER_BANDWIDTH: Final = 6
AUDIO: Final = 8
VIDEO: Final = 9
DATA_AMF3: Final = 15
COMMAND_AMF3: Final = 17
DATA: Final = 18
COMMAND: Final = 20
AGGREGATE: Final = 22

# user control events, spec 7.1.7
STREAM_BEGIN: Final = 0
PING_REQUEST: Final = 6
PING_RESPONSE: Final = 7

DYNAMIC: Final = 2  # a bandwidth limit that may be ignored, spec 5.4.5

# the chunk stream each kind travels on: those of ffmpeg and librtmp, so that audio and video keep apart
_CSIDS = {AUDIO: 4, VIDEO: 6, DATA: 5, COMMAND: 3}
_CONTROL_CSID = 2


@dataclass(frozen=True, slots=True)
class Command:
    """A call (`connect`, `publish`) or an answer (`_result`, `_error`, `onStatus`). Transaction 0 wants no answer."""

    name: str
    transaction: float
    object: amf0.Value
    arguments: tuple[amf0.Value, ...] = ()

    def argument(self, index: int) -> amf0.Value:
        """Return an argument; None when it was not sent."""
        return self.arguments[index] if index < len(self.arguments) else None

    def text(self, index: int) -> str:
        """Return a string argument; "" when it is missing or something else."""
        value = self.argument(index)
        return value if isinstance(value, str) else ""


def csid(message: Message) -> int:
    """Return the chunk stream to send a message on."""
    return _CSIDS.get(message.kind, _CONTROL_CSID)


def number(message: Message) -> int:
    """Return the value of an Acknowledgement, Window Size or Peer Bandwidth message. Raises BadMessage."""
    if len(message.body) < 4:
        raise BadMessage(f"a control message {message.kind} of {len(message.body)} bytes")
    return int.from_bytes(message.body[:4], "big")


def user_control(message: Message) -> tuple[int, bytes]:
    """Return (event, its data) of a user control message. Raises BadMessage."""
    if len(message.body) < 2:
        raise BadMessage(f"a user control message of {len(message.body)} bytes")
    return int.from_bytes(message.body[:2], "big"), message.body[2:]


def _values(message: Message, limits: Limits) -> list[amf0.Value]:
    body = message.body
    if message.kind in (COMMAND_AMF3, DATA_AMF3) and body[:1] == b"\0":
        body = body[1:]  # "what follows is AMF 0 until an AMF 3 marker says otherwise"; no encoder goes on to AMF 3
    return amf0.parse(body, limits)


def command(message: Message, limits: Limits = DEFAULT) -> Command:
    """Read a command message. Raises BadCommand, BadAmf and the AMF limits."""
    values = _values(message, limits)
    if not values or not isinstance(values[0], str):
        raise BadCommand("a command without a name")
    transaction = values[1] if len(values) > 1 else 0.0
    if not isinstance(transaction, float):
        raise BadCommand(f"the command {values[0][:40]!r} has no transaction number")
    return Command(values[0], transaction, values[2] if len(values) > 2 else None, tuple(values[3:]))


def metadata(message: Message, limits: Limits = DEFAULT) -> dict[str, amf0.Value] | None:
    """Return the content of an onMetaData message, None for another data message. Raises BadAmf and the AMF limits.

    Live encoders wrap it in @setDataFrame, tags of a recording come bare. A strict array is read by index, and an
    array of objects as their union.
    """
    values = _values(message, limits)
    if values and values[0] == "@setDataFrame":
        values = values[1:]
    if not values or values[0] != "onMetaData":
        return None
    content: dict[str, amf0.Value] = {}
    for value in values[1:]:
        _merge(content, value)
    return content


def _merge(content: dict[str, amf0.Value], value: amf0.Value) -> None:
    if isinstance(value, Mapping):
        content.update(value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            content.update(item if isinstance(item, Mapping) else {str(index): item})


def aggregate(message: Message) -> Iterator[Message]:
    """Return the audio, video and data messages inside an aggregate (spec 7.1.6). Raises BadMessage.

    They are FLV tags whose times count from a zero of their own: the first one's time is the aggregate's.
    """
    body, at, shift = message.body, 0, None
    while at < len(body):
        head = body[at : at + 11]
        length = int.from_bytes(head[1:4], "big")
        data = body[at + 11 : at + 11 + length]
        if len(head) < 11 or len(data) < length:
            raise BadMessage(f"an aggregate ends {length - len(data)} bytes before its last part does")
        time = head[7] << 24 | int.from_bytes(head[4:7], "big")
        if shift is None:
            shift = message.timestamp - time
        if head[0] in (AUDIO, VIDEO, DATA):
            yield Message(head[0], (time + shift) & 0xFFFFFFFF, message.stream, data)
        at += 11 + length + 4  # a back pointer follows, which some encoders leave out after the last part


def write_command(command: Command, stream: int = 0) -> Message:
    body = amf0.write(command.name, command.transaction, command.object, *command.arguments)
    return Message(COMMAND, 0, stream, body)


def write_metadata(values: Mapping[str, amf0.Value], stream: int) -> Message:
    return Message(DATA, 0, stream, amf0.write("@setDataFrame", "onMetaData", amf0.EcmaArray(values)))


def write_chunk_size(size: int) -> Message:
    return _control(SET_CHUNK_SIZE, size.to_bytes(4, "big"))


def write_abort(chunk_stream: int) -> Message:
    return _control(ABORT, chunk_stream.to_bytes(4, "big"))


def write_acknowledgement(received: int) -> Message:
    return _control(ACKNOWLEDGEMENT, (received & 0xFFFFFFFF).to_bytes(4, "big"))


def write_window_size(size: int) -> Message:
    return _control(WINDOW_SIZE, size.to_bytes(4, "big"))


def write_peer_bandwidth(size: int) -> Message:
    return _control(PEER_BANDWIDTH, size.to_bytes(4, "big") + bytes([DYNAMIC]))


def write_user_control(event: int, data: bytes) -> Message:
    return _control(USER_CONTROL, event.to_bytes(2, "big") + data)


def _control(kind: int, body: bytes) -> Message:
    return Message(kind, 0, 0, body)
