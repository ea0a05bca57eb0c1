"""Makes text of people and of other servers fit to be stored and shown as plain text. Pure.

The list of invisible and direction-changing characters is `activitypub/invisible.py`. The list of characters that
imitate the sign of signed-in visitors is here. Names, titles and warnings of the fediverse are plain text, as on most
servers: tags and entities in them are shown literally. HTML is read by `fedistream/federation/remote_html.py`.
"""

import re
import unicodedata

from activitypub.invisible import BLANKS, INVISIBLE

MARKS = 4  # combining marks on one letter; more of them cover the lines above

# The flags of England, Scotland and Wales are a black flag with tag characters, which elsewhere can hide a text.
_FLAG = "(\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f)"
_UNSEEN = re.compile(f"{_FLAG}|[\\r{INVISIBLE}]")
_BLANK = re.compile(f"[\\s{BLANKS}]+")

# Unicode's check marks, and the root sign, which looks like one at the size of a name.
CHECK_MARKS = "\u2713\u2714\u2705\u2611\u221a\u237b\U00010102\U0001f5f8\U0001f5f9\U0001fbb1"
_SIGN = re.compile(
    f"[{CHECK_MARKS}][\ufe0e\ufe0f\u20e3]*"
    # custom emoji, which other servers show as the image of a check mark
    r"|:(?=[\w+-]{0,64}(?:verif|check|tick))[\w+-]{1,64}:",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """Return the text without invisible and direction-changing characters, and with plain line breaks."""
    return _UNSEEN.sub(r"\1", text.replace("\r\n", "\n"))


def printable(text: str) -> str:
    """Return the text as `visible` does, with at most MARKS combining marks in a row. For longer texts."""
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
    """Return a name, title or warning on one line, cut to `longest` characters with an ellipsis."""
    # of a very long text, only the part that can be shown is processed
    tidy = _BLANK.sub(" ", printable(_BLANK.sub(" ", text[: 20 * longest]))).strip()
    return tidy if len(tidy) <= longest else tidy[: longest - 1].rstrip() + "\u2026"


def name(text: str, longest: int) -> str:
    """Return a name as `one_line` does, without the sign of signed-in visitors."""
    return one_line(without_sign(printable(text[: 20 * longest])), longest)


def without_sign(text: str) -> str:
    """Replace check marks, and custom emoji that are named for one, by blanks.

    Removing them could join the text around them to another one: ":ver:verified:ified:".
    """
    return _SIGN.sub(" ", text)


def is_blank(text: str) -> bool:
    """Return whether the text has no visible character."""
    return not any(letter not in BLANKS and unicodedata.category(letter)[0] not in "CZ" for letter in text)
