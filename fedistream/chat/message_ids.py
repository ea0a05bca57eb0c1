"""Ids of messages, which sort by time, and ids of visitors, which do not.

A message id is a 63-bit number: milliseconds since 1970 in the upper 44 bits (until 2527), random bits in the lower 19,
so that two processes hardly ever make the same one. Clients see it as 13 letters of one case, which sort alike in every
collation.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: without i, l, o and u
LENGTH = 13
LOW_BITS = 19
VISITOR_LENGTH = 10  # 50 bits
LAST = (1 << 63) - 1

_PAIRS = tuple(first + second for first in LETTERS for second in LETTERS)  # the letters of 10 bits
_PLACES = tuple(range(50, -1, -10))  # of the pairs; the first letter stands for the bits above
_TEXT = re.compile(f"[{LETTERS}]*")
_DIGITS = str.maketrans(LETTERS, "0123456789abcdefghijklmnopqrstuv")  # those that `int` reads
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Chance = Callable[[int], bytes]


class BadId(ValueError):
    """The text is not a message id."""


def text(number: int) -> str:
    """Return the number as LENGTH letters."""
    return LETTERS[number >> 60] + "".join([_PAIRS[number >> place & 1023] for place in _PLACES])


def number(text: str) -> int:
    """Return the number of an id that `text` made. Raises BadId."""
    if len(text) != LENGTH:
        raise BadId(f"an id has {LENGTH} letters")
    if _TEXT.fullmatch(text) is None:
        raise BadId("an id has digits and small letters only")
    found = int(text.translate(_DIGITS), 32)
    if found > LAST:
        raise BadId("no id is as late as that")
    return found


def is_id(text: str) -> bool:
    """Return whether the text is a well-formed message id."""
    try:
        number(text)
    except BadId:
        return False
    return True


def first_of(at: datetime) -> int:
    """Return a lower bound for all ids that are made at or after this moment."""
    return max(0, (at - _EPOCH) // timedelta(milliseconds=1)) << LOW_BITS


def time_of(number: int) -> datetime:
    """Return when an id was made, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=number >> LOW_BITS)


def of_visitor(chance: Chance) -> str:
    """Return a new random visitor id. `chance(n)` returns n random bytes."""
    return "".join(LETTERS[byte & 31] for byte in chance(VISITOR_LENGTH))


class Ids:
    """Makes message ids. Each is higher than all before it, even when the clock is set back."""

    def __init__(self, now: Callable[[], datetime], chance: Chance) -> None:
        self._now, self._chance = now, chance
        self._last = 0

    def next(self) -> str:
        low = int.from_bytes(self._chance(2), "big")  # 16 of the 19 bits: the rest is for ids of the same millisecond
        self._last = min(max(first_of(self._now()) | low, self._last + 1), LAST)
        return text(self._last)

    def skip(self, number: int) -> None:
        """Make all further ids higher than this number."""
        self._last = max(self._last, number)
