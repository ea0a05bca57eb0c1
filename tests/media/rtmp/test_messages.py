from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtmp import amf0, messages
from media.rtmp.amf0 import EcmaArray, Value
from media.rtmp.chunks import Message
from media.rtmp.errors import AmfTooManyItems, BadAmf, BadCommand, BadMessage, ProtocolError
from media.rtmp.limits import DEFAULT
from media.rtmp.messages import AUDIO, COMMAND, COMMAND_AMF3, DATA, DATA_AMF3, VIDEO, Command
from tests.kit.examples import examples


def body(*values: Value, kind: int = COMMAND, before: bytes = b"") -> Message:
    return Message(kind, 0, 1, before + amf0.write(*values))


def tag(kind: int, time: int, data: bytes) -> bytes:
    """One part of an aggregate, back pointer included."""
    head = bytes([kind]) + len(data).to_bytes(3, "big") + (time & 0xFFFFFF).to_bytes(3, "big") + bytes([time >> 24])
    return head + bytes(3) + data + (11 + len(data)).to_bytes(4, "big")


def parts(data: bytes, timestamp: int = 0) -> list[Message]:
    return list(messages.aggregate(Message(messages.AGGREGATE, timestamp, 1, data)))


def test_a_command_is_taken_apart() -> None:
    command = messages.command(body("publish", 5.0, None, "KEY", "live"))
    assert command == Command("publish", 5.0, None, ("KEY", "live"))
    assert (command.argument(1), command.argument(2)) == ("live", None)
    assert (command.text(0), command.text(2)) == ("KEY", "")
    assert messages.command(body("createStream", 4.0, 1.0, 2.0)).text(0) == ""


@pytest.mark.parametrize("before", [b"\0", b""])
def test_a_command_in_an_amf_3_message_is_amf_0_behind_a_zero(before: bytes) -> None:
    message = body("connect", 1.0, {"app": "live"}, kind=COMMAND_AMF3, before=before)
    assert messages.command(message) == Command("connect", 1.0, {"app": "live"})


def test_a_command_may_be_short() -> None:
    assert messages.command(body("_checkbw")) == Command("_checkbw", 0.0, None)
    assert messages.command(body("_checkbw", 3.0)) == Command("_checkbw", 3.0, None)


@pytest.mark.parametrize("values", [(), (1.0, 1.0), (None,), ("connect", "1"), ("connect", None, {})])
def test_a_command_without_name_or_number_is_refused(values: tuple[Value, ...]) -> None:
    with pytest.raises(BadCommand):
        messages.command(body(*values))


def test_a_command_that_is_not_amf_or_too_much_of_it_is_refused() -> None:
    with pytest.raises(BadAmf):
        messages.command(Message(COMMAND, 0, 0, b"\x02\x00\x09conn"))
    with pytest.raises(AmfTooManyItems):
        messages.command(body("connect", 1.0, None), replace(DEFAULT, amf_items=2))


VALUES: dict[str, Value] = {"width": 1280.0, "encoder": "obs"}


@pytest.mark.parametrize(
    "values",
    [
        ("@setDataFrame", "onMetaData", EcmaArray(VALUES)),
        ("@setDataFrame", "onMetaData", VALUES),
        ("onMetaData", VALUES),
        ("onMetaData", EcmaArray(VALUES)),
        ("onMetaData", {"width": 1280.0}, {"encoder": "obs"}),
        ("onMetaData", [{"width": 1280.0}, {"encoder": "obs"}]),
        ("onMetaData", "noise", VALUES),
    ],
)
@pytest.mark.parametrize(("kind", "before"), [(DATA, b""), (DATA_AMF3, b"\0"), (DATA_AMF3, b"")])
def test_metadata_is_found_in_each_form(values: tuple[Value, ...], kind: int, before: bytes) -> None:
    assert messages.metadata(body(*values, kind=kind, before=before)) == VALUES


def test_metadata_as_a_bare_array_is_read_by_index() -> None:
    assert messages.metadata(body("onMetaData", [640.0, "x"], kind=DATA)) == {"0": 640.0, "1": "x"}


def test_metadata_without_content_is_empty() -> None:
    assert messages.metadata(body("@setDataFrame", "onMetaData", kind=DATA)) == {}
    assert messages.metadata(body("onMetaData", None, kind=DATA)) == {}


@pytest.mark.parametrize(
    "values", [(), ("@setDataFrame",), ("onTextData", {"text": "hi"}), ("@clearDataFrame", "onMetaData"), (1.0, VALUES)]
)
def test_other_data_is_no_metadata(values: tuple[Value, ...]) -> None:
    assert messages.metadata(body(*values, kind=DATA)) is None


def test_an_aggregate_is_split_and_its_times_counted_from_its_own() -> None:
    data = tag(VIDEO, 5000, b"v1") + tag(AUDIO, 5010, b"a1") + tag(DATA, 5020, b"d") + tag(VIDEO, 5040, b"v2")
    assert [(m.kind, m.timestamp, m.body) for m in parts(data, 70)] == [
        (VIDEO, 70, b"v1"),
        (AUDIO, 80, b"a1"),
        (DATA, 90, b"d"),
        (VIDEO, 110, b"v2"),
    ]


def test_the_times_of_an_aggregate_use_32_bits_and_wrap() -> None:
    data = tag(VIDEO, 0x01000000, b"x") + tag(VIDEO, 0x01000020, b"y")
    assert [m.timestamp for m in parts(data, 0xFFFFFFF0)] == [0xFFFFFFF0, 0x10]
    assert [m.timestamp for m in parts(tag(AUDIO, 90, b"x") + tag(VIDEO, 80, b"y"), 5)] == [5, 0xFFFFFFFB]


def test_the_last_back_pointer_of_an_aggregate_may_be_missing() -> None:
    assert [m.body for m in parts(tag(VIDEO, 0, b"one") + tag(VIDEO, 9, b"two")[:-4])] == [b"one", b"two"]


def test_aggregates_in_aggregates_and_commands_in_them_are_passed_over() -> None:
    assert [m.body for m in parts(tag(22, 0, tag(VIDEO, 0, b"x")) + tag(20, 0, b"c") + tag(AUDIO, 0, b"a"))] == [b"a"]


def test_an_empty_aggregate_is_empty() -> None:
    assert parts(b"") == []


@pytest.mark.parametrize("data", [b"\x09", tag(VIDEO, 0, b"x")[:10], tag(VIDEO, 0, b"abc")[:12]])
def test_an_aggregate_that_is_cut_off_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        parts(tag(VIDEO, 0, b"whole") + data)


def test_control_messages_are_read_as_they_are_written() -> None:
    assert messages.number(messages.write_acknowledgement((1 << 32) + 7)) == 7
    assert messages.number(messages.write_window_size(2_500_000)) == 2_500_000
    assert messages.number(messages.write_peer_bandwidth(9)) == 9
    assert messages.write_peer_bandwidth(9).body[4:] == b"\x02"
    assert messages.user_control(messages.write_user_control(6, b"abcd")) == (6, b"abcd")
    assert messages.write_abort(6).body == messages.write_chunk_size(6).body == b"\x00\x00\x00\x06"


def test_control_messages_that_are_too_short_are_refused() -> None:
    with pytest.raises(BadMessage):
        messages.number(Message(messages.WINDOW_SIZE, 0, 0, b"\x00\x00\x01"))
    with pytest.raises(BadMessage):
        messages.user_control(Message(messages.USER_CONTROL, 0, 0, b"\x00"))


def test_commands_and_metadata_are_read_as_they_are_written() -> None:
    command = Command("onStatus", 0.0, None, ({"level": "status"},))
    assert messages.command(messages.write_command(command, 1)) == command
    assert messages.metadata(messages.write_metadata(VALUES, 1)) == VALUES


def test_audio_video_and_commands_travel_on_chunk_streams_of_their_own() -> None:
    kinds = (AUDIO, VIDEO, DATA, COMMAND, messages.WINDOW_SIZE)
    csids = [messages.csid(Message(kind, 0, 0, b"")) for kind in kinds]
    assert len(set(csids)) == len(kinds)
    assert csids[-1] == 2  # spec 5.4: protocol control messages must


@examples(200)
@given(st.binary(max_size=120), st.integers(0, 0xFFFFFFFF))
def test_noise_gives_values_or_a_protocol_error(noise: bytes, timestamp: int) -> None:
    for read in (messages.command, messages.metadata, messages.number, messages.user_control):
        try:
            read(Message(COMMAND_AMF3, timestamp, 0, noise))
        except ProtocolError:
            continue
    try:
        assert sum(len(part.body) for part in parts(noise, timestamp)) <= len(noise)
    except BadMessage:
        return
