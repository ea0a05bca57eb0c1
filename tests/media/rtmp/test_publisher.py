import pytest

from media.rtmp import messages, publisher, url
from media.rtmp.amf0 import Value
from media.rtmp.chunks import ChunkWriter, Message
from media.rtmp.errors import BadCommand, BadHandshake
from media.rtmp.handshake import ServerHandshake
from media.rtmp.limits import DEFAULT
from media.rtmp.messages import Command
from media.rtmp.publisher import Published, PublisherSession, Rejected, State
from media.rtmp.session import Audio, Metadata, Video
from tests.kit.rtmp import NONCE, TARGET, Pair

START: dict[str, Value] = {"level": "status", "code": "NetStream.Publish.Start"}


class FarServer:
    """Somebody else's server: past the handshake, and then says what it is told to."""

    def __init__(self) -> None:
        self.client = PublisherSession(TARGET, NONCE)
        handshake = ServerHandshake(NONCE)
        handshake.receive(self.client.outgoing())
        self._writer = ChunkWriter()
        self.events = list(self.client.receive(handshake.outgoing()))
        self.client.outgoing()

    def say(self, *commands: Command, kind: int = messages.COMMAND) -> list[publisher.Event]:
        for command in commands:
            message = messages.write_command(command)
            message = Message(kind, 0, 0, b"\0" * (kind == messages.COMMAND_AMF3) + message.body)
            self.events += self.client.receive(self._writer.send(message, 3))
        return self.events

    def count_as_publishing(self) -> list[publisher.Event]:
        return self.say(result(1, None, {}), result(4, None, 1.0), status(START))


def result(transaction: float, first: Value, second: Value) -> Command:
    return Command("_result", transaction, first, (second,))


def status(info: Value) -> Command:
    return Command("onStatus", 0.0, None, (info,))


def test_a_server_that_says_yes_gets_the_media() -> None:
    far = FarServer()
    assert far.count_as_publishing() == [Published()]
    far.client.send(Video(0, b"\x17\x00"))
    assert far.client.outgoing().endswith(b"\x17\x00")


def test_answers_that_were_not_asked_for_change_nothing() -> None:
    far = FarServer()
    far.say(result(4, None, 1.0), status(START), result(99, None, None), Command("onBWDone", 0.0, None))
    assert far.client.state is State.CONNECTING
    far.count_as_publishing()
    far.say(result(1, None, {}), result(4, None, 7.0), status(START))
    assert far.events == [Published()]


def test_servers_that_do_not_know_the_courtesies_may_say_so() -> None:
    """nginx-rtmp leaves releaseStream and FCPublish unanswered, others answer with an error."""
    far = FarServer()
    far.say(result(1, None, {}), Command("_error", 2.0, None, ({},)), Command("_error", 3.0, None, ({},)))
    assert far.count_as_publishing() == [Published()]


def test_commands_in_the_amf_3_form_are_understood() -> None:
    far = FarServer()
    far.say(result(1, None, {}), result(4, None, 1.0), status(START), kind=messages.COMMAND_AMF3)
    assert far.events == [Published()]


@pytest.mark.parametrize("transaction", [1, 4, 5])
@pytest.mark.parametrize("place", ["object", "argument"])
def test_an_error_in_answer_to_what_matters_is_a_rejection(transaction: float, place: str) -> None:
    info: dict[str, Value] = {"code": "NetConnection.Connect.Rejected", "description": "no such app"}
    arguments: tuple[Value, ...] = (info,) if place == "argument" else ()
    far = FarServer()
    far.say(Command("_error", transaction, info if place == "object" else None, arguments))
    assert far.events == [Rejected("NetConnection.Connect.Rejected", "no such app")]
    assert far.client.state is State.CLOSING


@pytest.mark.parametrize("info", [None, {}, {"code": 1.0, "description": None}])
def test_an_error_may_come_without_words(info: Value) -> None:
    far = FarServer()
    assert far.say(Command("_error", 1.0, None, (info,))) == [Rejected("", "")]


def test_an_error_status_in_mid_stream_is_a_rejection_and_nothing_is_read_after_it() -> None:
    far = FarServer()
    far.count_as_publishing()
    no: dict[str, Value] = {"level": "error", "code": "NetStream.Failed", "description": "bye"}
    far.say(status(no), status(no))
    assert far.events == [Published(), Rejected("NetStream.Failed", "bye")]


@pytest.mark.parametrize("info", [None, "text", {}, {"level": "status", "code": "NetStream.Unpublish.Success"}])
def test_other_statuses_change_nothing(info: Value) -> None:
    far = FarServer()
    far.count_as_publishing()
    far.say(status(info))
    assert far.client.state is State.PUBLISHING


@pytest.mark.parametrize("stream", [None, "1", -1.0, float("nan"), 2.0**32])
def test_a_stream_that_is_no_stream_is_refused(stream: Value) -> None:
    far = FarServer()
    with pytest.raises(BadCommand):
        far.say(result(1, None, {}), result(4, None, stream))


def test_media_from_the_server_is_passed_over() -> None:
    far = FarServer()
    assert list(far.client.receive(ChunkWriter().send(Message(9, 0, 1, b"\x17\x00"), 6))) == []


def test_a_server_that_is_none_is_refused() -> None:
    with pytest.raises(BadHandshake):
        PublisherSession(TARGET, NONCE).receive(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_media_is_refused_before_and_after_the_publish() -> None:
    pair = Pair()
    for event in (Video(0, b"x"), Audio(0, b"x"), Metadata({})):
        with pytest.raises(BadCommand):
            pair.client.send(event)
    with pytest.raises(BadCommand):
        pair.client.finish()
    pair.publishing().client.finish()
    with pytest.raises(BadCommand):
        pair.client.send(Video(0, b"x"))


def test_the_key_is_sent_with_its_parameters() -> None:
    pair = Pair(target=url.parse("rtmp://node.example/live/rosebud?token=x")).run()
    (asked,) = pair.at_server
    assert getattr(asked, "parameters", None) == {"token": "x"}


def test_the_client_counts_what_the_server_has() -> None:
    pair = Pair().publishing()
    for n in range(4):
        pair.client.send(Video(n, bytes(1_000_000)))
    pair.run()
    assert pair.client.acknowledged > DEFAULT.window
