"""What a visitor may be called, and when two names look the same. Pure.

Unicode's own table of look-alikes (UTS 39) has 6,000 entries; here are those with which people really pass themselves
off as somebody: accents, full-width and mathematical letters (NFKD undoes them), Cyrillic and Greek, digits.
"""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from fedistream.core.plain_text import BLANKS, UNSEEN, without_sign

LONGEST = 30  # characters
MARKS = 2  # combining marks on one letter; Vietnamese has two, a tower of them covers the lines above
FEWEST_SUGGESTIONS = 10  # fewer would call half the room by one name

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
    """The name as it may be stored: composed, on one line, nothing unseen in it and no sign of those who signed in, at
    most `longest` characters and cut between letters, never through one. Empty if nothing is left of it."""
    kept: list[str] = []
    marks = 0
    # whoever sends a megabyte gets no normalisation of it
    for letter in unicodedata.normalize("NFC", name[: 20 * longest]):
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
    """What the eye takes the name for: two names with the same are look-alikes."""
    bare = unicodedata.normalize("NFKD", clean(name, 64)).casefold().translate(LOOK_ALIKES)
    delivery = "".join(letter for letter in bare if unicodedata.category(letter)[0] in "LN")
    delivery = delivery.replace("rn", "m").replace("vv", "w").replace("l", "i")
    return (delivery or bare)[:128]


def is_forbidden(name: str, forbidden: Sequence[str]) -> bool:
    alike = skeleton(name)
    return any(alike == skeleton(each) for each in forbidden)


def generate(suggested: Sequence[str], chance: Callable[[int], bytes]) -> str:
    """A name for somebody who gave none: one of the streamer's, if there are enough, or two words and a number."""
    if len(suggested) >= FEWEST_SUGGESTIONS:
        found = clean(suggested[int.from_bytes(chance(4), "big") % len(suggested)])
        if found:
            return found
    first, second, *number = chance(4)
    words = ADJECTIVES[first % len(ADJECTIVES)], ANIMALS[second % len(ANIMALS)]
    return f"{words[0]}-{words[1]}-{int.from_bytes(bytes(number), 'big') % 1000}"
