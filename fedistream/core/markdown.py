"""Renders Markdown as safe HTML: one dialect each for chat, posts and pages. Pure.

Links, hashtags and emoji are added by `fedistream/chat/render.py` and `fedistream/federation/posts/compose.py`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_PAGE = 100_000  # characters of a page; the settings allow less
# Limits on markup characters, which bound the time: markdown-it needs up to 20 us for each, and little for letters.
MAX_CHAT_MARKS = 200
MAX_POST_MARKS = 200  # a post with more is rendered in a thread
MAX_LINES = 100  # in a chat message with too many marks
# markdown-it pads short rows: a wide header and many short rows become a thousand times as much HTML
MAX_CELLS = 5_000
MAX_TAGS = 1_000  # HTML tags of a page: the time to clean nested ones grows with the square of their number

_MARKS = re.compile(r"[\n*_`\[\]!\\&<>~|]")
_TAGS = re.compile(r"<[a-zA-Z!?/]")
_DELIMITERS = re.compile(r"^[ \t>]*[|:-][|: \t-]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """`parser` reads at most `longest` characters; the HTML may contain `tags` and `attributes`."""

    parser: MarkdownIt
    longest: int
    tags: frozenset[str]
    attributes: Mapping[str, set[str]]
    schemes: frozenset[str]
    rel: str | None = "noopener noreferrer nofollow"
    blank: bool = False  # links open in a new tab
    classes: Mapping[str, set[str]] | None = None
    check: Callable[[str, str, str], str | None] | None = None

    cleaners: dict[frozenset[str], nh3.Cleaner] = field(default_factory=dict, compare=False, repr=False)

    def clean(self, html: str, *, without: frozenset[str] = frozenset()) -> str:
        """Return the rendered HTML reduced to what may be shown. The parser is strict already; this is a second
        check."""
        cleaner = self.cleaners.get(without)
        if cleaner is None:
            # kept: making one takes five times as long as cleaning a message with it
            cleaner = self.cleaners.setdefault(without, self._cleaner(without))
        return cleaner.clean(html).strip()

    def _cleaner(self, without: frozenset[str]) -> nh3.Cleaner:
        return nh3.Cleaner(
            tags=set(self.tags - without),
            attributes={tag: set(names) for tag, names in self.attributes.items() if tag not in without},
            allowed_classes=None if self.classes is None else dict(self.classes),
            attribute_filter=self.check,
            url_schemes=set(self.schemes),
            link_rel=self.rel,
            set_tag_attribute_values={"a": {"target": "_blank"}} if self.blank else None,
        )


def marks(text: str) -> int:
    """Return how many characters of the text may be markup, which determines the time to render it."""
    return sum(1 for _ in _MARKS.finditer(text))


def plain_tokens(text: str) -> list[Token]:
    """Return the text as one paragraph without any markup."""
    lines = text.split("\n", MAX_LINES)
    children: list[Token] = []
    for number, line in enumerate(lines):
        if number:
            children.append(Token("hardbreak", "br", 0))
        children.append(Token("text", "", 0, content=line.replace("\n", " ")))
    inline = Token("inline", "", 0, content=text, children=children)
    return [Token("paragraph_open", "p", 1, block=True), inline, Token("paragraph_close", "p", -1, block=True)]


@lru_cache(maxsize=64)
def render_page(markdown: str) -> str:
    """Return CommonMark with tables, strikethrough and HTML, without scripts, styles, frames or unusual URL schemes.

    Text after MAX_PAGE characters is cut off. Cached, because every visitor requests the same few texts.
    """
    markdown = markdown[:MAX_PAGE]
    tables, html = _cells(markdown) <= MAX_CELLS, sum(1 for _ in _TAGS.finditer(markdown)) <= MAX_TAGS
    return PAGE.clean(_PAGE_PARSERS[tables, html].render(markdown))


def _cells(markdown: str) -> int:
    """Return an upper bound for the number of table cells in the text."""
    columns = max((found[0].count("|") + 1 for found in _DELIMITERS.finditer(markdown)), default=0)
    return columns * markdown.count("\n")


def _parser(
    preset: str, rules: list[str], *, breaks: bool = False, nesting: int = 20, html: bool = False
) -> MarkdownIt:
    # without `html`, tags are shown as text. markdown-it's default of maxNesting is 100.
    options = {"html": html, "linkify": False, "breaks": breaks, "maxNesting": nesting}
    return MarkdownIt(preset, options).enable(rules)


def _checked_in_chat(tag: str, attribute: str, value: str) -> str | None:
    allowed = _CHAT_VALUES.get((tag, attribute))
    return value if allowed is None or allowed.match(value) else None


def _checked_in_posts(tag: str, attribute: str, value: str) -> str | None:
    # no relative links: on another server they would lead to its own pages
    return value if attribute != "href" or value.lower().startswith(("https://", "http://", "mailto:")) else None


EMOJI_PATH = "/img/emoji/"
# no relative links: they would lead to pages of this node
_CHAT_VALUES = {
    ("a", "href"): re.compile(r"https?://", re.IGNORECASE),
    ("img", "src"): re.compile(re.escape(EMOJI_PATH) + r"[\w.+-]+\Z"),
    ("img", "class"): re.compile(r"emoji\Z"),
}
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))

# html_inline: tags are recognised, to be left out (`fedistream/chat/render.py`)
_CHAT_RULES = "emphasis balance_pairs fragments_join backticks fence newline escape entity link html_inline"

CHAT = Dialect(
    _parser(
        "zero",
        _CHAT_RULES.split(),
        breaks=True,
        nesting=12,
        html=True,
    ),
    longest=4_000,  # messages are limited to less (`fedistream/chat/rules.py`)
    tags=frozenset(("a", "br", "p", "img", "strong", "em", "code", "pre", "del")),
    attributes={"a": {"href"}, "img": {"src", "class", "alt", "title"}},
    schemes=frozenset(("http", "https")),
    blank=True,
    check=_checked_in_chat,
)

# No tables: most servers do not show them, and a short text can make a huge one.
POST = Dialect(
    _parser("commonmark", ["strikethrough"], breaks=True),
    longest=5_000,
    tags=_HEADINGS
    | {"a", "span", "p", "br", "blockquote", "pre", "code", "em", "strong", "del", "s", "ul", "ol", "li"},
    attributes={"a": {"href", "rel", "target"}, "ol": {"start"}},
    schemes=frozenset(("http", "https", "mailto")),
    rel=None,  # each link has its own
    classes={"a": {"mention", "hashtag", "u-url"}, "span": {"h-card"}},
    check=_checked_in_posts,
)

# by whether tables and HTML are understood; a page with too many of either is shown as it was typed
_PAGE_PARSERS = {
    (tables, html): _parser("commonmark", ["table", "strikethrough"] if tables else ["strikethrough"], html=html)
    for tables in (True, False)
    for html in (True, False)
}

# HTML is allowed here, as streamers bring pages that were written so. No frames, forms, styles, scripts or ids: a page
# must not look like a part of the program that it is not, and ids are what the scripts of the pages find parts by.
PAGE = Dialect(
    _PAGE_PARSERS[True, True],
    longest=MAX_PAGE,
    tags=_HEADINGS
    | {"p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "del", "ul", "ol", "li", "a", "img"}
    | {"table", "thead", "tbody", "tfoot", "caption", "tr", "th", "td"}
    | {"div", "span", "center", "section", "b", "i", "u", "ins", "small", "big", "sub", "sup", "mark", "kbd", "abbr"}
    | {"cite", "q", "dl", "dt", "dd", "details", "summary", "figure", "figcaption", "time", "wbr"},
    attributes={
        **{tag: {"align", "dir", "lang"} for tag in ("p", "div", *_HEADINGS)},
        "span": {"dir", "lang"},
        "a": {"href", "title"},
        "abbr": {"title"},
        "img": {"src", "alt", "title", "width", "height", "align"},
        "ol": {"start"},
        "li": {"value"},
        "details": {"open"},
        "th": {"align", "colspan", "rowspan"},
        "td": {"align", "colspan", "rowspan"},
        "time": {"datetime"},
    },
    schemes=frozenset(("http", "https", "mailto")),
)
