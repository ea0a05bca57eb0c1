"""What is typed becomes what is shown: a little Markdown, links, custom emoji, and nothing a page could be harmed by.

Pure. Rendered once, when a message is said; what is stored is safe to show.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_TEXT = 4_000  # characters rendered; what may be typed is less (`rules.py`)
MAX_LINKS = 20  # of one text that become links: a bomb of them stays text
MAX_EMOJI = 100
MARKS = 4  # combining marks on one letter; a tower of them covers the lines above
EMOJI_PATH = "/img/emoji/"

TAGS = {"a", "br", "p", "img", "strong", "em", "code", "pre"}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "class", "alt", "title"}}

# no relative link: in the chat of one page it would lead to another page of ours
_VALUES = {
    ("a", "href"): re.compile(r"https?://", re.IGNORECASE),
    ("img", "src"): re.compile(re.escape(EMOJI_PATH) + r"[\w.+-]+\Z"),
    ("img", "class"): re.compile(r"emoji\Z"),
}
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
_EMOJI = re.compile(r":([A-Za-z0-9_+-]{1,64}):")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:])")
_TRAILING = ".,;:!?*_~'\")]}"

# html=False: what looks like a tag is shown as text. The sanitiser behind it is the second lock, not the only one.
_markdown = MarkdownIt("zero", {"html": False, "breaks": True, "maxNesting": 12}).enable(
    ["emphasis", "balance_pairs", "fragments_join", "backticks", "fence", "newline", "escape", "entity", "link"]
)


def render(markdown: str, emoji: Mapping[str, str]) -> str:
    """HTML with a, br, p, img, strong, em, code and pre, or "" if there would be nothing to see.

    `emoji` has the address of each custom emoji by its name in small letters.
    """
    typed = printable(markdown[:MAX_TEXT]).strip()
    if not typed or not any(unicodedata.category(letter)[0] not in "CZ" for letter in typed):
        return ""
    tokens = _markdown.parse(typed)
    allowance = _Allowance(emoji)
    for token in tokens:
        if token.children:
            token.children = list(_with_links(token.children, allowance))
    return _clean(_markdown.renderer.render(tokens, _markdown.options, {}))


def sanitise(html: str) -> str:
    """HTML that somebody else's server wrote, down to what a message may have; images are left out."""
    return _clean(html[: 4 * MAX_TEXT], images=False)


def escape(text: str) -> str:
    """The text, so that Markdown shows it as it is: a visitor's name in a sentence of ours."""
    return _SPECIAL.sub(r"\\\1", text)


def printable(text: str) -> str:
    """Without control characters (PostgreSQL keeps no NUL), halves of characters, and signs that turn the direction
    of the line around; and no more than MARKS combining marks in a row."""
    kept: list[str] = []
    marks = 0
    for letter in text.replace("\r\n", "\n"):
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MARKS or (category in ("Cc", "Cs", "Co") and letter not in "\n\t"):
            continue
        if letter in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            continue
        kept.append(letter)
    return "".join(kept)


class _Allowance:
    """What one text may still turn into."""

    def __init__(self, emoji: Mapping[str, str]) -> None:
        self.emoji = emoji
        self.links, self.images = MAX_LINKS, MAX_EMOJI


def _with_links(tokens: Iterable[Token], allowance: _Allowance) -> Iterable[Token]:
    depth = 0
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            depth += token.nesting
            allowance.links -= token.nesting == 1
        if token.type == "text":
            yield from _words(token.content, allowance, linked=depth > 0)
        else:
            yield token


def _words(text: str, allowance: _Allowance, *, linked: bool) -> Iterable[Token]:
    at = 0
    for found in () if linked else _ADDRESS.finditer(text):
        address = _untrailed(found[0])
        if allowance.links <= 0:
            break
        allowance.links -= 1
        yield from _pictures(text[at : found.start()], allowance)
        yield Token("link_open", "a", 1, attrs={"href": address})
        yield _text(address)
        yield Token("link_close", "a", -1)
        at = found.start() + len(address)
    yield from _pictures(text[at:], allowance)


def _pictures(text: str, allowance: _Allowance) -> Iterable[Token]:
    at = 0
    for found in _EMOJI.finditer(text):
        address = allowance.emoji.get(found[1].lower())
        if address is None or allowance.images <= 0:
            continue
        allowance.images -= 1
        yield _text(text[at : found.start()])
        attributes: dict[str, str | int | float] = {
            "src": address, "class": "emoji", "alt": found[0], "title": found[0]
        }  # fmt: skip
        yield Token("emoji", "img", 0, attrs=attributes)
        at = found.end()
    yield _text(text[at:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _untrailed(address: str) -> str:
    """Without what ends the sentence; a closing bracket stays if it was opened within."""
    while address[-1] in _TRAILING:
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


def _clean(html: str, *, images: bool = True) -> str:
    def checked(tag: str, attribute: str, value: str) -> str | None:
        allowed = _VALUES.get((tag, attribute))
        return value if allowed is None or allowed.match(value) else None

    return nh3.clean(
        html,
        tags=TAGS if images else TAGS - {"img"},
        attributes=ATTRIBUTES if images else {"a": {"href"}},
        attribute_filter=checked,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()
