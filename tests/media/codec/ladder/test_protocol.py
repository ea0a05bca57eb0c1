"""The messages between the node and the child that encodes: there and back, in any pieces, and nothing that is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import Kind, Sample
from media.codec.ladder.protocol import (
    MAX_JSON,
    BadMessage,
    Message,
    MessageReader,
    Note,
    Progress,
    SampleMessage,
    SetupMessage,
    TracksMessage,
    write,
)

SAMPLES = st.builds(
    Sample,
    st.sampled_from(Kind),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=300),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
)
RENDITIONS = st.integers(0, 255)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(SampleMessage, RENDITIONS, SAMPLES),
    st.builds(TracksMessage, RENDITIONS, st.binary(max_size=100), st.binary(max_size=20)),
    st.builds(Progress, st.integers(-(1 << 63), (1 << 63) - 1)),
    st.builds(SetupMessage, st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3)),
    st.builds(Note, RENDITIONS, st.text(max_size=9), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3)),
)


@given(st.lists(MESSAGES, max_size=8), st.integers(1, 50))
def test_messages_arrive_as_they_were_sent_in_any_pieces(sent: list[Message], piece: int) -> None:
    data = b"".join(map(write, sent))
    reader = MessageReader()
    came = [each for at in range(0, len(data), piece) for each in reader.receive(data[at : at + piece])]
    assert came == sent


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_bad(data: bytes) -> None:
    try:
        for message in MessageReader(max_body=1000).receive(data):
            assert list(MessageReader().receive(write(message))) == [message]
    except BadMessage:
        pass


@pytest.mark.parametrize(
    "data",
    [
        b"\x63\0\0\0\0",
        b"\x03\xff\xff\xff\xff",
        b"\x03\0\0\0\x02hi",
        b"\x02\0\0\0\x05\0\0\x01\0\0",
        b"\x01\0\0\0\x02[]",
        b"\x01\0\0\0\x02{{",
        b"\x05\0\0\0\x02{}",
        write(Note(1, "x", {})).replace(b'"rendition": 1', b'"rendition": []'),
        b"\x01" + (MAX_JSON + 2).to_bytes(4, "big") + json.dumps(" " * MAX_JSON).encode(),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        list(MessageReader().receive(data))


def test_a_message_before_a_bad_one_still_arrives() -> None:
    came = MessageReader().receive(write(Progress(7)) + b"\x63\0\0\0\0")
    assert next(came) == Progress(7)
    with pytest.raises(BadMessage):
        next(came)
