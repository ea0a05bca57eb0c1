"""Renders messages: a subset of Markdown, links and custom emoji become safe HTML.

Pure. A message is rendered once, when it is said; the stored HTML is safe to show.
"""

import re
from collections.abc import Iterable, Mapping

from markdown_it.token import Token

from fedistream.core.markdown import CHAT, EMOJI_PATH, MAX_CHAT_MARKS, marks, plain_tokens
from fedistream.core.plain_text import is_blank, printable

MAX_TEXT = CHAT.longest
MAX_LINKS = 20  # in one text; further URLs stay plain text
MAX_EMOJI = 100
IMAGES = frozenset(("img",))

__all__ = ["EMOJI_PATH", "escape", "render", "sanitise"]

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
_EMOJI = re.compile(r":([A-Za-z0-9_+-]{1,64}):")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:])")
_TAG = re.compile(r"(?<=<)/?[A-Za-z]+")
_RAW = frozenset(("script", "style"))  # whose content is no text
_BREAKS = frozenset(("softbreak", "hardbreak"))
_SHOWN = frozenset(("text", "code_inline", "fence"))
_TRAILING = ".,;:!?*_~'\")]}"


def render(markdown: str, emoji: Mapping[str, str]) -> str:
    """Return HTML with a, br, p, img, strong, em, code and pre, or "" if nothing would be visible.

    `emoji` has the URL path of each custom emoji by its name in lower case.
    """
    typed = printable(markdown[:MAX_TEXT]).strip()
    if is_blank(typed):
        return ""
    # many marks are ASCII art, or an attack on the parser's time: shown as typed
    tokens = CHAT.parser.parse(typed) if marks(typed) <= MAX_CHAT_MARKS else plain_tokens(typed)
    allowance = _Allowance(emoji)
    for token in tokens:
        if token.children:
            token.children = list(_with_links(_trimmed(list(_without_tags(token.children))), allowance))
    if not any(_shows(token) for token in tokens):
        return ""
    return CHAT.clean(CHAT.parser.renderer.render(tokens, CHAT.parser.options, {}))


def sanitise(html: str) -> str:
    """Return HTML from another server, reduced to what a message may have and without images."""
    return CHAT.clean(html[: 4 * MAX_TEXT], without=IMAGES)


def escape(text: str) -> str:
    """Return the text escaped so that Markdown shows it literally, such as a visitor's name in a sentence of the
    node."""
    return _SPECIAL.sub(r"\\\1", text)


def _without_tags(tokens: Iterable[Token]) -> Iterable[Token]:
    """Leave out HTML tags, and what is between those of a script or a style sheet."""
    until = ""
    for token in tokens:
        tag = _TAG.search(token.content) if token.type == "html_inline" else None
        name = tag[0].lower() if tag is not None else ""
        if until:
            until = "" if name == until else until
        elif name in _RAW:
            until = f"/{name}"
        elif token.type != "html_inline":
            yield token


def _trimmed(tokens: list[Token]) -> list[Token]:
    """Return the tokens without line breaks at both ends, where tags stood on lines of their own."""
    begin, end = 0, len(tokens)
    while begin < end and tokens[begin].type in _BREAKS:
        begin += 1
    while begin < end and tokens[end - 1].type in _BREAKS:
        end -= 1
    return tokens[begin:end]


def _shows(token: Token) -> bool:
    return any(_shows(child) for child in token.children or ()) or (
        token.type == "emoji" or (token.type in _SHOWN and not is_blank(token.content))
    )


class _Allowance:
    """The number of links and emoji that one text may still have."""

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
        if allowance.images <= 0:
            break
        if address is None:
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
    """Return the URL without the punctuation that ends the sentence. A closing bracket stays if the URL opened it."""
    end, spare = len(address), address.count(")") - address.count("(")
    while end and address[end - 1] in _TRAILING:
        if address[end - 1] == ")":
            if spare <= 0:
                break
            spare -= 1
        end -= 1
    return address[:end]
