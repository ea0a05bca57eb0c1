import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.core.markdown import MAX_PAGE as MAX_MARKDOWN
from fedistream.core.markdown import MAX_TAGS
from fedistream.core.markdown import render_page as render
from tests.kit.examples import examples


def test_markdown_becomes_html() -> None:
    html = render("# Welcome\n\nCome *in*, **sit** down.\n\n- one\n- two\n\n---\n")
    assert "<h1>Welcome</h1>" in html
    assert "<em>in</em>, <strong>sit</strong>" in html
    assert "<li>two</li>" in html
    assert "<hr>" in html


def test_tables_and_strikethrough_are_understood() -> None:
    html = render("| day | show |\n|---|---|\n| Mon | ~~off~~ |\n")
    assert "<td>Mon</td>" in html
    assert "<s>off</s>" in html


def test_a_link_says_nothing_about_where_it_was_followed_from() -> None:
    assert render("[shop](https://shop.example/ 'buy')") == (
        '<p><a href="https://shop.example/" title="buy" rel="noopener noreferrer nofollow">shop</a></p>'
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe src='https://evil.example'></iframe>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#x0A;script:alert(1))",
        "![x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        '[x](https://a.example "title\\" onclick=\\"alert(1)")',
        "```<script>\nalert(1)\n```",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        '<math><mi//xlink:href="data:x,<script>alert(4)</script>">',
        "[x]: javascript:alert(1)\n\n[x]",
        '<https://a.example/"onmouseover="alert(1)>',
    ],
)
def test_nothing_that_acts_gets_through(markdown: str) -> None:
    html = render(markdown)
    for tag in re.findall(r"<[^>]*>", html):
        assert not re.search(r"(?i)^<\s*(script|iframe|style|svg|math|object|embed|form)", tag), html
        assert not re.search(r"(?i)\son\w+\s*=(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", tag), html
        assert not re.search(r"(?i)=\"\s*(javascript|data|vbscript)", tag), html


@examples(120)
@given(st.text(alphabet="<>\"'=()[]!`*_~|-#:/&; \nabjscriptonerx", max_size=200))
def test_whatever_is_written_only_known_tags_come_out(markdown: str) -> None:
    for name in re.findall(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9]*)", render(markdown)):
        assert name in {
            *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "em", "strong", "s"),
            *("ul", "ol", "li", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
            # of HTML that was typed
            *("b", "i", "s", "p", "a", "br"),
        }


def test_html_is_understood_and_what_would_act_or_move_is_left_out() -> None:
    assert render("a <b>bold</b> claim<sup>1</sup>") == "<p>a <b>bold</b> claim<sup>1</sup></p>"
    assert render('<div align="center" id="chat" class="x" style="position:fixed"><p>Hi</p></div>') == (
        '<div align="center"><p>Hi</p></div>'
    )
    assert render("<details open><summary>More</summary>\n\n*text*\n\n</details>") == (
        '<details open=""><summary>More</summary>\n<p><em>text</em></p>\n</details>'
    )
    assert render("one<script>alert(1)</script><style>p{}</style> two<!-- three -->") == "<p>one two</p>"
    assert render('<form action="/admin/password"><input name="x"></form>') == ""


def test_a_page_with_too_many_tags_shows_them_as_text() -> None:
    assert "<b>" in render("<b>x" * MAX_TAGS)
    assert render("<b>x" * (MAX_TAGS + 1)).startswith("<p>&lt;b&gt;x")


def test_a_text_without_end_is_cut() -> None:
    assert len(render("x" * (MAX_MARKDOWN * 2))) == MAX_MARKDOWN + len("<p></p>")


def test_deep_nesting_neither_breaks_nor_grows() -> None:
    html = render(">" * 5000 + " deep")
    assert html.count("<blockquote>") <= 20


def test_nothing_renders_to_nothing() -> None:
    assert render("") == ""
