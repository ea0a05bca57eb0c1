"""A session of the server: states, limits, media and noise. Its commands are in test_session_commands.py."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtmp import messages, publisher, url
from media.rtmp.amf0 import Value
from media.rtmp.chunks import ChunkWriter, Message
from media.rtmp.errors import BadAmf, BadCommand, BadMessage, HeldTooMuch, MessageTooBig, ProtocolError, TooMuchEarly
from media.rtmp.handshake import SIZE
from media.rtmp.limits import DEFAULT
from media.rtmp.messages import Command
from media.rtmp.publisher import Published, Rejected
from media.rtmp.session import (
    BAD_NAME,
    REJECTED,
    TRANSITIONS,
    Audio,
    Ignored,
    Metadata,
    PublishAsked,
    PublishEnded,
    ServerSession,
    State,
    Video,
)
from tests.kit.examples import examples
from tests.kit.rtmp import KEY, NONCE, Pair, pieces
from tests.kit.rtmp_encoder import CONNECT, Encoder

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


@examples(150)
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


@examples(100)
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
