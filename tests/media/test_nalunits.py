import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import nalunits
from tests.kit.examples import examples

UNIT = st.binary(min_size=1, max_size=40).map(lambda raw: bytes((raw[0] | 1, *(byte or 1 for byte in raw[1:]))))


@examples(100)
@given(st.lists(UNIT, min_size=1, max_size=8), st.sampled_from([b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\0\1"]))
def test_units_come_through_both_framings(units: list[bytes], code: bytes) -> None:
    sample = nalunits.join(units)
    assert nalunits.units(sample, 4) == units
    assert nalunits.walk(sample, 4) == [unit[0] & 0x1F for unit in units]
    framed = code + code.join(units)
    assert nalunits.starts_with_code(framed)
    assert nalunits.split(framed) == units


@pytest.mark.parametrize("sample", [b"", b"\0\0\0\0", b"\0\0\0\2\x65", b"\0\0\0\1\x65\0", b"\0\0"])
def test_a_sample_whose_lengths_do_not_add_up_is_none(sample: bytes) -> None:
    assert nalunits.walk(sample, 4) is None


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0", b"\0\0\2\1", b"\1\0\0\1", bytes(200)])
def test_what_is_no_start_code_is_none(data: bytes) -> None:
    assert not nalunits.starts_with_code(data)


@pytest.mark.parametrize(
    ("unit", "intra"),
    [(b"\x65\x88\x84", True), (b"\x41\x9a\x00", False), (b"\x61\xe0", False), (b"\x41", False), (b"", False)],
)
def test_the_kind_of_a_slice_is_read(unit: bytes, intra: bool) -> None:
    assert nalunits.is_intra(unit) is intra
