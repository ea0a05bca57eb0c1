"""Reads untrusted HTML into pieces of text and a little markup. Pure.

Not nh3 or `html.parser`: building the tree of nested tags, as browsers do, takes time that grows with the square of
their number (20 kB of `<div>` took 29 ms, of `<b>` 1.5 s with further processing), and no tree is needed here. Each
character is read once, tags nest at most MAX_DEPTH deep, and reading ends after MAX_TAGS tags or with enough text. No
source markup is passed on, so HTML that is written from the pieces is safe.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fedistream.core.plain_text import visible

MAX_READ = 20_000  # characters of a text that are read
MAX_TAGS = 600  # a hundred mentions; the rest can be read at the source
MAX_DEPTH = 32
MAX_ATTRIBUTES = 12  # of one tag that are read
MAX_ATTRIBUTE = 2_000  # characters of one
MAX_RUN = 4_000  # characters between two tags; more is never shown
MAX_HREF = 500

INLINE = {
    "em": "em",
    "i": "em",
    "strong": "strong",
    "b": "strong",
    "code": "code",
    "tt": "code",
    "kbd": "code",
    **dict.fromkeys(("del", "s", "strike"), "del"),
}
HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
BLOCKS = HEADINGS | {
    *("p", "div", "blockquote", "pre", "ul", "ol", "li", "table", "tr", "caption", "article", "section", "figure"),
    *("figcaption", "dl", "dt", "dd", "details", "summary", "hr", "header", "footer", "address"),
}
LISTS, CELLS = frozenset(("ul", "ol")), frozenset(("td", "th"))
KNOWN = BLOCKS | CELLS | {*INLINE, "a", "span"}
# their content is not text of the author
RAW = frozenset(("script", "style", "template", "iframe", "svg", "math", "title", "textarea", "xmp", "noembed"))
# an opening tag (key) ends an open tag of the first set, unless a tag of the second is between them
ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), LISTS),
    "tr": (frozenset({"tr", "td", "th"}), frozenset({"table"})),
    **dict.fromkeys(CELLS, (CELLS, frozenset({"table", "tr"}))),
    **dict.fromkeys(("dt", "dd"), (frozenset({"dt", "dd"}), frozenset({"dl"}))),
}
# classes: the URL of a quoted post for servers without quotes; the hidden and cut parts of long URLs
QUOTE, UNSEEN, CUT = "quote-inline", "invisible", "ellipsis"

_MARKUP = re.compile(r"<(?=[A-Za-z!?]|/[^\s])")
_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9-]{0,15}(?=[\s/>])")
_MOST = f"{{0,{MAX_ATTRIBUTE}}}"
_ATTRIBUTE = re.compile(
    r"""[\s/]{0,64}([^\s"'<>/=]{1,64})"""
    rf"""(?:\s{{0,8}}=\s{{0,8}}(?:"([^"]{_MOST})"|'([^']{_MOST})'|([^\s"'=<>`]{_MOST})))?"""
)
_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_BLANK = re.compile(r"[ \t\r\n\f\u00a0]+")
_NUMBER = re.compile(r"-?[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """`kind` is text, br, block, open, close, cell, quote or unquote; `value` is the text or the tag."""

    kind: str
    value: str = ""
    href: str = ""


BR, BLOCK, CELL = Piece("br"), Piece("block"), Piece("cell")
QUOTED, UNQUOTED = Piece("quote"), Piece("unquote")


def read(markup: str, enough: int) -> tuple[list[Piece], bool]:
    """Return the pieces of a text up to `enough` visible characters, and whether that is the whole text."""
    reader = _Reader(enough)
    for token in _tokens(markup[:MAX_READ]):
        reader.take(token)
        if reader.full:
            return reader.pieces, False
    reader.close()
    return reader.pieces, len(markup) <= MAX_READ


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str  # "/b" for one that ends
    attributes: dict[str, str]


def _tokens(text: str) -> Iterator[str | _Tag]:
    """Yield texts and tags in order; a comment is a tag without a name. Text that a browser would not show is left
    out."""
    at, size = 0, len(text)
    while at < size:
        found = _MARKUP.search(text, at)
        opened = found.start() if found else size
        if opened > at:
            yield text[at:opened]
        if found is None:
            return
        name = _NAME.match(text, opened + 1)
        tag = _Tag(name[0].lower() if name else "", {})
        at = _attributes(text, name.end(), tag) if name else opened + 1
        # as in browsers, an incomplete tag at the end is dropped
        at = _behind(text, "-->" if text.startswith("<!--", opened) else ">", at)
        if tag.name in RAW:
            end = re.compile(f"</{tag.name}(?=[\\s/>])", re.IGNORECASE).search(text, at)
            at = _behind(text, ">", end.end()) if end else size
        yield tag


def _behind(text: str, sign: str, at: int) -> int:
    found = text.find(sign, at)
    return len(text) if found < 0 else found + len(sign)


def _attributes(text: str, at: int, tag: _Tag) -> int:
    """Read the attributes of a tag into it. Returns where they end."""
    if tag.name.startswith("/"):
        return at
    for _ in range(MAX_ATTRIBUTES):
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            break
        value = found[2] or found[3] or found[4] or ""
        # of a repeated attribute, the first counts (HTML, 13.2.5.33)
        tag.attributes.setdefault(found[1].lower(), value)
        at = found.end()
    return at


@dataclass(slots=True)
class _Open:
    """An open tag. `then` is the action at its end: "", "skip", "cut", "link", "quote" or a tag to close.

    `number` is that of a list's next item.
    """

    tag: str
    then: str = ""
    number: int | None = None


class _Reader:
    """Turns tags and texts into pieces."""

    def __init__(self, enough: int) -> None:
        self.pieces: list[Piece] = []
        self._left, self._tags = enough, MAX_TAGS
        self._open: list[_Open] = []
        self._skipped = self._pre = self._links = 0  # how many of each are open
        self._bulleted = False

    @property
    def full(self) -> bool:
        return self._left < 0 or self._tags < 0

    def take(self, token: str | _Tag) -> None:
        if isinstance(token, str):
            self._text(token)
            return
        self._tags -= 1
        name = token.name
        if name == "br":
            self._add(BR)
        elif name == "img":
            self._picture(token.attributes)
        elif name.startswith("/"):
            self._leave(name[1:])
        elif name in KNOWN:
            self._enter(name, token.attributes)

    def close(self) -> None:
        while self._open:
            self._pop()

    def _text(self, markup: str) -> None:
        if self._skipped:
            return
        bare = visible(html.unescape(markup[:MAX_RUN]))
        if not self._pre:
            self._say(_BLANK.sub(" ", bare))
            return
        for number, line in enumerate(bare.split("\n")):
            if number:
                self._add(BR)
            # in `pre`, blanks at the beginning of a line are shown
            kept = line.lstrip(" ")
            self._say("\u00a0" * min(len(line) - len(kept), 40) + kept)

    def _say(self, text: str) -> None:
        if text:
            self._left -= len(text) if text.strip() else 0
            self._add(Piece("text", text))

    def _picture(self, attributes: dict[str, str]) -> None:
        """Add the alternative text of an image. Some servers send custom emoji as images with their name."""
        said = " ".join(html.unescape(attributes.get("alt", "")).split())[:100]
        if said and not self._skipped:
            self._say(visible(said) if said.startswith(":") else f"\U0001f4ce {visible(said)}")

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        if name in ENDS:
            self._end_within(*ENDS[name])
        if name in BLOCKS:
            if self._open and self._open[-1].tag == "p":
                self._pop()
            if not self._bulleted:
                self._add(BLOCK)
        if name == "hr" or len(self._open) >= MAX_DEPTH:
            return
        if name == "a":
            attributes["href"] = visible(html.unescape(attributes.get("href", "")))
        opened = _Open(name, self._then(name, attributes))
        self._begin(opened, attributes)
        self._open.append(opened)

    def _end_within(self, ended: frozenset[str], between: frozenset[str]) -> None:
        """Close open tags that this one ends implicitly, unless a tag of `between` separates them."""
        depth = len(self._open)
        for at in range(depth - 1, -1, -1):
            if self._open[at].tag in between:
                break
            if self._open[at].tag in ended:
                depth = at
        while len(self._open) > depth:
            self._pop()

    def _then(self, name: str, attributes: dict[str, str]) -> str:
        classes = attributes.get("class", "").split()
        if QUOTE in classes or (UNSEEN in classes and self._links):
            return "skip"
        if CUT in classes and self._links:
            return "cut"
        if name == "a":
            href = attributes["href"]
            return "link" if _WEB.match(href) and len(href) <= MAX_HREF and not self._links else ""
        return "quote" if name == "blockquote" else INLINE.get(name, "")

    def _begin(self, opened: _Open, attributes: dict[str, str]) -> None:
        """Add the pieces before the content of a tag."""
        if opened.then == "link":
            self._links += 1
            self._add(Piece("open", "a", attributes["href"]))
        elif opened.then == "skip":
            self._skipped += 1
        elif opened.then == "quote":
            self._add(QUOTED)
        elif opened.then in INLINE.values():
            self._add(Piece("open", opened.then))
        if opened.tag == "pre":
            self._pre += 1
            self._add(Piece("open", "code"))
        elif opened.tag == "ol":
            start = attributes.get("start", "")
            opened.number = int(start) if _NUMBER.match(start) else 1
        elif opened.tag == "li":
            self._say(self._bullet())
            self._bulleted = True  # a paragraph in the item must not begin a new line
        elif opened.tag in CELLS:
            self._add(CELL)

    def _bullet(self) -> str:
        around = next((each for each in reversed(self._open) if each.tag in LISTS), None)
        if around is None or around.number is None:
            return "\u2022 "
        around.number += 1
        return f"{around.number - 1}. "

    def _leave(self, name: str) -> None:
        """Close the innermost open tag of this name, and all within it."""
        if not any(each.tag == name for each in self._open):
            return
        while self._pop() != name:
            pass

    def _pop(self) -> str:
        ended = self._open.pop()
        if ended.then == "skip":
            self._skipped -= 1
        elif ended.then == "cut":
            self._add(Piece("text", "\u2026"))
        elif ended.then == "link":
            self._links -= 1
            self._add(Piece("close", "a"))
        elif ended.then == "quote":
            self._add(UNQUOTED)
        elif ended.then in INLINE.values():
            self._add(Piece("close", ended.then))
        if ended.tag == "pre":
            self._pre -= 1
            self._add(Piece("close", "code"))
        if ended.tag in BLOCKS and ended.then != "skip":
            self._add(BLOCK)
        return ended.tag

    def _add(self, piece: Piece) -> None:
        if not self._skipped:
            self.pieces.append(piece)
            self._bulleted = False
