"""Text of people and of other servers, made fit to be stored and shown as text. Pure.

The one place that knows which characters show nothing or turn a line around, and which pass for the sign of those who
signed in. Names, titles and warnings of the fediverse are plain text, as on most servers: tags and entities in them are
shown as they are written, never read as HTML. What is HTML is read by `fedistream/federation/remote_html.py`.
"""

import re
import unicodedata

from activitypub.properties import INVISIBLE

MARKS = 4  # combining marks on one letter of a text; a tower of them covers the lines above
# categories that show nothing, or change how others are shown: control, format (bidi, zero-width, tags), half
# characters, private use, unassigned
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters by their category, and nothing to the eye

# The flags of England, Scotland and Wales are a black flag and tag characters; elsewhere these hide a text.
_FLAG = "(\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f)"
_UNSEEN = re.compile(f"{_FLAG}|[\\r{INVISIBLE}]")
_BLANK = re.compile(f"[\\s{BLANKS}]+")

# ✓ and its kin: what Unicode calls a check mark, and the root sign, which passes for one at the size of a name.
CHECK_MARKS = "\u2713\u2714\u2705\u2611\u221a\u237b\U00010102\U0001f5f8\U0001f5f9\U0001fbb1"
_SIGN = re.compile(
    f"[{CHECK_MARKS}][\ufe0e\ufe0f\u20e3]*"
    # custom emoji: on other pages the picture of a check mark
    r"|:(?=[\w+-]{0,64}(?:verif|check|tick))[\w+-]{1,64}:",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """The text without characters that show nothing or turn the direction of a line, and with plain line breaks."""
    return _UNSEEN.sub(r"\1", text.replace("\r\n", "\n"))


def printable(text: str) -> str:
    """Do what `visible` does, and keep at most MARKS combining marks in a row; for what somebody wrote at length."""
    text = visible(text)
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= MARKS and category != "Co":
            kept.append(letter)
    return "".join(kept)


def one_line(text: str, longest: int) -> str:
    """A name, a title or a warning as it is shown: on one line, and at most `longest` characters, with three dots for
    the rest."""
    # whoever sends a megabyte gets no more of it looked at than can be shown
    tidy = _BLANK.sub(" ", printable(_BLANK.sub(" ", text[: 20 * longest]))).strip()
    return tidy if len(tidy) <= longest else tidy[: longest - 1].rstrip() + "\u2026"


def name(text: str, longest: int) -> str:
    """Do what `one_line` does, for somebody's name: without the sign by which those who signed in are known."""
    return one_line(without_sign(printable(text[: 20 * longest])), longest)


def without_sign(text: str) -> str:
    """Put blanks in place of check marks, and of custom emoji that are named for one. With nothing in their place,
    what is around one could be the next: ":ver:verified:ified:"."""
    return _SIGN.sub(" ", text)


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in it."""
    return not any(letter not in BLANKS and unicodedata.category(letter)[0] not in "CZ" for letter in text)
