"""Rendering of typed text to HTML that cannot harm a page."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.chat.render import (
    MAX_EMOJI,
    MAX_LINKS,
    MAX_TEXT,
    escape,
    render,
    sanitise,
)
from fedistream.core.markdown import CHAT, MAX_LINES
from fedistream.core.plain_text import MARKS
from tests.kit.examples import examples

EMOJI = {"party": "/img/emoji/Party.png", "+1": "/img/emoji/+1.gif"}
PARTY = '<img src="/img/emoji/Party.png" class="emoji" alt=":PARTY:" title=":PARTY:">'
REL = 'target="_blank" rel="noopener noreferrer nofollow"'


class Seen(HTMLParser):
    """The elements and texts of a piece of HTML, as a browser would take them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("hi", "<p>hi</p>"),
        ("  hi \n", "<p>hi</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("**bold** *soft* `code`", "<p><strong>bold</strong> <em>soft</em> <code>code</code></p>"),
        ("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("# no heading", "<p># no heading</p>"),
        ("- no list", "<p>- no list</p>"),
        ("> no quote", "<p>&gt; no quote</p>"),
        ("2 * 3 * 4 ~~x~~", "<p>2 * 3 * 4 ~~x~~</p>"),
        ("<b>hi</b> <i>you</i><script>alert(1)</script>", "<p>hi you</p>"),
        ("a <br> b<img src=x onerror=alert(1)> c <!-- d --> e", "<p>a  b c  e</p>"),
        ("<script>alert(1)", ""),
        ("<style>p{}</style >", ""),
        ("one <script>two</script> three <SCRIPT>four", "<p>one  three </p>"),
        ("`<b>hi</b>` i <3 you, a < b > c", "<p><code>&lt;b&gt;hi&lt;/b&gt;</code> i &lt;3 you, a &lt; b &gt; c</p>"),
        ("<div>\nhi\n</div>", "<p>hi</p>"),
        ("**<b>**", ""),
        ("![x](https://a.example/x.png)", f'<p>!<a href="https://a.example/x.png" {REL}>x</a></p>'),
        ("see https://a.example/b?c=d&e=f.", f'<p>see <a href="https://a.example/b?c=d&amp;e=f" {REL}>'
         "https://a.example/b?c=d&amp;e=f</a>.</p>"),
        ("(https://a.example/x_(y))", f'<p>(<a href="https://a.example/x_(y)" {REL}>https://a.example/x_(y)</a>)</p>'),
        ("[here](https://a.example)", f'<p><a href="https://a.example" {REL}>here</a></p>'),
        ("[here](javascript:alert(1))", "<p>[here](javascript:alert(1))</p>"),
        ("ftp://a.example javascript:x", "<p>ftp://a.example javascript:x</p>"),
        (":PARTY: :unknown: 12:30:45", f"<p>{PARTY} :unknown: 12:30:45</p>"),
        ("`:party:`", "<p><code>:party:</code></p>"),
        ("&lt;img&gt; &amp; co", "<p>&lt;img&gt; &amp; co</p>"),
    ],
)  # fmt: skip
def test_a_text_is_shown_as_its_writer_meant_it(typed: str, shown: str) -> None:
    assert render(typed, EMOJI) == shown


@pytest.mark.parametrize("typed", ["", " \n\t", "\u200b", "\u202e\u2069", "\0", "\u3000 \u00a0"])
def test_a_text_with_nothing_to_see_is_nothing(typed: str) -> None:
    assert render(typed, EMOJI) == ""


PIECES = (
    *("<", ">", '"', "'", "<img src=x onerror=alert(1)>", "<svg/onload=x>", "javascript:", "[a](", ")", "](", "!["),
    *("https://a.example/", ":party:", "`", "```\n", "**", "_", "\n", "\n\n", "&#106;", "&colon;", "\\", "\0", "a"),
    *("<a href='data:text/html,x'>", "data:", "style=", "</p>", "<!--", "-->", "<iframe>", "\u202e", "é", "/admin/"),
)


@examples(300)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_typed_the_page_gets_the_few_elements_it_knows(typed: str) -> None:
    for html in (render(typed, EMOJI), sanitise(typed)):
        for tag, attributes in Seen(html).elements:
            assert tag in CHAT.tags
            assert attributes.keys() <= CHAT.attributes.get(tag, set()) | {"rel", "target"}
            if tag == "a" and "href" in attributes:
                assert re.match(r"https?://", attributes["href"] or "", re.IGNORECASE)
                assert (attributes["target"], attributes["rel"]) == ("_blank", "noopener noreferrer nofollow")
            if tag == "img":
                assert attributes["src"] in EMOJI.values()


@pytest.mark.parametrize("to", ["/admin/", "//b.example", "admin", "", "?x", "#x"])
def test_a_link_to_another_page_of_ours_leads_nowhere(to: str) -> None:
    assert not [attributes for tag, attributes in Seen(render(f"[here]({to})", {})).elements if "href" in attributes]


def test_what_a_foreign_server_wrote_loses_its_pictures_and_scripts() -> None:
    foreign = (
        '<p onclick="x()">Hi <a href="https://b.example/@ann" class="u-url">@ann</a>'
        '<img src="https://b.example/spy.gif"><img src="/img/emoji/x.png"><script>x()</script></p>'
    )
    assert sanitise(foreign) == f'<p>Hi <a href="https://b.example/@ann" {REL}>@ann</a></p>'


def test_a_bomb_of_links_or_emoji_stays_text_after_the_first_few() -> None:
    links = Seen(render("https://a.example/ " * 150, {}))
    assert [tag for tag, _ in links.elements].count("a") == MAX_LINKS
    images = Seen(render(":party:" * 400, EMOJI))
    assert [tag for tag, _ in images.elements].count("img") == MAX_EMOJI


@pytest.mark.parametrize(
    "bomb",
    ["*" * 4000, "[" * 4000, "`" * 3999, "**a " * 1000, "[a](" * 1000, "<" * 4000, "a_" * 2000, ":" * 4000,
     "https://" * 500, "\n" * 2000 + "a", "```\n" * 1000, "&" * 4000, "(" * 2000 + ")" * 2000, "\\" * 4000],
)  # fmt: skip
def test_a_bomb_of_markup_costs_little(bomb: str) -> None:
    began = time.process_time()
    render(bomb, EMOJI)
    assert time.process_time() - began < 0.5


def test_too_long_a_text_is_cut() -> None:
    assert len(render("x" * 1_000_000, {})) == MAX_TEXT + len("<p></p>")


def test_signs_that_turn_the_line_around_and_towers_of_marks_are_left_out() -> None:
    assert render("a\u202eb\u2066c\0d\x07e\nf\ud800", {}) == "<p>abcde<br>\nf</p>"
    assert render("z" + "\u0336" * 500, {}) == "<p>z" + "\u0336" * MARKS + "</p>"


def test_a_drawing_of_marks_is_shown_as_it_is_typed() -> None:
    drawing = "\n".join(["*_[`" * 20] * 5) + " https://a.example/ :party:"
    found = render(drawing, EMOJI)
    assert found.count("*_[`") == 100
    assert found.count("<br>") == 4
    assert PARTY.replace(":PARTY:", ":party:") in found
    assert f'<a href="https://a.example/" {REL}>' in found
    assert render("a\n" * 500, EMOJI).count("<br>") == MAX_LINES


@examples(200)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z", "Mn", "Me"]), min_size=1, max_size=30))
def test_an_escaped_name_is_shown_as_it_is(name: str) -> None:
    seen = Seen(render(f"**{escape(name)}** is here", {"party": "x"}))
    assert seen.text == f"{name} is here"
    assert [tag for tag, _ in seen.elements][:1] == ["p"]
    assert {tag for tag, _ in seen.elements} <= {"p", "strong"}
