"""What people write, made safe to show: Markdown to HTML that a page may contain."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

MAX_MARKDOWN = 100_000  # characters rendered; the settings allow less
MAX_NESTING = 20  # markdown-it's own default is 100

# html=False: what looks like a tag is shown as text. The sanitiser behind it is the second lock, not the only one.
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": MAX_NESTING}).enable(
    ["table", "strikethrough"]
)

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "em", "strong", "s", "del"),
    *("ul", "ol", "li", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
}
SCHEMES = {"http", "https", "mailto"}


@lru_cache(maxsize=64)
def render(markdown: str) -> str:
    """CommonMark with tables and strikethrough as HTML without scripts, styles, frames or foreign schemes.

    Links get rel="noopener noreferrer nofollow". Anything after MAX_MARKDOWN characters is cut off. Pure, and cached:
    the same few texts are asked for by every visitor.
    """
    html = _markdown.render(markdown[:MAX_MARKDOWN])
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"
    ).strip()
