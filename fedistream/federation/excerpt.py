"""What somebody wrote on another server as a line of a chat: a little of its HTML, shortened, with its warning. Pure.

The HTML of a stranger is first cut down by nh3 to known tags that are well nested, then read, and written anew here, so
that nothing of his own spelling is left. What the chat allows itself is looked at once more by the chat.
"""

import html
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3

from activitypub.vocabulary.objects import Attachment, Object

MAX_READ = 20_000  # characters of a post that are looked at
MAX_SHOWN = 700  # characters: the 500 of most servers whole, an article as a taste of it
MAX_WARNING = 200
MAX_BEGINNING = 60  # characters by which somebody knows a post of his own
MAX_LINKS = 10
MAX_HREF = 500
MAX_PICTURES, MAX_PICTURE = 4, 120  # descriptions of pictures, and characters of each
NO_WORDS = "\u26a0"  # the warning of a post that is marked sensitive and does not say why

INLINE = {"em": "em", "i": "em", "strong": "strong", "b": "strong", "code": "code"}
BLOCKS = frozenset(
    (
        *("p", "div", "blockquote", "pre", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr"),
        *("article", "section", "figure", "dl", "dt", "dd", "details", "summary"),
    )
)
TAGS = {*INLINE, *BLOCKS, "a", "br", "span"}
# a quoted post's address for servers that know no quotes, and what is hidden of long addresses
QUOTE, UNSEEN, CUT = "quote-inline", "invisible", "ellipsis"
# titled things, whose summary is no warning
TITLED = frozenset(("Article", "Page", "Video", "Event", "Audio"))

_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_BLANK = re.compile(r"[ \t\r\n\f\u00a0]+")
# what turns the direction of a line or hides in it, and controls; the two joiners stay, Persian and emoji need them
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e"
    "\\u2060-\\u206f\\ufeff\\ud800-\\udfff]"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`html` has p, br, a, em, strong and code; `text` is the same in plain. Neither is blank. `warning` is plain."""

    html: str
    text: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """`kind` is text, br, block, open or close; `value` the text or the tag."""

    kind: str
    value: str = ""
    href: str = ""


BR, BLOCK = _Piece("br"), _Piece("block")
_GAPS = {"br": " ", "block": " "}  # between words that stand on lines of their own


def excerpt(said: Object, ours: Collection[str], names: Collection[str]) -> Excerpt:
    """The excerpt of a note, or of anything else with content, which is `said.id`.

    `ours` are the URLs of the one who is spoken to, `names` the names ("@name", "@name@host"): at the beginning of the
    text they are left out, as everybody here knows who is meant.
    """
    warning = _plain(said.summary or "", MAX_WARNING) if said.type not in TITLED else ""
    if said.sensitive and not warning:
        warning = NO_WORDS
    pieces = _without_us(_read(said.content or ""), ours, {name.lower() for name in names})
    if said.type in TITLED:
        title = _plain(said.name or "", MAX_WARNING)
        about = pieces or [_Piece("text", _plain(said.summary or "", MAX_SHOWN))]
        pieces = [_Piece("open", "strong"), _Piece("text", title), _Piece("close", "strong"), BLOCK, *about]
    pieces += [piece for each in said.attachments[:MAX_PICTURES] for piece in (BLOCK, _described(each))]
    writer = _Writer(said.url or said.id)
    for piece in pieces:
        if not writer.take(piece):
            break
    return Excerpt(*writer.written(), warning)


def plain(markup: str) -> str:
    """A name or a label without the HTML that some servers have in it, on one line."""
    return _plain(markup, MAX_WARNING)


def beginning(markup: str) -> str:
    """The first words of a post, without HTML and on one line."""
    pieces = _read(markup)
    return _line(
        "".join(each.value if each.kind == "text" else _GAPS.get(each.kind, "") for each in pieces), MAX_BEGINNING
    )


def _plain(markup: str, longest: int) -> str:
    return _line(html.unescape(nh3.clean(markup[:MAX_READ], tags=set())), longest)


def _line(bare: str, longest: int) -> str:
    text = _BLANK.sub(" ", _UNSEEN.sub("", bare)).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "\u2026"


def _described(picture: Attachment) -> _Piece:
    text = _plain(picture.name or "", MAX_PICTURE)
    return _Piece("text", f"\U0001f4ce {text}" if text else "\U0001f4ce")


def _read(markup: str) -> list[_Piece]:
    reader = _Reader()
    reader.feed(
        nh3.clean(
            markup[:MAX_READ], tags=TAGS, attributes={"*": {"class"}, "a": {"href"}}, url_schemes={"http", "https"}
        )
    )
    reader.close()
    return reader.pieces


class _Reader(HTMLParser):
    """Well-nested HTML to pieces."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[_Piece] = []
        self._open: list[tuple[str, str]] = []  # tag, and what to do at its end: "", "skip", "cut", "link" or a tag

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "br":
            self._add(BR)
            return
        then = ""
        if QUOTE in classes or (UNSEEN in classes and self._in_link):
            then = "skip"
        elif CUT in classes and self._in_link:
            then = "cut"
        elif tag in INLINE:
            then = INLINE[tag]
            self._add(_Piece("open", then))
        elif tag == "a":
            href = given.get("href", "")
            then = "link" if _WEB.match(href) and len(href) <= MAX_HREF and not self._in_link else ""
            if then:
                self._add(_Piece("open", "a", href))
        elif tag in BLOCKS:
            self._add(BLOCK)
            if tag == "li":
                self._add(_Piece("text", "\u2022 "))
        self._open.append((tag, then))

    def handle_endtag(self, tag: str) -> None:
        if not self._open:
            return
        _, then = self._open.pop()
        if then == "cut":
            self._add(_Piece("text", "\u2026"))
        elif then == "link":
            self._add(_Piece("close", "a"))
        elif then in INLINE:
            self._add(_Piece("close", then))
        elif tag in BLOCKS and then != "skip":
            self._add(BLOCK)

    def handle_data(self, data: str) -> None:
        text = _UNSEEN.sub("", data)
        if not any(tag == "pre" for tag, _ in self._open):
            self._add(_Piece("text", _BLANK.sub(" ", text)))
            return
        for number, line in enumerate(text.split("\n")):
            if number:
                self._add(BR)
            self._add(_Piece("text", line))

    @property
    def _in_link(self) -> bool:
        return any(then == "link" for _, then in self._open)

    def _add(self, piece: _Piece) -> None:
        if not any(then == "skip" for _, then in self._open):
            self.pieces.append(piece)


def _without_us(pieces: list[_Piece], ours: Collection[str], names: Collection[str]) -> list[_Piece]:
    """Without the mentions of us that it begins with."""
    at, dropped = 0, False
    while at < len(pieces):
        piece = pieces[at]
        if piece in (BR, BLOCK) or (piece.kind == "text" and not piece.value.strip()):
            at += 1
        elif piece.kind == "open" and piece.href in ours:
            at = next((n for n in range(at, len(pieces)) if pieces[n] == _Piece("close", "a")), at) + 1
            dropped = True
        elif piece.kind == "text" and (rest := _rest(piece.value, names)) is not None:
            pieces[at], dropped = _Piece("text", rest), True
        else:
            if dropped and piece.kind == "text":
                pieces[at] = _Piece("text", piece.value.lstrip(" ,:"))
            break
    return pieces[at:]


def _rest(text: str, names: Collection[str]) -> str | None:
    """What follows a name of ours at the beginning, None where there is none."""
    word, _, rest = text.lstrip().partition(" ")
    return rest if word.rstrip(",:").lower() in names else None


class _Writer:
    """Pieces to HTML and to text, until MAX_SHOWN characters are written; then three dots lead to the original."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._html: list[str] = []
        self._text: list[str] = []
        self._open: list[str] = []
        self._break: _Piece | None = None
        self._left = MAX_SHOWN
        self._links = 0
        self._cut = False

    def take(self, piece: _Piece) -> bool:
        """Returns whether more can be taken."""
        if piece.kind == "text":
            self._say(piece.value)
        elif piece.kind in ("br", "block"):
            # not two in a row, and none at the ends: half of all posts would open with an empty line
            self._break = BLOCK if BLOCK in (piece, self._break) else BR
        elif piece.kind == "open":
            self._enter(piece)
        elif piece.value in self._open:
            self._leave(piece.value)
        return not self._cut

    def written(self) -> tuple[str, str]:
        while self._open:
            self._leave(self._open[-1])
        found, text = "".join(self._html), "".join(self._text).strip()
        if self._cut or not text:
            # the address of the original may have no form in which it can be linked
            dots = f'<a href="{html.escape(self._link)}">\u2026</a>' if len(self._link) <= MAX_HREF else "\u2026"
            found, text = f"{found} {dots}" if text else dots, f"{text}\u2026"
        return f"<p>{found}</p>", text

    def _say(self, words: str) -> None:
        if not self._text or self._break:
            words = words.lstrip()
        if not words:
            return
        self._begin()
        if len(words) > self._left:
            words, self._cut = _shortened(words, self._left), True
        self._left -= len(words)
        self._html.append(html.escape(words))
        self._text.append(words)

    def _begin(self) -> None:
        """Write the break that was asked for, before what follows it."""
        if self._break and self._text:
            again = [*self._open]
            self._html += [f"</{tag}>" for tag in reversed(again) if tag != "a"]
            self._html.append("</p><p>" if self._break is BLOCK and "a" not in again else "<br>")
            self._html += [f"<{tag}>" for tag in again if tag != "a"]
            self._text.append("\n")
        self._break = None

    def _enter(self, piece: _Piece) -> None:
        if piece.value in self._open or (piece.value == "a" and self._links == MAX_LINKS):
            return
        if self._break and self._text:
            self._begin()
        self._break = None if not self._text else self._break
        self._links += piece.value == "a"
        self._open.append(piece.value)
        href = f' href="{html.escape(piece.href)}"' if piece.value == "a" else ""
        self._html.append(f"<{piece.value}{href}>")

    def _leave(self, tag: str) -> None:
        while self._open:
            last = self._open.pop()
            self._html.append(f"</{last}>")
            if last == tag:
                return


def _shortened(words: str, most: int) -> str:
    """At most so many characters, cut between words where there is one to cut at."""
    cut = words[:most]
    space = cut.rfind(" ")
    return (cut[:space] if space > most // 2 else cut).rstrip()
