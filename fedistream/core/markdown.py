"""Markdown as people write it, to HTML that a page may contain: one dialect each for chat, posts and pages. Pure.

What is done with the words in it (links, hashtags, emoji) is left to who renders: `fedistream/chat/render.py` and
`fedistream/federation/posts/compose.py`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_PAGE = 100_000  # characters of a page; the settings allow less
# What markdown-it looks at twice. A mark costs it up to 20 us, a letter next to nothing, so these bound a text's time.
MAX_CHAT_MARKS = 200
MAX_POST_MARKS = 200  # a post with more is written beside the loop
MAX_LINES = 100  # of a chat message with too many marks
# markdown-it fills up short rows: a wide head line and many short rows are a thousand times as much HTML
MAX_CELLS = 5_000

_MARKS = re.compile(r"[\n*_`\[\]!\\&<>~|]")
_DELIMITERS = re.compile(r"^[ \t>]*[|:-][|: \t-]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """`parser` reads at most `longest` characters; what HTML may come of it are `tags` and `attributes`."""

    parser: MarkdownIt
    longest: int
    tags: frozenset[str]
    attributes: Mapping[str, set[str]]
    schemes: frozenset[str]
    rel: str | None = "noopener noreferrer nofollow"
    blank: bool = False  # links open in a page of their own
    classes: Mapping[str, set[str]] | None = None
    check: Callable[[str, str, str], str | None] | None = None

    def clean(self, html: str, *, without: frozenset[str] = frozenset()) -> str:
        """HTML that was made here down to what may be shown: the second lock, not the only one."""
        cleaned: str = nh3.clean(
            html,
            tags=set(self.tags - without),
            attributes={tag: set(names) for tag, names in self.attributes.items() if tag not in without},
            allowed_classes=None if self.classes is None else dict(self.classes),
            attribute_filter=self.check,
            url_schemes=set(self.schemes),
            link_rel=self.rel,
            set_tag_attribute_values={"a": {"target": "_blank"}} if self.blank else None,
        )
        return cleaned.strip()


def marks(text: str) -> int:
    """How many characters of the text may mean something: what its rendering costs."""
    return sum(1 for _ in _MARKS.finditer(text))


def plain_tokens(text: str) -> list[Token]:
    """The text as paragraphs in which nothing means anything."""
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
    """CommonMark with tables and strikethrough as HTML without scripts, styles, frames or foreign schemes.

    Anything after MAX_PAGE characters is cut off. Cached: the same few texts are asked for by every visitor.
    """
    markdown = markdown[:MAX_PAGE]
    parser = _tableless if _cells(markdown) > MAX_CELLS else PAGE.parser
    return PAGE.clean(parser.render(markdown))


def _cells(markdown: str) -> int:
    """How many cells the tables of a text may have at most."""
    columns = max((found[0].count("|") + 1 for found in _DELIMITERS.finditer(markdown)), default=0)
    return columns * markdown.count("\n")


def _parser(preset: str, rules: list[str], *, breaks: bool = False, nesting: int = 20) -> MarkdownIt:
    # html=False: what looks like a tag is shown as text. markdown-it's own default of nesting is 100.
    options = {"html": False, "linkify": False, "breaks": breaks, "maxNesting": nesting}
    return MarkdownIt(preset, options).enable(rules)


def _checked_in_chat(tag: str, attribute: str, value: str) -> str | None:
    allowed = _CHAT_VALUES.get((tag, attribute))
    return value if allowed is None or allowed.match(value) else None


def _checked_in_posts(tag: str, attribute: str, value: str) -> str | None:
    # no relative link: on another server it would lead to a page there
    return value if attribute != "href" or value.lower().startswith(("https://", "http://", "mailto:")) else None


EMOJI_PATH = "/img/emoji/"
# no relative link: in the chat of one page it would lead to another page of ours
_CHAT_VALUES = {
    ("a", "href"): re.compile(r"https?://", re.IGNORECASE),
    ("img", "src"): re.compile(re.escape(EMOJI_PATH) + r"[\w.+-]+\Z"),
    ("img", "class"): re.compile(r"emoji\Z"),
}
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))

CHAT = Dialect(
    _parser(
        "zero",
        ["emphasis", "balance_pairs", "fragments_join", "backticks", "fence", "newline", "escape", "entity", "link"],
        breaks=True,
        nesting=12,
    ),
    longest=4_000,  # what may be typed is less (`fedistream/chat/rules.py`)
    tags=frozenset(("a", "br", "p", "img", "strong", "em", "code", "pre", "del")),
    attributes={"a": {"href"}, "img": {"src", "class", "alt", "title"}},
    schemes=frozenset(("http", "https")),
    blank=True,
    check=_checked_in_chat,
)

# No tables: most servers show none, and a short text can be a huge one.
POST = Dialect(
    _parser("commonmark", ["strikethrough"], breaks=True),
    longest=5_000,
    tags=_HEADINGS
    | {"a", "span", "p", "br", "blockquote", "pre", "code", "em", "strong", "del", "s", "ul", "ol", "li"},
    attributes={"a": {"href", "rel", "target"}, "ol": {"start"}},
    schemes=frozenset(("http", "https", "mailto")),
    rel=None,  # the links have one each of their own
    classes={"a": {"mention", "hashtag", "u-url"}, "span": {"h-card"}},
    check=_checked_in_posts,
)

PAGE = Dialect(
    _parser("commonmark", ["table", "strikethrough"]),
    longest=MAX_PAGE,
    tags=_HEADINGS
    | {"p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "del", "ul", "ol", "li", "a", "img"}
    | {"table", "thead", "tbody", "tr", "th", "td"},
    attributes={
        "a": {"href", "title"},
        "img": {"src", "alt", "title"},
        "ol": {"start"},
        "th": {"align"},
        "td": {"align"},
    },
    schemes=frozenset(("http", "https", "mailto")),
)
_tableless = _parser("commonmark", ["strikethrough"])
