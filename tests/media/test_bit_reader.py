import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bit_reader import BitReader, EndOfBits
from tests.kit.examples import examples


@examples(200)
@given(st.binary(max_size=12), st.lists(st.integers(1, 32), max_size=12))
def test_numbers_are_the_slices_of_the_binary_text(data: bytes, sizes: list[int]) -> None:
    text, bits, at = "".join(f"{byte:08b}" for byte in data), BitReader(data), 0
    for size in sizes:
        if at + size > len(text):
            with pytest.raises(EndOfBits):
                bits.u(size)
            break
        assert bits.u(size) == int(text[at : at + size], 2)
        at += size
    assert bits.left == len(text) - at


@pytest.mark.parametrize(
    ("code", "unsigned", "signed"),
    # ITU-T H.264, tables 9-2 and 9-3
    [("1", 0, 0), ("010", 1, 1), ("011", 2, -1), ("00100", 3, 2), ("00101", 4, -2), ("0001000", 7, 4)],
)
def test_exp_golomb_codes_are_those_of_the_standard(code: str, unsigned: int, signed: int) -> None:
    data = int(code.ljust(8, "0"), 2).to_bytes(1, "big")
    assert BitReader(data).ue() == unsigned
    assert BitReader(data).se() == signed


def test_the_longest_exp_golomb_code_is_read_and_a_longer_one_is_not() -> None:
    assert BitReader(bytes(4) + b"\x80" + bytes(4)).ue() == (1 << 32) - 1
    with pytest.raises(EndOfBits):
        BitReader(bytes(4) + b"\x40" + bytes(8)).ue()
    with pytest.raises(EndOfBits):
        BitReader(bytes(100)).ue()


def test_a_flag_is_one_bit() -> None:
    bits = BitReader(b"\xa0")
    assert [bits.flag() for _ in range(4)] == [True, False, True, False]
    assert bits.left == 4
