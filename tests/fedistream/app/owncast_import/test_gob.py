"""The decoder of Go's gob format, held to what encoding/gob wrote, and to bad bytes."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.app.owncast_import import gob
from fedistream.app.owncast_import.gob import BadGob, decode
from fedistream.app.owncast_import.settings import go_time
from tests.house.tree import ROOT
from tests.kit.examples import examples
from tests.kit.owncast_folder import BORN, Dictionary, Moment, signed, unsigned
from tests.kit.owncast_folder import gob as encode

VALUES = [json.loads(line) for line in (ROOT / "tests/vectors/gob/values.jsonl").read_text("utf-8").splitlines()]
BY_NAME = {each["name"]: bytes.fromhex(each["gob"]) for each in VALUES}


def plain(value: gob.Value) -> Any:
    """The value with bytes as the vectors write them."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return {name: plain(each) for name, each in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("vector", VALUES, ids=[each["name"] for each in VALUES])
def test_what_go_has_encoded_is_read(vector: dict[str, Any]) -> None:
    found = plain(decode(bytes.fromhex(vector["gob"])))
    assert found == vector["value"]
    assert isinstance(found, bool) is isinstance(vector["value"], bool)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_value_that_is_cut_off_anywhere_is_refused(name: str) -> None:
    raw = BY_NAME[name]
    for end in range(0, len(raw), max(1, len(raw) // 200)):
        with pytest.raises(BadGob):
            decode(raw[:end])


@pytest.mark.parametrize("name", BY_NAME)
def test_bytes_after_a_value_are_refused(name: str) -> None:
    for more in (b"\0", b"\1", BY_NAME["true"]):
        with pytest.raises(BadGob):
            decode(BY_NAME[name] + more)


@examples(100)
@given(st.sampled_from(sorted(BY_NAME)), st.data())
def test_flipped_bits_give_a_value_or_a_clear_error(name: str, data: st.DataObject) -> None:
    raw = bytearray(BY_NAME[name])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(BadGob):
        decode(bytes(raw))


@examples(100)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_clear_error(raw: bytes) -> None:
    with contextlib.suppress(BadGob):
        decode(raw)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
SCALARS = st.one_of(TEXTS, st.booleans(), st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1))


@examples(100)
@given(SCALARS | st.lists(TEXTS, max_size=5) | st.dictionaries(TEXTS, TEXTS, max_size=5).map(Dictionary))
def test_what_the_kit_encodes_comes_back(value: Any) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize("name", ["text", "true", "port", "texts", "map", "social handles", "s3", "null time"])
def test_the_kit_encodes_as_go_does(name: str) -> None:
    """Not byte for byte, as names and numbers of types differ, but to what Go's own bytes mean."""
    found = decode(BY_NAME[name])
    assert decode(encode(Dictionary(found) if name == "map" else found)) == found  # type: ignore[arg-type]


def test_a_time_is_its_bytes() -> None:
    from_go = decode(BY_NAME["null time"])
    assert isinstance(from_go, dict)
    assert isinstance(from_go["Time"], bytes)
    assert len(from_go["Time"]) == 15


def message(number: int, *body: bytes) -> bytes:
    raw = signed(number) + b"".join(body)
    return unsigned(len(raw)) + raw


def slice_of(item: int, number: int) -> bytes:
    """The definition of a slice."""
    return message(-number, b"\2\1\2", signed(number), b"\0\1", signed(item), b"\0\0")


ODD = {
    "nothing": b"",
    "a length beyond the end": b"\x7f\x0c\x00\x00",
    "a number of more than 64 bits": b"\xf6" + b"\xff" * 10,
    "a value of an interface": message(8, b"\0\0"),
    "a complex number": message(7, b"\0\1\1"),
    "a type that is not defined": message(70, b"\0\0"),
    "a basic type that is defined again": slice_of(6, 6) + message(6, b"\0\0"),
    "a type that is defined twice": slice_of(6, 65) + slice_of(6, 65) + message(65, b"\0\0"),
    "a slice of itself": slice_of(65, 65) + message(65, b"\0" + b"\1" * 100 + b"\0"),
    "a count that is larger than what follows": slice_of(6, 65) + message(65, b"\0\xfc\xff\xff\xff\xff"),
    "a text without the zero before it": message(6, b"\3abc"),
    "two values": BY_NAME["true"] * 2,
    "types without end": b"".join(slice_of(6, 65 + n) for n in range(100)) + message(65, b"\0\0"),
    "a map of numbers": message(-65, b"\4\1\2", signed(65), b"\0\1", signed(2), b"\1", signed(2), b"\0\0")
    + message(65, b"\0\0"),
    "an array of a negative length": message(
        -65, b"\1\1\2", signed(65), b"\0\1", signed(6), b"\1", signed(-1), b"\0\0"
    ),
    "a type of an unknown kind": message(-65, b"\x09\0\0"),
    "a member that the struct does not have": BY_NAME["discord"][:-1] + b"\x09\1\0",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_bytes_are_refused_with_a_reason(name: str) -> None:
    with pytest.raises(BadGob, match=r"\w"):
        decode(ODD[name])


def test_a_value_may_not_be_longer_than_the_limit() -> None:
    assert len(decode(encode("x" * (gob.MAX_BYTES - 10)))) == gob.MAX_BYTES - 10  # type: ignore[arg-type]
    with pytest.raises(BadGob, match="longer than"):
        decode(encode("x" * gob.MAX_BYTES))


def test_the_time_to_decode_grows_with_the_length_alone() -> None:
    def seconds(count: int) -> float:
        raw = encode(["ab"] * count)
        began = time.process_time()
        decode(raw)
        return time.process_time() - began

    seconds(1000)
    small, large = min(seconds(20_000) for _ in range(3)), min(seconds(200_000) for _ in range(3))
    assert large < 30 * small


def test_the_kits_times_are_those_of_go() -> None:
    found = decode(encode(Moment(BORN)))
    assert isinstance(found, dict)
    assert isinstance(found["Time"], bytes)
    assert go_time(found["Time"]) == BORN
