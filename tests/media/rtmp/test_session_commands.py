"""The commands of a session: connect, calls, and what encoders send around a publish."""

import pytest

from media.rtmp import messages
from media.rtmp.amf0 import EcmaArray, Value
from media.rtmp.chunks import ChunkReader, ChunkWriter, Message
from media.rtmp.messages import COMMAND, COMMAND_AMF3, Command
from media.rtmp.session import (
    BAD_NAME,
    PublishAsked,
    PublishEnded,
    State,
    Video,
)
from tests.kit.rtmp import KEY
from tests.kit.rtmp_encoder import CONNECT, Encoder, code, codes

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
