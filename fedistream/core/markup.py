"""The HTML of strangers, read from left to right into pieces of text and a little markup. Pure.

An own reader rather than nh3 and `html.parser`: the tree that browsers make of nested tags takes a time that grows with
the square of their number (20 kB of `<div>` 29 ms, of `<b>` 1.5 s with what was done with it), and here nobody needs
the tree. Each character is looked at once, tags nest MAX_DEPTH deep at the most, and reading ends after MAX_TAGS tags
or when enough is read. Nothing of the spelling of the markup is handed on, so what is written from it is safe.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fedistream.core.plain_text import visible

MAX_READ = 20_000  # characters of a text that are looked at
MAX_TAGS = 600  # a hundred mentions; of what is shown, the rest can be read at its source
MAX_DEPTH = 32
MAX_ATTRIBUTES = 12  # of one tag that are looked at
MAX_ATTRIBUTE = 2_000  # characters of one
MAX_RUN = 4_000  # characters between two tags: more than is ever shown
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
# what is in them is no text of the author
RAW = frozenset(("script", "style", "template", "iframe", "svg", "math", "title", "textarea", "xmp", "noembed"))
# an opening tag of the first ends an open one of the second, unless one of the third is between
ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), LISTS),
    "tr": (frozenset({"tr", "td", "th"}), frozenset({"table"})),
    **dict.fromkeys(CELLS, (CELLS, frozenset({"table", "tr"}))),
    **dict.fromkeys(("dt", "dd"), (frozenset({"dt", "dd"}), frozenset({"dl"}))),
}
# a quoted post's address for servers that know no quotes, and what is hidden of long addresses
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
    """`kind` is text, br, block, open, close, cell, or quote and unquote; `value` the text or the tag."""

    kind: str
    value: str = ""
    href: str = ""


BR, BLOCK, CELL = Piece("br"), Piece("block"), Piece("cell")
QUOTED, UNQUOTED = Piece("quote"), Piece("unquote")


def read(markup: str, enough: int) -> tuple[list[Piece], bool]:
    """The pieces of a text, as many as have `enough` characters to be seen, and whether that is all of it."""
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
    """Texts and tags, one after the other; a comment is a tag of no name. What a browser would not show is left out."""
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
        # as browsers do: half a tag at the end is none
        at = _behind(text, "-->" if text.startswith("<!--", opened) else ">", at)
        if tag.name in RAW:
            end = re.compile(f"</{tag.name}(?=[\\s/>])", re.IGNORECASE).search(text, at)
            at = _behind(text, ">", end.end()) if end else size
        yield tag


def _behind(text: str, sign: str, at: int) -> int:
    found = text.find(sign, at)
    return len(text) if found < 0 else found + len(sign)


def _attributes(text: str, at: int, tag: _Tag) -> int:
    """Fill in those of a tag, and say where they end."""
    if tag.name.startswith("/"):
        return at
    for _ in range(MAX_ATTRIBUTES):
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            break
        value = found[2] or found[3] or found[4] or ""
        # of an attribute that is given twice the first counts (HTML, 13.2.5.33)
        tag.attributes.setdefault(found[1].lower(), value)
        at = found.end()
    return at


@dataclass(slots=True)
class _Open:
    """A tag that is open. `then` is what happens at its end: "", "skip", "cut", "link", "quote" or a tag; `number` is
    that of the list's next item."""

    tag: str
    then: str = ""
    number: int | None = None


class _Reader:
    """Tags and texts to pieces."""

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
            # blanks at the beginning of a line mean something here, and only here
            kept = line.lstrip(" ")
            self._say("\u00a0" * min(len(line) - len(kept), 40) + kept)

    def _say(self, text: str) -> None:
        if text:
            self._left -= len(text) if text.strip() else 0
            self._add(Piece("text", text))

    def _picture(self, attributes: dict[str, str]) -> None:
        """What is written in its place: custom emoji of some servers are pictures with their name."""
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
        """End the open tags down to the lowest that this one ends, if it is not beyond what keeps them apart."""
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
        """What stands before what is in it."""
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
            self._bulleted = True  # and the paragraph in the item does not begin a new line
        elif opened.tag in CELLS:
            self._add(CELL)

    def _bullet(self) -> str:
        around = next((each for each in reversed(self._open) if each.tag in LISTS), None)
        if around is None or around.number is None:
            return "\u2022 "
        around.number += 1
        return f"{around.number - 1}. "

    def _leave(self, name: str) -> None:
        """End the innermost open tag of this name, and what is open within."""
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
