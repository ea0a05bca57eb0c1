"""The list of invisible characters, held to Unicode's categories."""

import re
import sys
import unicodedata

from activitypub.invisible import BLANKS, INVISIBLE, UNSEEN

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
FILLERS = "\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f"  # marks that show nothing
JOINERS, BREAKS = "\u200c\u200d", "\t\n\r"
# format characters that show something: signs over Arabic, Syriac and Kaithi numbers, hieroglyphs, shorthand
SHOWN = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3]"
)


def listed() -> set[str]:
    return {letter for letter in map(chr, range(sys.maxunicode + 1)) if _INVISIBLE.match(letter)}


def test_what_is_listed_is_unseen_by_its_category_or_a_filler() -> None:
    assert {letter for letter in listed() if unicodedata.category(letter) not in UNSEEN} == set(FILLERS)


def test_every_control_format_and_surrogate_is_listed_but_joiners_breaks_and_those_that_are_shown() -> None:
    unlisted = {
        letter
        for letter in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs") and not _INVISIBLE.match(letter)
    }
    assert {letter for letter in unlisted if not SHOWN.match(letter)} == {*JOINERS, *BREAKS}


def test_blanks_are_apart_from_it() -> None:
    assert not _INVISIBLE.search(BLANKS)
    assert not any(unicodedata.category(letter) in UNSEEN for letter in BLANKS)
