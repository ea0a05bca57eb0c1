"""A remote note as a chat message: a small part of its HTML, shortened, with its content warning. Pure.

The HTML is parsed by `fedistream/core/markup.py` and written again here, so that no part of the original spelling is
left. Names, titles and warnings are plain text, as on most servers. The chat applies its own rules once more.
"""

import html
from collections.abc import Collection
from dataclasses import dataclass

from activitypub.vocabulary.objects import Attachment, Object
from fedistream.core.markup import BLOCK, BR, CELL, MAX_HREF, QUOTED, UNQUOTED, Piece, read
from fedistream.core.plain_text import one_line

MAX_SHOWN = 700  # characters: a whole post of most servers (500), or the beginning of an article
ENOUGH = 2 * MAX_SHOWN  # characters that are parsed: the leading mentions of us are not shown
MAX_WARNING = 200
MAX_BEGINNING = 60  # characters by which authors recognise their own post
MAX_LINKS = 10
MAX_PICTURES, MAX_PICTURE = 4, 120  # image descriptions, and characters of each
MAX_QUOTES = 3  # marks before a line of nested quotes
NO_WORDS = "\u26a0"  # the warning of a post that is marked sensitive without a reason

# titled objects, whose summary is not a warning
TITLED = frozenset(("Article", "Page", "Video", "Event", "Audio"))
# the text for an attachment without a description, by its media type or its own type
ATTACHED = {"image": "[picture]", "video": "[video]", "audio": "[sound]"}
_GAPS = {"br": " ", "block": " ", "cell": " "}  # between words on separate lines
STRUCK = "~~"  # around deleted words in plain text, as many servers parse it


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An excerpt of a note. `html` has p, br, a, em, strong, del and code; `text` is the same in plain text. Neither is
    blank. `warning` is plain text."""

    html: str
    text: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A parsed note: the slow part of the work, which does not depend on where the note is shown."""

    pieces: tuple[Piece, ...]
    whole: bool
    link: str
    warning: str


def read_note(said: Object) -> Said:
    """Parse a note, or another object with content."""
    warning = one_line(said.summary or "", MAX_WARNING) if said.type not in TITLED else ""
    if said.sensitive and not warning:
        warning = NO_WORDS
    pieces, whole = read(said.content or "", ENOUGH)
    if said.type in TITLED:
        if not pieces:
            pieces, whole = read(said.summary or "", ENOUGH)
        title = Piece("text", one_line(said.name or "", MAX_WARNING))
        pieces = [Piece("open", "strong"), title, Piece("close", "strong"), BLOCK, *pieces]
    if whole:
        pieces += [piece for each in said.attachments[:MAX_PICTURES] for piece in (BLOCK, _described(each))]
    return Said(tuple(pieces), whole, said.url or said.id, warning)


def excerpt(said: Said, ours: Collection[str], names: Collection[str]) -> Excerpt:
    """Return the excerpt to show.

    `ours` are the URLs of the addressed channel, `names` its names ("@name", "@name@host"): they are left out at the
    beginning of the text, because every reader of the chat knows the addressee.
    """
    writer = _Writer(said.link)
    for piece in _without_us(list(said.pieces), ours, {name.lower() for name in names}):
        if not writer.take(piece):
            break
    return Excerpt(*writer.written(whole=said.whole), said.warning)


def beginning(markup: str) -> str:
    """Return the first words of a post, by which its author recognises it."""
    return words(markup, MAX_BEGINNING)


def words(markup: str, longest: int) -> str:
    """Return the first words of a text, without HTML and on one line."""
    pieces, _ = read(markup, longest)
    return one_line(
        "".join(each.value if each.kind == "text" else _GAPS.get(each.kind, "") for each in pieces), longest
    )


def _described(attached: Attachment) -> Piece:
    text = one_line(attached.name or "", MAX_PICTURE)
    kind = (attached.media_type or attached.type).partition("/")[0].lower()
    return Piece("text", f"\U0001f4ce {text or ATTACHED.get(kind, '[file]')}")


def _without_us(pieces: list[Piece], ours: Collection[str], names: Collection[str]) -> list[Piece]:
    """Drop the mentions of us at the beginning."""
    at, dropped = 0, False
    while at < len(pieces):
        piece = pieces[at]
        if piece in (BR, BLOCK) or (piece.kind == "text" and not piece.value.strip()):
            at += 1
        elif piece.kind == "open" and piece.href in ours:
            at = next((n for n in range(at, len(pieces)) if pieces[n] == Piece("close", "a")), at) + 1
            dropped = True
        elif piece.kind == "text" and (rest := _rest(piece.value, names)) is not None:
            pieces[at], dropped = Piece("text", rest), True
        else:
            if dropped and piece.kind == "text":
                pieces[at] = Piece("text", piece.value.lstrip(" ,:"))
            break
    return pieces[at:]


def _rest(text: str, names: Collection[str]) -> str | None:
    """Return the text after a name of ours at the beginning, None when there is none."""
    word, _, rest = text.lstrip().partition(" ")
    return rest if word.rstrip(",:").lower() in names else None


class _Writer:
    """Writes pieces as HTML and as text, up to MAX_SHOWN characters; then an ellipsis links to the original."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._html: list[str] = []
        self._text: list[str] = []
        self._open: list[str] = []
        self._break: Piece | None = None
        self._left = MAX_SHOWN
        self._links = self._quotes = 0
        self._fresh = True  # nothing is written on this line yet
        self._cut = False

    def take(self, piece: Piece) -> bool:
        """Add a piece. Returns whether more can be added."""
        if piece.kind == "text":
            self._add_text(piece.value)
        elif piece.kind in ("br", "block"):
            # no two in a row, and none at the ends: half of all posts would begin with an empty line
            self._break = BLOCK if BLOCK in (piece, self._break) else BR
        elif piece in (QUOTED, UNQUOTED):
            self._quotes += 1 if piece is QUOTED or piece == QUOTED else -1
        elif piece == CELL:
            if not self._fresh and not self._break:
                self._add_text(" | ")
        elif piece.kind == "open":
            self._enter(piece)
        elif piece.value in self._open:
            self._leave(piece.value)
        return not self._cut

    def written(self, *, whole: bool) -> tuple[str, str]:
        while self._open:
            self._leave(self._open[-1])
        found, text = "".join(self._html), "".join(self._text).strip()
        if self._cut or not whole or not text:
            # the original's address may have no form that can be linked
            dots = f'<a href="{html.escape(self._link)}">\u2026</a>' if len(self._link) <= MAX_HREF else "\u2026"
            found, text = f"{found} {dots}" if text else dots, f"{text}\u2026"
        return f"<p>{found}</p>", text

    def _add_text(self, words: str) -> None:
        if self._fresh or self._break:
            words = words.lstrip(" ")
        if not words:
            return
        self._begin()
        if self._fresh and self._quotes > 0:
            self._write("> " * min(self._quotes, MAX_QUOTES))
        self._fresh = False
        if len(words) > self._left:
            words, self._cut = _shortened(words, self._left), True
        self._left -= len(words)
        self._write(words)

    def _write(self, words: str) -> None:
        self._html.append(html.escape(words))
        self._text.append(words)

    def _begin(self) -> None:
        """Write the pending break, before the text that follows it."""
        if self._break and self._text:
            # a link continues after the break, and so do the elements around it
            again = [] if "a" in self._open else [*self._open]
            self._html += [f"</{tag}>" for tag in reversed(again)]
            self._html.append("</p><p>" if self._break is BLOCK and "a" not in self._open else "<br>")
            self._html += [f"<{tag}>" for tag in again]
            self._text.append("\n")
            self._fresh = True
        self._break = None

    def _enter(self, piece: Piece) -> None:
        if piece.value in self._open or (piece.value == "a" and self._links == MAX_LINKS):
            return
        if self._break and self._text:
            self._begin()
        self._break = None if not self._text else self._break
        self._links += piece.value == "a"
        self._open.append(piece.value)
        href = f' href="{html.escape(piece.href)}"' if piece.value == "a" else ""
        self._html.append(f"<{piece.value}{href}>")
        if piece.value == "del":
            self._text.append(STRUCK)

    def _leave(self, tag: str) -> None:
        while self._open:
            last = self._open.pop()
            self._html.append(f"</{last}>")
            if last == "del":
                self._strike()
            if last == tag:
                return

    def _strike(self) -> None:
        if self._text[-1] == STRUCK:
            self._text.pop()  # nothing was deleted
        else:
            self._text.append(STRUCK)


def _shortened(words: str, most: int) -> str:
    """Shorten to `most` characters, between words where possible."""
    cut = words[:most]
    space = cut.rfind(" ")
    return (cut[:space] if space > most // 2 else cut).rstrip()
