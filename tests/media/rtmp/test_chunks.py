import tracemalloc
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtmp.chunks import ChunkReader, ChunkWriter, Message
from media.rtmp.errors import BadChunk, MessageTooBig, ProtocolError, TooManyChunkStreams
from tests.kit.examples import examples
from tests.kit.rtmp import Head, chunk, pieces

MIB = 1 << 20
PAYLOAD = bytes(range(256)) * 3


def reader(max_message: int = 16 * MIB, max_streams: int = 64) -> ChunkReader:
    return ChunkReader(max_message=max_message, max_streams=max_streams)


def read(wire: bytes, size: int = 0) -> list[Message]:
    into = reader()
    return [message for piece in pieces(wire, size or len(wire)) for message in into.receive(piece)]


def timestamps(wire: bytes) -> list[int]:
    return [message.timestamp for message in read(wire)]


def set_chunk_size(size: int) -> bytes:
    return chunk(Head(0, 2, length=4, kind=1, stream=0), size.to_bytes(4, "big"))


def cut(head: Head, payload: bytes, size: int = 128, again: int | None = None) -> bytes:
    """A message by hand: `head`, then fmt 3 chunks; `again` is the extended timestamp written on those."""
    out = chunk(head, payload[:size])
    for piece in pieces(payload[size:], size):
        out += chunk(Head(3, head.csid, extended=again), piece)
    return out


def test_a_message_in_one_chunk() -> None:
    wire = chunk(Head(0, 6, stamp=40, length=5, kind=9, stream=1), b"hello")
    assert read(wire) == [Message(9, 40, 1, b"hello")]


def test_a_message_cut_into_chunks_is_joined() -> None:
    assert read(cut(Head(0, 6, length=len(PAYLOAD)), PAYLOAD)) == [Message(9, 0, 1, PAYLOAD)]


def test_every_split_of_a_conversation_gives_the_same_messages() -> None:
    far = 0x01020304
    wire = (
        cut(Head(0, 4, stamp=7, length=300, kind=8), PAYLOAD[:300])
        + set_chunk_size(50)
        + cut(Head(1, 4, stamp=23, length=120, kind=8), PAYLOAD[:120], 50)
        + cut(Head(0, 6, stamp=0xFFFFFF, extended=far, length=180), PAYLOAD[:180], 50, again=far)
        + chunk(Head(2, 4, stamp=23), PAYLOAD[:50])
        + cut(Head(0, 400, length=20, kind=18), PAYLOAD[:20])
        + chunk(Head(3, 4), PAYLOAD[50:100])
        + chunk(Head(3, 4), PAYLOAD[100:120])
    )
    whole = read(wire)
    assert [(m.kind, m.timestamp, len(m.body)) for m in whole] == [
        (8, 7, 300),
        (8, 30, 120),
        (9, far, 180),
        (18, 0, 20),
        (8, 53, 120),
    ]
    for size in range(1, len(wire)):
        assert read(wire, size) == whole
    for at in range(len(wire)):
        into = reader()
        assert into.receive(wire[:at]) + into.receive(wire[at:]) == whole


@pytest.mark.parametrize("csid", [2, 63, 64, 319, 320, 65599])
def test_chunk_stream_ids_of_one_two_and_three_bytes(csid: int) -> None:
    wire = chunk(Head(0, csid, length=200), PAYLOAD[:128]) + chunk(Head(3, csid), PAYLOAD[128:200])
    assert read(wire, 1) == read(wire) == [Message(9, 0, 1, PAYLOAD[:200])]


def test_the_long_form_may_name_a_small_chunk_stream() -> None:
    # 64 + 0 in two bytes and in three is the same stream: the order of the three-byte form's bytes is little-endian
    two, three = bytes([0x00, 0]), bytes([0x01, 0, 0])
    body = (0).to_bytes(3, "big") + (200).to_bytes(3, "big") + b"\x09" + bytes(4)
    wire = two + body + PAYLOAD[:128] + bytes([0xC0 | three[0]]) + three[1:] + PAYLOAD[128:200]
    assert [message.body for message in read(wire)] == [PAYLOAD[:200]]


@pytest.mark.parametrize("csid", [64, 65, 319])
def test_the_two_forms_of_two_and_three_bytes_name_the_same_chunk_streams(csid: int) -> None:
    three = bytes([0xC1]) + (csid - 64).to_bytes(2, "little")
    wire = chunk(Head(0, csid, length=200), PAYLOAD[:128]) + three + PAYLOAD[128:200]
    assert [message.body for message in read(wire)] == [PAYLOAD[:200]]


@pytest.mark.parametrize("csid", [3, 63, 64, 65, 319, 320, 576, 65599])
def test_an_abort_names_a_chunk_stream_by_its_number(csid: int) -> None:
    # the fifth byte is none of it
    abort = chunk(Head(0, 2, length=5, kind=2, stream=0), csid.to_bytes(4, "big") + b"x")
    wire = chunk(Head(0, 7, length=700), PAYLOAD[:128]) + abort
    wire += chunk(Head(0, csid, stamp=5, length=700), PAYLOAD[:128]) + abort + chunk(Head(0, csid, length=3), b"new")
    assert [message.body for message in read(wire)] == [b"new"]


def test_messages_of_other_kinds_are_handed_on() -> None:
    acknowledgement = chunk(Head(0, 2, length=4, kind=3, stream=0), (6).to_bytes(4, "big"))
    assert read(acknowledgement) == [Message(3, 0, 0, b"\0\0\0\x06")]


def test_messages_of_several_chunk_streams_are_interleaved() -> None:
    wire = (
        chunk(Head(0, 6, length=200, kind=9), PAYLOAD[:128])
        + chunk(Head(0, 4, length=4, kind=8), b"beep")
        + chunk(Head(3, 6), PAYLOAD[128:200])
    )
    assert [(message.kind, len(message.body)) for message in read(wire)] == [(8, 4), (9, 200)]


def test_an_empty_message_is_complete_with_its_header() -> None:
    assert read(chunk(Head(0, 4, stamp=9, length=0, kind=8)), 1) == [Message(8, 9, 1, b"")]


def test_deltas_add_up_and_fmt_3_repeats_the_last_one() -> None:
    wire = chunk(Head(0, stamp=1000, length=1), b"a")
    wire += chunk(Head(1, stamp=40, length=1), b"b") + chunk(Head(2, stamp=33), b"c") + chunk(Head(3), b"d") * 2
    assert timestamps(wire) == [1000, 1040, 1073, 1106, 1139]


def test_fmt_3_behind_a_small_fmt_0_adds_its_timestamp_as_the_specification_and_ffmpeg_say() -> None:
    assert timestamps(chunk(Head(0, stamp=23, length=1), b"a") + chunk(Head(3), b"b") * 2) == [23, 46, 69]


def test_fmt_3_behind_a_fmt_0_of_a_second_is_a_step_and_behind_more_it_is_none() -> None:
    for stamp, then in ((1000, 2000), (1001, 1001)):
        assert timestamps(chunk(Head(0, stamp=stamp, length=1), b"a") + chunk(Head(3), b"b")) == [stamp, then]


def test_fmt_3_behind_a_large_fmt_0_means_the_same_time_as_with_librtmp() -> None:
    assert timestamps(chunk(Head(0, stamp=90_000, length=1), b"a") + chunk(Head(3), b"b")) == [90_000, 90_000]


def test_timestamps_wrap_at_32_bits() -> None:
    wire = chunk(Head(0, stamp=0xFFFFFF, extended=0xFFFFFFF0, length=1), b"a") + chunk(Head(2, stamp=32), b"b")
    assert timestamps(wire) == [0xFFFFFFF0, 16]


@pytest.mark.parametrize("again", [None, 0x02000000])
def test_an_extended_timestamp_may_be_repeated_on_fmt_3_or_not(again: int | None) -> None:
    wire = cut(Head(0, stamp=0xFFFFFF, extended=0x02000000, length=len(PAYLOAD)), PAYLOAD, again=again)
    for size in (1, 2, 3, 131, len(wire)):
        assert read(wire, size) == [Message(9, 0x02000000, 1, PAYLOAD)]


@pytest.mark.parametrize("again", [None, 0x01000000, 0x03000000], ids=["absent", "the delta", "the time"])
def test_an_extended_delta_is_repeated_as_it_was_written_or_as_the_time_or_not_at_all(again: int | None) -> None:
    wire = chunk(Head(0, stamp=0xFFFFFF, extended=0x02000000, length=1), b"a")
    wire += cut(Head(1, stamp=0xFFFFFF, extended=0x01000000, length=len(PAYLOAD)), PAYLOAD, again=again)
    for size in (1, 130, len(wire)):
        assert read(wire, size)[1] == Message(9, 0x03000000, 1, PAYLOAD)


def test_an_absent_extended_timestamp_is_recognised_by_its_first_wrong_byte() -> None:
    """The last three bytes of a message must not wait for a fourth that never comes."""
    wire = cut(Head(0, stamp=0xFFFFFF, extended=0x02000000, length=131), PAYLOAD[128:][:131])
    assert read(wire)[0].body == PAYLOAD[128:][:131]


def test_a_header_without_extended_timestamp_ends_the_repeating() -> None:
    wire = chunk(Head(0, stamp=0xFFFFFF, extended=0x02000000, length=1), b"a")
    wire += cut(Head(1, stamp=20, length=200), b"\x02" + bytes(199))
    assert read(wire)[1] == Message(9, 0x02000014, 1, b"\x02" + bytes(199))


@pytest.mark.parametrize("size", [1, 2, 127, 4096, 65_536, 0x7FFFFFFF])
def test_chunk_sizes_from_one_byte_to_the_largest(size: int) -> None:
    payload = PAYLOAD * 100 if size > 128 else PAYLOAD
    wire = set_chunk_size(size) + cut(Head(0, 6, length=len(payload)), payload, size)
    assert read(wire) == [Message(9, 0, 1, payload)]


def test_the_top_bit_of_a_chunk_size_is_no_part_of_it() -> None:
    assert read(set_chunk_size(0x80000000 | 4096) + chunk(Head(0, 6, length=768), PAYLOAD))[0].body == PAYLOAD


def test_a_chunk_size_changes_in_the_middle_of_a_message() -> None:
    wire = chunk(Head(0, 6, length=700), PAYLOAD[:128]) + set_chunk_size(1000) + chunk(Head(3, 6), PAYLOAD[128:700])
    assert [message.body for message in read(wire)] == [PAYLOAD[:700]]


def test_an_abort_forgets_half_a_message() -> None:
    abort = chunk(Head(0, 2, length=4, kind=2, stream=0), (6).to_bytes(4, "big"))
    wire = chunk(Head(0, 6, stamp=5, length=700), PAYLOAD[:128]) + abort + chunk(Head(0, 6, length=3), b"new")
    assert [message.body for message in read(wire)] == [b"new"]


@pytest.mark.parametrize("csid", [6, 9])
def test_an_abort_of_nothing_is_no_harm(csid: int) -> None:
    abort = chunk(Head(0, 2, length=4, kind=2, stream=0), csid.to_bytes(4, "big"))
    wire = chunk(Head(0, 6, length=3), b"one") + abort + chunk(Head(0, 6, length=3), b"two")
    assert [message.body for message in read(wire)] == [b"one", b"two"]


def test_a_chunk_stream_may_begin_with_fmt_1_as_the_pings_of_librtmp_do() -> None:
    ping = (6).to_bytes(2, "big") + bytes(4)
    assert read(chunk(Head(1, 2, length=6, kind=4), ping)) == [Message(4, 0, 0, ping)]


def test_a_message_of_kind_0_is_passed_over() -> None:
    assert read(chunk(Head(0, 2, length=1, kind=0), b"x")) == []


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        (chunk(Head(2, 5)), BadChunk),
        (chunk(Head(3, 5)), BadChunk),
        (chunk(Head(0, 5, length=200), bytes(128)) + chunk(Head(0, 5, length=9)), BadChunk),
        (chunk(Head(0, 5, length=200), bytes(128)) + chunk(Head(2, 5)), BadChunk),
        (set_chunk_size(0), BadChunk),
        (set_chunk_size(0x80000000), BadChunk),
        (chunk(Head(0, 2, length=3, kind=1), bytes(3)), BadChunk),
        (chunk(Head(0, 2, length=0, kind=2)), BadChunk),
    ],
)
def test_chunks_that_cannot_be_are_refused(wire: bytes, error: type[ProtocolError]) -> None:
    for size in (1, len(wire)):
        with pytest.raises(error):
            read(wire, size)


def test_after_an_error_nothing_more_is_read() -> None:
    into = reader()
    with pytest.raises(BadChunk):
        into.receive(chunk(Head(3, 5)))
    assert into.receive(chunk(Head(0, 5, length=1), b"x")) == []


def test_a_message_above_the_limit_is_refused_by_its_header() -> None:
    assert reader(max_message=1000).receive(chunk(Head(0, length=1000), bytes(128))) == []
    with pytest.raises(MessageTooBig):
        reader(max_message=1000).receive(chunk(Head(0, length=1001)))


def test_unfinished_messages_are_limited_together() -> None:
    into = reader(max_message=1000)
    into.receive(b"".join(chunk(Head(0, csid, length=1000), bytes(128)) for csid in (4, 5)))
    with pytest.raises(MessageTooBig):
        into.receive(chunk(Head(0, 6, length=1)))


def test_finished_and_aborted_messages_count_no_longer() -> None:
    into = reader(max_message=1000)
    abort = chunk(Head(0, 2, length=4, kind=2, stream=0), (4).to_bytes(4, "big"))
    for _ in range(5):
        assert len(into.receive(cut(Head(0, 3, length=1000), bytes(1000)))) == 1
        assert into.receive(chunk(Head(0, 4, length=1000), bytes(128)) + abort) == []


def test_more_chunk_streams_than_allowed_are_refused() -> None:
    into = reader(max_streams=3)
    for csid in (3, 4, 5, 3):
        into.receive(chunk(Head(0, csid, length=1), b"x"))
    with pytest.raises(TooManyChunkStreams):
        into.receive(chunk(Head(0, 6, length=1), b"x"))


def test_the_limit_can_be_raised_between_two_messages_of_one_read() -> None:
    into = reader(max_message=10)
    into.put(chunk(Head(0, 3, length=2), b"go") + chunk(Head(0, 4, length=100), bytes(100)))
    taken = into.messages()
    assert next(taken).body == b"go"
    into.max_message = 100
    assert len(next(taken).body) == 100


def test_messages_left_alone_wait_for_the_next_call() -> None:
    into = reader()
    one, two = (chunk(Head(0, 3, length=1, stamp=n), b"x") for n in (1, 2))
    into.put(one + two)
    assert next(into.messages()).timestamp == 1
    assert into.buffered == len(two)
    assert [message.timestamp for message in into.receive(two)] == [2, 2]
    assert into.buffered == 0


def test_a_waiting_reader_holds_what_arrived_and_not_what_was_announced() -> None:
    into = reader()
    wire = chunk(Head(0, 3, length=0xFFFFFF), bytes(128)) + chunk(Head(3, 3), bytes(60))
    for piece in pieces(wire, 7):
        into.receive(piece)
    assert into.buffered == 0  # the start of a chunk is taken over at once, not scanned again with each read


def peak_while(work: Callable[[], object]) -> int:
    """Most bytes allocated at a time, by this process's own count."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_announced_message_costs_nothing_before_it_comes() -> None:
    wire = b"".join(chunk(Head(0, csid, length=0xFFFFFF), bytes(128)) for csid in (4, 5))
    assert peak_while(lambda: reader().receive(wire)) < 100_000


def test_a_message_in_slivers_costs_little_more_than_itself() -> None:
    """A byte of it in each large read: no read may be kept for the sake of its sliver."""
    into = reader()
    grown = cut(Head(0, 2, length=4, kind=1, stream=0), (50_000).to_bytes(4, "big"), 1)
    large = chunk(Head(0, 6, length=50_000), bytes(50_000))
    sliver = set_chunk_size(1) + chunk(Head(3, 4), b"x")
    into.receive(set_chunk_size(1) + chunk(Head(0, 4, length=200), b"x") + grown)

    def feed() -> None:
        for _ in range(150):
            into.receive(sliver + grown + large)

    assert peak_while(feed) < 1_000_000


messages = st.builds(
    Message,
    st.sampled_from((8, 9, 18, 20, 4)),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 3),
    st.binary(max_size=300),
)


@examples(60)
@given(
    st.lists(st.tuples(st.integers(2, 63), messages), max_size=12),
    st.integers(1, 400),
    st.integers(1, 97),
)
def test_what_is_written_is_read_again(sent: Sequence[tuple[int, Message]], chunk_size: int, size: int) -> None:
    writer = ChunkWriter()
    wire = writer.send(Message(1, 0, 0, chunk_size.to_bytes(4, "big")), 2)
    assert writer.chunk_size == chunk_size
    wire += b"".join(writer.send(message, csid) for csid, message in sent)
    assert read(wire, size) == [message for _, message in sent]


def test_the_writer_leaves_out_what_the_far_end_knows() -> None:
    writer = ChunkWriter()
    sizes = [
        len(writer.send(Message(8, timestamp, 1, bytes(length)), 4)) - length
        for timestamp, length in ((0, 10), (23, 20), (46, 20), (46, 20), (40, 20))
    ]
    assert sizes == [12, 8, 4, 4, 12]  # going back in time needs the full header


@examples(150)
@given(st.lists(st.binary(max_size=200), max_size=8))
def test_noise_gives_messages_or_a_protocol_error_and_no_growth(noise: Sequence[bytes]) -> None:
    into = reader(max_message=4096, max_streams=8)
    try:
        for data in noise:
            into.receive(data)
    except ProtocolError:
        return
    assert into.buffered < 18  # at most a header is kept unread


@examples(150)
@given(st.data())
def test_a_conversation_with_flipped_bytes_gives_messages_or_a_protocol_error(data: st.DataObject) -> None:
    wire = bytearray(set_chunk_size(64) + cut(Head(0, 6, length=300), PAYLOAD[:300], 64) * 2)
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    into = reader(max_message=4096)
    try:
        got = [message for piece in pieces(bytes(wire), 100) for message in into.receive(piece)]
    except ProtocolError:
        return
    assert sum(len(message.body) for message in got) <= len(wire)
