import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import barcode
from tests.kit.examples import examples

EVERY = range(1 << barcode.BITS)


def levels(number: int) -> list[float]:
    return [235.0 if white else 16.0 for white in barcode.blocks(number)]


def test_every_number_is_read_as_it_was_written() -> None:
    assert [barcode.number(levels(number)) for number in EVERY] == list(EVERY)


def test_one_block_misread_makes_no_other_number() -> None:
    for number in EVERY:
        for block in range(2, barcode.BLOCKS):
            read = levels(number)
            read[block] = 251 - read[block]
            assert barcode.number(read) is None


@examples(100)
@given(st.sampled_from(EVERY), st.floats(0.5, 1.1), st.floats(-10, 40), st.lists(st.floats(-20, 20), min_size=16))
def test_a_picture_with_other_levels_and_noise_is_read(
    number: int, gain: float, offset: float, noise: list[float]
) -> None:
    read = [level * gain + offset + error for level, error in zip(levels(number), noise, strict=False)]
    assert barcode.number(read) == number


def test_a_picture_without_a_bar_code_has_no_number() -> None:
    assert barcode.number([128.0] * 16) is None
    assert barcode.number([20.0, 230.0] * 8) is None
    assert barcode.number([230.0, 20.0]) is None


def test_a_number_too_big_is_refused() -> None:
    for number in (-1, 1024):
        with pytest.raises(ValueError, match="does not fit"):
            barcode.blocks(number)


def test_a_row_holds_the_blocks_at_any_width() -> None:
    for width in (1920, 1280, 100):
        row = barcode.row(77, width)
        assert len(row) == width
        middles = [row[(2 * block + 1) * width // 32] for block in range(16)]
        assert barcode.number(middles) == 77
