"""The links of a page: its Link header (RFC 8288) and the `link` elements of its HTML. Pure.

Pages are untrusted, so everything takes linear time. Links within comments and scripts are ignored. `base` is ignored,
as no server that needs it is known.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_HEADER = 16_384  # characters
MAX_LINKS = 200  # elements that are read
MAX_ELEMENT = 4_096  # characters of one

_TARGET = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
_ELEMENT = re.compile(r"<!--|<(script|style|textarea|title|template|iframe|xmp|link)(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")


@dataclass(frozen=True, slots=True)
class Link:
    """`rel` is one word in lower case; `href` is as written, possibly relative."""

    rel: str
    href: str


def of_header(value: str) -> Iterator[Link]:
    """Yield the links of a Link header; several headers are joined by commas."""
    for target in _TARGET.finditer(value[:MAX_HEADER]):
        rel = _REL.search(target[2])
        for word in (rel[1] or rel[2] or "").lower().split() if rel else ():
            yield Link(word, target[1].strip())


def of_html(text: str) -> Iterator[Link]:
    """Yield the links of the `link` elements, in their order."""
    at = looked_at = 0
    while (element := _ELEMENT.search(text, at)) is not None and looked_at < MAX_LINKS:
        name = (element[1] or "").lower()
        if name == "link":
            looked_at += 1
            at = element.end()
            yield from _of_element(text[at : at + MAX_ELEMENT])
            continue
        end = re.compile(f"</{name}" if name else "-->", re.IGNORECASE).search(text, element.end())
        if end is None:
            return
        at = end.end()


def _of_element(text: str) -> Iterator[Link]:
    attributes: dict[str, str] = {}
    at = 0
    while (attribute := _ATTRIBUTE.match(text, at)) is not None:
        name, *values = attribute.groups()
        # of a repeated attribute, the first counts (HTML, 13.2.5.33)
        attributes.setdefault(name.lower(), html.unescape(next((value for value in values if value is not None), "")))
        at = attribute.end()
    for word in attributes.get("rel", "").lower().split() if "href" in attributes else ():
        yield Link(word, attributes["href"].strip())
