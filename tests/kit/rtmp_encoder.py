"""An encoder past its handshake, joined to a server's session without a socket: commands and frames in, answers out."""

from collections.abc import Sequence

from media.rtmp import messages
from media.rtmp.amf0 import Value
from media.rtmp.chunks import ChunkReader, ChunkWriter, Message
from media.rtmp.handshake import SIZE
from media.rtmp.limits import DEFAULT, Limits
from media.rtmp.messages import COMMAND, Command
from media.rtmp.session import Event, ServerSession
from tests.kit.rtmp import KEY, NONCE

CONNECT: dict[str, Value] = {"app": "live", "tcUrl": "rtmp://node.example/live", "flashVer": "FMLE/3.0"}


class Encoder:
    """An encoder that sends what a test asks for. `events` are those of the server's session."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.server = ServerSession(NONCE, limits)
        self.events: list[Event] = []
        self._writer = ChunkWriter()
        self._reader = ChunkReader(max_message=1 << 24, max_streams=64)
        self.events += self.server.receive(b"\x03" + bytes(2 * SIZE))
        self.server.outgoing()

    def say(
        self, name: str, transaction: float = 0, first: Value = None, *more: Value, stream: int = 0
    ) -> list[Command]:
        """Send a command and return the commands that come back."""
        return self.send(messages.write_command(Command(name, transaction, first, more), stream))

    def send(self, *sent: Message) -> list[Command]:
        return self.put(b"".join(self._writer.send(message, messages.csid(message)) for message in sent))

    def put(self, wire: bytes) -> list[Command]:
        self.events += self.server.receive(wire)
        return self.answers()

    def answers(self) -> list[Command]:
        back = self._reader.receive(self.server.outgoing())
        return [messages.command(message) for message in back if message.kind == COMMAND]

    def connect(self, **more: Value) -> "Encoder":
        self.say("connect", 1, CONNECT | more)
        return self

    def publish(self, name: str = KEY) -> "Encoder":
        self.connect().say("createStream", 4)
        self.say("publish", 5, None, name, "live", stream=1)
        self.server.accept()
        self.answers()
        self.events.clear()
        return self


def code(command: Command) -> Value:
    info = command.argument(0)
    assert isinstance(info, dict)
    return info.get("code")


def codes(commands: Sequence[Command]) -> list[Value]:
    return [code(command) for command in commands if command.name == "onStatus"]
