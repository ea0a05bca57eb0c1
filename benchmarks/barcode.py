"""A number in the picture: sixteen black and white blocks along the top, which survive compression and scaling.

One white and one black block to tell the levels by, ten of the number, four of a check sum. Pure.
"""

from collections.abc import Sequence
from typing import Final

BLOCKS: Final = 16
BITS: Final = 10
CHECK_BITS: Final = 4
HEIGHT_PART: Final = 20  # the blocks take a twentieth of the picture's height
WHITE, BLACK = 235, 16  # the luma of video, BT.709
CONTRAST: Final = 60  # less between the two reference blocks is no bar code


def blocks(number: int) -> tuple[bool, ...]:
    """The sixteen blocks from the left, white ones true. Raises ValueError if ten bits cannot hold the number."""
    if not 0 <= number < 1 << BITS:
        raise ValueError(f"{number} does not fit into {BITS} bits")
    word = number << CHECK_BITS | _check(number)
    return True, False, *(bool(word >> bit & 1) for bit in reversed(range(BITS + CHECK_BITS)))


def number(levels: Sequence[float]) -> int | None:
    """The number in the brightness of the sixteen blocks; None if there is none, or it was not to be read."""
    if len(levels) != BLOCKS or levels[0] - levels[1] < CONTRAST:
        return None
    middle = (levels[0] + levels[1]) / 2
    word = 0
    for level in levels[2:]:
        word = word << 1 | (level > middle)
    found = word >> CHECK_BITS
    return found if _check(found) == word & (1 << CHECK_BITS) - 1 else None


def row(number: int, width: int) -> bytes:
    """One row of luma, `width` pixels: what to write over each row of the top."""
    white = blocks(number)
    return bytes(WHITE if white[min(x * BLOCKS // width, BLOCKS - 1)] else BLACK for x in range(width))


def _check(number: int) -> int:
    """Four bits that differ between neighbours, and between what one or two misread blocks make of a number."""
    return (number * 7 + (number >> 5) * 5 + 9) % 13
