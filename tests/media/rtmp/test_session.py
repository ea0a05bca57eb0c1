from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtmp import messages, publisher, url
from media.rtmp.amf0 import EcmaArray, Value
from media.rtmp.chunks import ChunkReader, ChunkWriter, Message
from media.rtmp.errors import BadAmf, BadCommand, BadMessage, HeldTooMuch, MessageTooBig, ProtocolError, TooMuchEarly
from media.rtmp.handshake import SIZE
from media.rtmp.limits import DEFAULT, Limits
from media.rtmp.messages import COMMAND, COMMAND_AMF3, Command
from media.rtmp.publisher import Published, Rejected
from media.rtmp.session import (
    BAD_NAME,
    REJECTED,
    TRANSITIONS,
    Audio,
    Event,
    Ignored,
    Metadata,
    PublishAsked,
    PublishEnded,
    ServerSession,
    State,
    Video,
)
from tests.kit.rtmp import KEY, NONCE, Pair, pieces

CONNECT: dict[str, Value] = {"app": "live", "tcUrl": "rtmp://node.example/live", "flashVer": "FMLE/3.0"}


class Encoder:
    """An encoder that says what it is told to: past the handshake, commands and frames in, answers out."""

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
        """Call something; the commands that come back."""
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


# two real ends


@pytest.mark.parametrize("size", [1, 2, 100, 1 << 20])
@pytest.mark.parametrize("scheme", [None, 0, 1])
def test_a_publish_from_hello_to_goodbye(scheme: int | None, size: int) -> None:
    pair = Pair(scheme=scheme, size=size).run()
    assert pair.at_client == [Published()]
    assert pair.server.digest is (scheme is not None)
    sent: list[Metadata | Video | Audio] = [
        Metadata({"width": 64.0}),
        Video(0, b"\x17\x00" + bytes(9000)),
        Audio(5, b"\xaf\x00"),
        Video(33, b"\x27\x01"),
    ]
    for event in sent:
        pair.client.send(event)
    pair.client.finish()
    pair.run()
    asked = PublishAsked("live", KEY, {}, "rtmp://node.example/live", "FMLE/3.0 (compatible; FMSc/1.0)")
    assert pair.at_server == [asked, *sent, PublishEnded("FCUnpublish")]
    assert pair.server.state is State.CONNECTED
    assert pair.client.state is publisher.State.CLOSING


def test_a_wrong_key_is_answered_and_nothing_more_is_read() -> None:
    pair = Pair(answer=(BAD_NAME, "There is no such stream key.")).run()
    assert pair.at_client == [Rejected(BAD_NAME, "There is no such stream key.")]
    assert pair.server.state is State.CLOSING
    assert list(pair.server.receive(b"whatever")) == []


def test_a_publish_is_ended_from_our_side_in_the_middle() -> None:
    pair = Pair().publishing()
    pair.server.refuse(REJECTED, "HEVC cannot be played here.")
    assert pair.run().at_client == [Rejected(REJECTED, "HEVC cannot be played here.")]


def test_the_goodbye_of_the_server_is_an_error_the_encoder_can_show() -> None:
    pair = Pair().publishing()
    pair.server.close("Another encoder took over.")
    assert pair.run().at_client == [Rejected("NetStream.Failed", "Another encoder took over.")]


@pytest.mark.parametrize("address", ["rtmp://h/live/rosebud?a=1&b", "rtmp://h/live/x/rosebud?a=1&b"])
def test_the_parameters_of_a_key_are_apart_from_it(address: str) -> None:
    (asked,) = Pair(target=url.parse(address)).run().at_server
    assert isinstance(asked, PublishAsked)
    assert (asked.name, asked.parameters) == ("rosebud", {"a": "1", "b": ""})


# order


def test_every_state_can_be_closed_and_none_left_once_it_is() -> None:
    assert {state for state, what in TRANSITIONS if what == "close"} == set(State)
    assert {TRANSITIONS[state, what] for state, what in TRANSITIONS if state is State.CLOSING} == {State.CLOSING}


def test_a_move_that_is_not_in_the_table_is_refused() -> None:
    for early in (ServerSession(NONCE), Encoder().connect().server):
        with pytest.raises(BadCommand):
            early.accept()
        with pytest.raises(BadCommand):
            early.refuse(BAD_NAME, "")


def test_nothing_is_said_when_a_connection_without_publish_is_closed() -> None:
    early = Encoder().connect()
    early.server.close("bye")
    assert early.answers() == []


@pytest.mark.parametrize("name", ["publish", "createStream", "releaseStream", "play", "bogus"])
def test_nothing_may_come_before_connect(name: str) -> None:
    with pytest.raises(BadCommand):
        Encoder().say(name, 1)


def test_an_encoder_that_does_not_wait_for_answers_is_understood() -> None:
    """Everything in one write: what follows the publish is held until it was accepted."""
    writer, commands = ChunkWriter(), []
    for command, stream in (
        (Command("connect", 1, CONNECT), 0),
        (Command("createStream", 2, None), 0),
        (Command("publish", 3, None, (KEY, "live")), 1),
    ):
        commands.append(writer.send(messages.write_command(command, stream), 3))
    commands += (
        writer.send(messages.write_metadata({"a": 1.0}, 1), 5),
        writer.send(Message(9, 0, 1, bytes(90_000)), 6),
    )
    encoder = Encoder()
    encoder.put(b"".join(commands))
    assert [type(event) for event in encoder.events] == [PublishAsked]
    encoder.server.accept()
    encoder.put(b"")
    assert encoder.events[1:] == [Metadata({"a": 1.0}), Video(0, bytes(90_000))]


def test_what_is_held_while_the_publish_is_decided_is_limited() -> None:
    encoder = Encoder(replace(DEFAULT, held=1000)).connect()
    encoder.say("publish", 3, None, KEY, stream=1)
    encoder.put(bytes(1000))
    with pytest.raises(HeldTooMuch):
        encoder.put(b"x")


def test_little_is_read_until_a_publish_is_accepted_and_after_it_ended() -> None:
    limits = replace(DEFAULT, early=1000, message=2000)
    with pytest.raises(MessageTooBig):
        Encoder(limits).connect().send(Message(9, 0, 1, bytes(1001)))
    encoder = Encoder(limits).connect()
    with pytest.raises(TooMuchEarly):
        encoder.send(*(Message(9, 0, 1, bytes(100)) for _ in range(10)))
    encoder = Encoder(limits).publish()
    encoder.send(*[Message(9, 0, 1, bytes(2000))] * 5)
    assert len(encoder.events) == 5
    with pytest.raises(MessageTooBig):
        encoder.send(Message(9, 0, 1, bytes(2001)))
    encoder = Encoder(limits).publish()
    encoder.say("FCUnpublish", 6)
    with pytest.raises(TooMuchEarly):
        encoder.send(*(Message(9, 0, 1, bytes(100)) for _ in range(10)))


# connect


def test_connect_is_answered_as_encoders_expect() -> None:
    encoder = Encoder()
    encoder.events += encoder.server.receive(
        ChunkWriter().send(messages.write_command(Command("connect", 1, CONNECT)), 3)
    )
    back = ChunkReader(max_message=1 << 20, max_streams=8).receive(encoder.server.outgoing())
    assert [message.kind for message in back] == [messages.WINDOW_SIZE, messages.PEER_BANDWIDTH, COMMAND]
    answer = messages.command(back[-1])
    assert (answer.name, answer.transaction, code(answer)) == ("_result", 1.0, "NetConnection.Connect.Success")


def test_connect_offers_nothing_that_was_not_asked_for() -> None:
    (answer,) = Encoder().say("connect", 1, CONNECT)
    assert isinstance(answer.object, dict)
    assert not {"fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"} & set(answer.object)


@pytest.mark.parametrize(
    ("offer", "taken"),
    [
        ({"fourCcList": ["hvc1", "avc1", "mp4a"]}, {"fourCcList": ["avc1", "mp4a"]}),
        ({"fourCcList": ["*"]}, {"fourCcList": ["avc1", "mp4a"]}),
        ({"fourCcList": ["av01"]}, {"fourCcList": []}),
        ({"fourCcList": "hvc1"}, {}),
        ({"videoFourCcInfoMap": {"avc1": 7.0, "hvc1": 7.0}, "capsEx": 15.0}, {"videoFourCcInfoMap": {"avc1": 4.0}}),
        ({"videoFourCcInfoMap": {"*": 7.0}}, {"videoFourCcInfoMap": {"avc1": 4.0}}),
        ({"audioFourCcInfoMap": EcmaArray({"Opus": 1.0, "mp4a": 1.0})}, {"audioFourCcInfoMap": {"mp4a": 4.0}}),
        ({"videoFourCcInfoMap": None}, {}),
    ],
)
def test_enhanced_rtmp_is_answered_only_as_far_as_it_is_true(offer: dict[str, Value], taken: dict[str, Value]) -> None:
    (answer,) = Encoder().say("connect", 1, CONNECT | offer)
    assert isinstance(answer.object, dict)
    assert {name: answer.object[name] for name in answer.object if "our" in name or name == "capsEx"} == taken


@pytest.mark.parametrize("about", [None, 1.0, {}, {"app": None, "tcUrl": 7.0}])
def test_connect_may_say_little(about: Value) -> None:
    encoder = Encoder()
    assert [answer.name for answer in encoder.say("connect", 1, about)] == ["_result"]
    encoder.say("publish", 3, None, KEY, stream=1)
    assert encoder.events == [PublishAsked("", KEY, {}, "", "")]


def test_a_second_connect_is_an_unknown_call() -> None:
    assert [answer.name for answer in Encoder().connect().say("connect", 2, CONNECT)] == ["_error"]


# calls


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("releaseStream", None),
        ("FCPublish", None),
        ("FCUnpublish", None),
        ("deleteStream", None),
        ("closeStream", None),
        ("_checkbw", None),
        ("getStreamLength", 0.0),
        ("createStream", 1.0),
    ],
)
def test_calls_are_answered_when_they_want_an_answer(name: str, value: Value) -> None:
    assert Encoder().connect().say(name, 7, None, KEY) == [Command("_result", 7.0, None, (value,))]
    assert Encoder().connect().say(name, 0, None, KEY) == []


def test_each_created_stream_has_a_number() -> None:
    encoder = Encoder().connect()
    assert [encoder.say("createStream", n)[0].argument(0) for n in (2, 3)] == [1.0, 2.0]


def test_an_unknown_call_is_answered_with_an_error_when_it_wants_an_answer() -> None:
    encoder = Encoder().connect()
    (answer,) = encoder.say("makeCoffee", 9)
    assert (answer.name, answer.transaction, code(answer)) == ("_error", 9.0, "NetConnection.Call.Failed")
    assert encoder.say("makeCoffee") == []
    assert encoder.server.state is State.CONNECTED


def test_play_is_refused_in_words_and_the_connection_ends() -> None:
    encoder = Encoder().connect()
    assert codes(encoder.say("play", 0, None, KEY, stream=1)) == ["NetStream.Play.Failed"]
    assert encoder.server.state is State.CLOSING


def test_play_does_not_end_a_publish() -> None:
    encoder = Encoder().publish()
    assert codes(encoder.say("play", 0, None, KEY, stream=1)) == ["NetStream.Play.Failed"]
    assert encoder.server.state is State.PUBLISHING


# publish


def test_an_accepted_publish_is_told_to_start_on_its_stream() -> None:
    encoder = Encoder().connect()
    encoder.say("publish", 5, None, KEY, "live", stream=3)
    encoder.server.accept()
    back = ChunkReader(max_message=1 << 20, max_streams=8).receive(encoder.server.outgoing())
    assert [(message.kind, message.stream) for message in back] == [(messages.USER_CONTROL, 0), (COMMAND, 3)]
    assert back[0].body == bytes(2) + (3).to_bytes(4, "big")
    assert code(messages.command(back[1])) == "NetStream.Publish.Start"


def test_an_encoder_that_called_fcpublish_is_answered_in_that_style_too() -> None:
    encoder = Encoder().connect()
    encoder.say("FCPublish", 3, None, KEY)
    encoder.say("publish", 5, None, KEY, "live", stream=1)
    encoder.server.accept()
    assert [answer.name for answer in encoder.answers()] == ["onFCPublish", "onStatus"]


def test_a_refusal_is_said_twice_for_the_versions_of_librtmp_that_know_one_of_the_codes() -> None:
    encoder = Encoder().connect()
    encoder.say("publish", 5, None, KEY, stream=1)
    encoder.server.refuse(BAD_NAME, "no")
    assert codes(encoder.answers()) == [BAD_NAME, "NetStream.Failed"]


def test_a_second_publish_on_the_same_connection_is_refused_and_the_first_goes_on() -> None:
    encoder = Encoder().publish()
    assert codes(encoder.say("publish", 6, None, "other", stream=2)) == [BAD_NAME]
    encoder.send(Message(9, 0, 1, b"\x17"))
    assert encoder.events == [Video(0, b"\x17")]


def test_a_publish_without_a_name_asks_for_the_end_of_the_path() -> None:
    encoder = Encoder().connect(app="live/rosebud?x=1")
    encoder.say("publish", 5, None, None, stream=1)
    assert encoder.events == [PublishAsked("live", "rosebud", {"x": "1"}, "rtmp://node.example/live", "FMLE/3.0")]


def test_commands_in_the_amf_3_form_are_understood() -> None:
    encoder = Encoder()
    connect = messages.write_command(Command("connect", 1, CONNECT))
    assert [a.name for a in encoder.send(Message(COMMAND_AMF3, 0, 0, b"\0" + connect.body))] == ["_result"]


@pytest.mark.parametrize("name", ["FCUnpublish", "deleteStream", "closeStream"])
def test_a_publish_is_ended_by_any_of_three_commands_once(name: str) -> None:
    encoder = Encoder().publish()
    stream: Value = 1.0 if name == "deleteStream" else KEY
    answers = encoder.say(name, 6, None, stream, stream=1)
    assert codes(answers) == ["NetStream.Unpublish.Success"]
    assert [a.name for a in answers if a.name != "onStatus"] == ["onFCUnpublish"] * (name == "FCUnpublish") + [
        "_result"
    ]
    encoder.say("deleteStream", 7, None, 1.0)
    assert encoder.events == [PublishEnded(name)]


def test_deleting_another_stream_does_not_end_the_publish() -> None:
    encoder = Encoder().publish()
    encoder.say("deleteStream", 6, None, 2.0)
    assert encoder.server.state is State.PUBLISHING
    encoder.say("deleteStream", 6)
    assert encoder.events == [PublishEnded("deleteStream")]


def test_a_connection_may_publish_again() -> None:
    encoder = Encoder().publish()
    encoder.say("closeStream", 0, None, stream=1)
    encoder.say("publish", 8, None, "second", stream=1)
    assert [type(event) for event in encoder.events] == [PublishEnded, PublishAsked]


# media


def test_media_without_a_publish_is_passed_over() -> None:
    encoder = Encoder().connect()
    encoder.send(Message(9, 0, 1, b"\x17"), Message(18, 0, 1, b"\xff"), Message(22, 0, 1, b"\xff"))
    assert encoder.events == []


def test_empty_frames_are_passed_over() -> None:
    encoder = Encoder().publish()
    encoder.send(Message(9, 0, 1, b""), Message(8, 0, 1, b""), Message(8, 7, 1, b"\xaf"))
    assert encoder.events == [Audio(7, b"\xaf")]


def test_messages_of_other_kinds_are_passed_over() -> None:
    encoder = Encoder().publish()
    encoder.send(*(Message(kind, 0, 1, b"\x00\x01\x02") for kind in (7, 16, 19, 21, 255)))
    assert encoder.events == []


def test_an_aggregate_gives_its_frames() -> None:
    body = b"".join(
        bytes([kind, 0, 0, 1, 0, 0, time, 0, 0, 0, 0, kind]) + b"\x00\x00\x00\x0c"
        for kind, time in ((9, 50), (8, 60), (9, 83))
    )
    encoder = Encoder().publish()
    encoder.send(Message(22, 1000, 1, body))
    assert encoder.events == [Video(1000, b"\x09"), Audio(1010, b"\x08"), Video(1033, b"\x09")]
    with pytest.raises(BadMessage):
        encoder.send(Message(22, 0, 1, body[:-5]))


def test_metadata_may_come_again_and_in_the_bare_form() -> None:
    encoder = Encoder().publish()
    encoder.send(messages.write_metadata({"a": 1.0}, 1), messages.write_metadata({}, 1))
    bare = messages.write_metadata({"b": 2.0}, 1).body[16:]  # without @setDataFrame
    encoder.send(Message(18, 0, 1, bare), Message(15, 0, 1, b"\0" + bare))
    assert encoder.events == [Metadata({"a": 1.0}), Metadata({}), Metadata({"b": 2.0}), Metadata({"b": 2.0})]


def test_data_that_is_no_metadata_is_passed_over() -> None:
    encoder = Encoder().publish()
    encoder.send(Message(18, 0, 1, b"\x02\x00\x0aonTextData"))
    assert encoder.events == []


def test_metadata_that_cannot_be_read_does_not_end_the_broadcast() -> None:
    encoder = Encoder().publish()
    encoder.send(Message(18, 0, 1, b"\x0a\x00\x00\x00\x01" * 100), Message(9, 0, 1, b"\x17"))
    first, second = encoder.events
    assert isinstance(first, Ignored)
    assert second == Video(0, b"\x17")


def test_a_command_that_cannot_be_read_ends_it() -> None:
    with pytest.raises(BadAmf):
        Encoder().publish().send(Message(20, 0, 0, b"\x02\x00\xff"))


# noise

words = st.sampled_from(
    ("connect", "publish", "createStream", "FCUnpublish", "deleteStream", "play", "releaseStream", "FCPublish", "?")
)
arguments: st.SearchStrategy[Value] = st.sampled_from((None, 1.0, KEY, CONNECT, float("nan"), [], True))
calls = st.builds(
    lambda name, number, first, more, stream: messages.write_command(Command(name, number, first, tuple(more)), stream),
    words,
    st.sampled_from((0.0, 1.0, 2.0)),
    arguments,
    st.lists(arguments, max_size=3),
    st.integers(0, 2),
)
others = st.builds(Message, st.integers(3, 25), st.integers(0, 0xFFFFFFFF), st.integers(0, 2), st.binary(max_size=40))


@settings(max_examples=150, deadline=None)
@given(st.lists(calls | others, max_size=12), st.booleans())
def test_any_order_of_messages_gives_events_or_a_protocol_error(sent: list[Message], accept: bool) -> None:
    encoder = Encoder()
    try:
        for message in sent:
            encoder.send(message)
            if encoder.server.state is State.ASKED:
                if accept:
                    encoder.server.accept()
                else:
                    encoder.server.refuse(BAD_NAME, "no")
    except ProtocolError:
        return
    assert encoder.server.state is not State.ASKED


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_publish_with_flipped_bytes_gives_events_or_a_protocol_error(data: st.DataObject) -> None:
    writer = ChunkWriter()
    wire = bytearray(
        b"\x03"
        + bytes(2 * SIZE)
        + writer.send(messages.write_command(Command("connect", 1, CONNECT)), 3)
        + writer.send(messages.write_command(Command("publish", 2, None, (KEY,)), 1), 3)
        + writer.send(messages.write_metadata({"width": 64.0}, 1), 5)
        + b"".join(writer.send(Message(9, n * 33, 1, bytes(200)), 6) for n in range(4))
    )
    for _ in range(data.draw(st.integers(1, 5))):
        wire[data.draw(st.integers(2 * SIZE, len(wire) - 1))] = data.draw(st.integers(0, 255))
    server, got = ServerSession(NONCE), 0
    try:
        for piece in pieces(bytes(wire), data.draw(st.integers(50, 5000))):
            for event in server.receive(piece):
                got += len(event.payload) if isinstance(event, Video | Audio) else 0
                if isinstance(event, PublishAsked):
                    server.accept()
    except ProtocolError:
        return
    assert got <= len(wire)
    assert len(server.outgoing()) < 20_000
