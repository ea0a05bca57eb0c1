import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtmp import amf0
from media.rtmp.amf0 import Date, EcmaArray, Value
from media.rtmp.errors import AmfStringTooLong, AmfTooDeep, AmfTooManyItems, BadAmf, ProtocolError
from media.rtmp.limits import DEFAULT
from tests.kit.examples import examples

END = b"\x00\x00\x09"


def text(value: str) -> bytes:
    return len(value.encode()).to_bytes(2, "big") + value.encode()


def number(value: float) -> bytes:
    return b"\x00" + struct.pack(">d", value)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x00\x3f\xf0" + bytes(6), 1.0),
        (b"\x01\x00", False),
        (b"\x01\x01", True),
        (b"\x01\x02", True),
        (b"\x02" + text("héllo"), "héllo"),
        (b"\x02\x00\x00", ""),
        (b"\x03" + text("a") + b"\x05" + END, {"a": None}),
        (b"\x03" + END, {}),
        (b"\x05", None),
        (b"\x06", None),
        (b"\x08\x00\x00\x00\x01" + text("a") + number(2) + END, {"a": 2.0}),
        (b"\x0a\x00\x00\x00\x02\x05" + number(1), [None, 1.0]),
        (b"\x0a\x00\x00\x00\x00", []),
        (b"\x0b" + struct.pack(">d", 86_400_000) + b"\xff\xc4", Date(86_400_000)),
        (b"\x0c\x00\x00\x00\x03abc", "abc"),
        (b"\x0d", None),
        (b"\x0f\x00\x00\x00\x04<a/>", "<a/>"),
        (b"\x10" + text("Point") + text("x") + number(3) + END, {"x": 3.0}),
    ],
)
def test_each_type_is_read(data: bytes, value: Value) -> None:
    assert amf0.parse(data) == [value]


def test_values_follow_one_another() -> None:
    assert amf0.parse(b"") == []
    assert amf0.parse(b"\x02" + text("connect") + number(1) + b"\x05") == ["connect", 1.0, None]


def test_the_count_of_an_ecma_array_is_only_a_hint() -> None:
    for count in (0, 1, 0xFFFFFFFF):
        data = b"\x08" + count.to_bytes(4, "big") + text("a") + b"\x05" + END
        assert amf0.parse(data) == [{"a": None}]


def test_an_ecma_array_stays_one_when_it_is_written_again() -> None:
    data = amf0.write(EcmaArray({"a": 1.0}))
    assert data[0] == amf0.ECMA_ARRAY
    assert amf0.write(*amf0.parse(data)) == data


def test_properties_may_end_with_the_message_instead_of_the_end_marker() -> None:
    assert amf0.parse(b"\x08\x00\x00\x00\x01" + text("width") + number(640)) == [{"width": 640.0}]
    assert amf0.parse(b"\x03") == [{}]


def test_a_property_may_have_an_empty_name() -> None:
    assert amf0.parse(b"\x03\x00\x00\x02\x00\x01x" + END) == [{"": "x"}]


def test_text_that_is_not_utf_8_is_read_with_replacement_characters() -> None:
    assert amf0.parse(b"\x02\x00\x03K\xf6n") == ["K�n"]
    assert amf0.parse(b"\x03\x00\x01\xff\x05" + END) == [{"�": None}]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x3f",
        b"\x01",
        b"\x02\x00",
        b"\x02\x00\x05abc",
        b"\x0c\x00\x00\x00\x05abc",
        b"\x08\x00\x00",
        b"\x0a\x00\x00\x00\x02\x05",
        b"\x0b" + bytes(9),
        b"\x03\x00\x01a",
        b"\x03\x00\x05a",
        b"\x04",  # movie clip: reserved
        b"\x07\x00\x00",  # reference
        b"\x09",  # the end of an object that did not begin
        b"\x11\x01",  # AMF 3
        b"\xff",
    ],
)
def test_what_is_cut_off_or_unknown_is_refused(data: bytes) -> None:
    with pytest.raises(BadAmf):
        amf0.parse(data)


def test_nesting_is_limited() -> None:
    limits = replace(DEFAULT, amf_depth=3)
    assert amf0.parse(b"\x0a\x00\x00\x00\x01" * 3 + b"\x05", limits) == [[[[None]]]]
    for opening in (
        b"\x0a\x00\x00\x00\x01",
        b"\x03\x00\x01a",
        b"\x08\x00\x00\x00\x00\x00\x01a",
        b"\x10\x00\x00\x00\x01a",
    ):
        with pytest.raises(AmfTooDeep):
            amf0.parse(opening * 4 + b"\x05", limits)
        with pytest.raises(AmfTooDeep):
            amf0.parse(opening * 100_000)


def test_the_number_of_values_is_limited_over_all_of_a_message() -> None:
    limits = replace(DEFAULT, amf_items=4)
    assert len(amf0.parse(b"\x05" * 4, limits)) == 4
    with pytest.raises(AmfTooManyItems):
        amf0.parse(b"\x05" * 5, limits)
    with pytest.raises(AmfTooManyItems):
        amf0.parse(b"\x03" + (text("a") + b"\x05") * 4, limits)


def test_an_array_that_announces_four_billion_values_is_refused_before_it_is_read() -> None:
    with pytest.raises(AmfTooManyItems):
        amf0.parse(b"\x0a\xff\xff\xff\xff\x05")


@pytest.mark.parametrize(
    "data", [b"\x02\x00\x05abcde", b"\x0c\x00\x00\x00\x05abcde", b"\x03\x00\x05abcde\x05", b"\x0f\xff\xff\xff\xff"]
)
def test_the_length_of_strings_is_limited(data: bytes) -> None:
    with pytest.raises(AmfStringTooLong):
        amf0.parse(data, replace(DEFAULT, amf_string=4))


def test_python_values_are_written_by_their_type() -> None:
    assert amf0.write(True, 1, 1.0, None, "x") == b"\x01\x01" + number(1) + number(1) + b"\x05" + b"\x02\x00\x01x"
    assert amf0.write((1.0,), {}) == b"\x0a\x00\x00\x00\x01" + number(1) + b"\x03" + END


def test_a_string_of_64_kib_is_written_in_the_long_form() -> None:
    assert amf0.write("x" * 65_535)[0] == amf0.STRING
    assert amf0.write("x" * 65_536)[0] == amf0.LONG_STRING
    assert amf0.parse(amf0.write("x" * 65_536)) == ["x" * 65_536]


def test_a_property_name_that_amf_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="65536"):
        amf0.write({"x" * 65_536: None})


def test_half_a_surrogate_is_written_as_a_question_mark() -> None:
    assert amf0.parse(amf0.write("a\ud800b", {"\ud800": 1.0})) == ["a?b", {"?": 1.0}]


words = st.text(max_size=8).filter(lambda word: word.isprintable())
plain = st.none() | st.booleans() | st.floats(allow_nan=False) | words | st.builds(Date, st.floats(allow_nan=False))
values: st.SearchStrategy[Value] = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(words, inner, max_size=4)
        | st.builds(EcmaArray, st.dictionaries(words, inner, max_size=4))
    ),
    max_leaves=12,
)


@examples(120)
@given(st.lists(values, max_size=4))
def test_what_is_written_is_read_again(written: list[Value]) -> None:
    data = amf0.write(*written)
    assert amf0.parse(data) == written
    assert amf0.write(*amf0.parse(data)) == data


@examples(300)
@given(st.binary(max_size=200) | st.lists(values, max_size=3).map(lambda some: amf0.write(*some)[:-1]))
def test_noise_gives_values_or_a_protocol_error(noise: bytes) -> None:
    try:
        found = amf0.parse(noise)
    except ProtocolError:
        return
    assert len(found) <= len(noise)
