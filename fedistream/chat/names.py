"""Rules for visitors' names, and when two names look the same. Pure.

The full table of confusable characters (UTS 39) has 6,000 entries. This module covers those that are used for
impersonation in practice: accents, full-width and mathematical letters (undone by NFKD), Cyrillic and Greek letters,
digits.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from activitypub.invisible import BLANKS, INVISIBLE, UNSEEN
from fedistream.core.plain_text import without_sign

LONGEST = 30  # characters
MARKS = 2  # combining marks on one letter: Vietnamese needs two, and more of them cover the lines above
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
FEWEST_SUGGESTIONS = 10  # with fewer, many visitors would have the same name

LOOK_ALIKES = str.maketrans(
    "аеорсухкмнтвіјѕԁһӏԛԝցոսαεορτυνικχγ013457ıł|!$@",
    "aeopcyxkmhtbijsdhlqwgnuaeoptuvikxyoieastiliisa",
)

ADJECTIVES = (
    *("amber", "brave", "calm", "clever", "cosy", "curious", "dapper", "eager", "fair", "gentle", "glad", "golden"),
    *("happy", "humble", "jolly", "keen", "kind", "lively", "lucky", "mellow", "merry", "mild", "nimble", "polite"),
    *("proud", "quick", "quiet", "silver", "sunny", "swift", "tidy", "warm", "wise", "witty", "young", "zesty"),
)
ANIMALS = (
    *("badger", "beaver", "bison", "crane", "deer", "dolphin", "falcon", "ferret", "finch", "fox", "gecko", "goose"),
    *("hare", "heron", "ibex", "jay", "koala", "lark", "lynx", "marten", "mole", "moose", "newt", "otter"),
    *("owl", "panda", "puffin", "quail", "raven", "robin", "seal", "stork", "swan", "tern", "toad", "wren"),
)


def clean(name: str, longest: int = LONGEST) -> str:
    """Return the name in the form in which it may be stored, or "" if nothing is left of it.

    It is in NFC, on one line, without invisible characters and without the sign of signed-in visitors. It has at most
    `longest` characters and is never cut between a letter and its combining marks.
    """
    kept: list[str] = []
    marks = 0
    # normalising a megabyte would cost too much
    for letter in unicodedata.normalize("NFC", _INVISIBLE.sub("", name[: 20 * longest])):
        category = unicodedata.category(letter)
        if category in ("Mn", "Me"):
            marks += 1
            if marks <= MARKS and kept and kept[-1] != " ":
                kept.append(letter)
            continue
        marks = 0
        if letter in BLANKS or category[0] == "Z" or letter in "\t\n\r":
            kept.append(" ")
        elif category not in UNSEEN:
            kept.append(letter)
    tidy = " ".join(without_sign("".join(kept)).split())
    if len(tidy) > longest:
        end = longest
        while end and unicodedata.category(tidy[end]) in ("Mn", "Me"):
            end -= 1
        tidy = tidy[:end].rstrip()
    return tidy


@lru_cache(maxsize=4096)
def skeleton(name: str) -> str:
    """Return the name with confusable characters mapped to one (after UTS 39): two names with the same skeleton look
    alike."""
    bare = unicodedata.normalize("NFKD", clean(name, 64)).casefold().translate(LOOK_ALIKES)
    delivery = "".join(letter for letter in bare if unicodedata.category(letter)[0] in "LN")
    delivery = delivery.replace("rn", "m").replace("vv", "w").replace("l", "i")
    return (delivery or bare)[:128]


def is_forbidden(name: str, forbidden: Sequence[str]) -> bool:
    """Return whether the name looks like one of the forbidden names."""
    alike = skeleton(name)
    return any(alike == skeleton(each) for each in forbidden)


def generate(suggested: Sequence[str], chance: Callable[[int], bytes]) -> str:
    """Return a name for a visitor who gave none.

    It is one of the suggested names if there are at least FEWEST_SUGGESTIONS, else two words and a number. `chance(n)`
    returns n random bytes.
    """
    if len(suggested) >= FEWEST_SUGGESTIONS:
        found = clean(suggested[int.from_bytes(chance(4), "big") % len(suggested)])
        if found:
            return found
    first, second, *number = chance(4)
    words = ADJECTIVES[first % len(ADJECTIVES)], ANIMALS[second % len(ANIMALS)]
    return f"{words[0]}-{words[1]}-{int.from_bytes(bytes(number), 'big') % 1000}"
