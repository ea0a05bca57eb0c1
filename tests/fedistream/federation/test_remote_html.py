"""Sanitising of remote HTML for the chat, hostile HTML most of all."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.vocabulary.objects import Attachment, Object, Tag
from fedistream.core.markup import MAX_TAGS
from fedistream.federation.remote_html import (
    MAX_BEGINNING,
    MAX_LINKS,
    MAX_SHOWN,
    NO_WORDS,
    Excerpt,
    beginning,
    excerpt,
    read_note,
)
from tests.kit.examples import examples

NOTE = "https://remote.example/notes/1"
OURS = {"https://node.example/federation/user/streamer", "https://node.example/", "https://node.example"}
NAMES = {"@streamer", "@streamer@node.example"}
MORE = f'<a href="{NOTE}">…</a>'
ALLOWED = re.compile(r'</?(p|em|strong|code)>|<br>|<a href="https?://[^"<>]+">|</a>')
US = '<span class="h-card"><a href="https://node.example/" class="u-url mention">@<span>streamer</span></a></span>'


def made(content: str, **more: object) -> Excerpt:
    given_: dict[str, object] = {"type": "Note", "id": NOTE, "content": content, **more}
    return excerpt(read_note(Object(**given_)), OURS, NAMES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<p>one</p><p>two<br>three</p>", "<p>one</p><p>two<br>three</p>"),
        ("<b>bold</b> <i>slanted</i> <code>c</code>", "<p><strong>bold</strong> <em>slanted</em> <code>c</code></p>"),
        ("<ul><li>a</li><li>b</li></ul>", "<p>• a</p><p>• b</p>"),
        ("<pre>x\n  y</pre>", "<p><code>x</code><br><code>\u00a0\u00a0y</code></p>"),
        ("<strong><p>one</p><p>two</p></strong>", "<p><strong>one</strong></p><p><strong>two</strong></p>"),
        ("a<br><br><br>b", "<p>a<br>b</p>"),
        (
            '<b>so <a href="https://x.example/">a<br>b</a></b>',
            '<p><strong>so <a href="https://x.example/">a<br>b</a></strong></p>',
        ),
        ("&lt;b&gt; &amp; :blobcat:", "<p>&lt;b&gt; &amp; :blobcat:</p>"),
        ("<b>never closed", "<p><strong>never closed</strong></p>"),
        ("</p></a></b>ends first", "<p>ends first</p>"),
    ],
)
def test_a_little_of_the_markup_is_kept(content: str, shown: str) -> None:
    assert made(content).html == shown


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<ol start=3><li>a<li>b<ul><li>c</ul><li>d</ol>e", "3. a\n4. b\n• c\n5. d\ne"),
        ("<ol><li><p>a</p><p>more</p></li><li><p>b</p></li></ol>", "1. a\nmore\n2. b"),
        ("<ol start=x><li>a</ol><ol start=-1><li>b<li>c</ol>", "1. a\n-1. b\n0. c"),
        ("<blockquote><p>a</p><p>b<br>c</p></blockquote><p>mine</p>", "> a\n> b\n> c\nmine"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n> > b\nc"),
        ("<blockquote>" * 9 + "deep", "> > > deep"),
        ("old <del>price</del> <s>x</s><strike></strike> new", "old ~~price~~ ~~x~~ new"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n1 | 2"),
        ("<table><tr><td>a<td>b<tr><td>c</table>d", "a | b\nc\nd"),
        ("<pre><code>if x:\n    y</code></pre>", "if x:\n\u00a0\u00a0\u00a0\u00a0y"),
        ("one<hr>two", "one\ntwo"),
        ("<dl><dt>a<dd>b</dl>", "a\nb"),
        ('hi <img class="emoji" src="https://r.example/x.png" alt=":x:">', "hi :x:"),
        ('<img src="https://r.example/x.png" alt="a  &lt;cat&gt;">', "📎 a <cat>"),
        ("a < b, 1<2 & <3 </ x", "a < b, 1<2 & <3 </ x"),
        ("<p class=quote-inline>RE: x<p>mine", "mine"),
        ("<b title='>'>x</b>y<ab<ab>z</textarea>", "xyz"),
        ("<title>t</title><svg><p>x</p></svg>y<script>z", "y"),
        ("<p>x<!-- <b> -->y<!-- no end", "xy"),
    ],
)
def test_what_markup_means_is_told_in_text(content: str, text: str) -> None:
    assert made(content).text == text


def test_deleted_words_are_struck_out_and_code_is_code() -> None:
    assert made("<del>a</del><pre>b</pre>").html == "<p><del>a</del></p><p><code>b</code></p>"


def test_of_very_much_markup_only_the_beginning_is_read() -> None:
    found = made("<b>x</b>" * 10_000)
    assert found.html.endswith(MORE + "</p>")
    assert set(found.text) == {"x", "…"}
    assert made("<i></i>" * MAX_TAGS + "behind").text == "…"
    assert made("<span>" * 100 + "<b>deep</b>").text == "deep"
    assert made(" " * 30_000 + "x").html == f"<p>{MORE}</p>"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<script>alert(1)</script>hi<style>p{}</style>", "<p>hi</p>"),
        ('<img src=x onerror="alert(1)">hi', "<p>hi</p>"),
        ('<p style="position:fixed" onclick="x()" class="a">hi</p>', "<p>hi</p>"),
        ('<a href="javascript:alert(1)">press</a>', "<p>press</p>"),
        ('<a href="/admin/">press</a> <a href="//evil.example/x">me</a>', "<p>press me</p>"),
        ('<a href="https://a.example/&quot; onx=1">q</a>', '<p><a href="https://a.example/&quot; onx=1">q</a></p>'),
        ('<svg><a href="https://a.example/"><script>x</script></a></svg>hi', "<p>hi</p>"),
        (f'<a href="https://a.example/{501 * "a"}">far</a>', "<p>far</p>"),
        ("user\u202egnp.exe\u200b\u2066", "<p>usergnp.exe</p>"),
        ("&#x202e;turned&#8203;", "<p>turned</p>"),
        ("<!-- c -->hi<![CDATA[x]]><?php x ?>", "<p>hi</p>"),
    ],
)
def test_what_could_do_harm_is_left_out(content: str, shown: str) -> None:
    assert made(content).html == shown


@examples(150)
@given(
    st.lists(
        st.sampled_from(
            (
                *(
                    "<p>",
                    "</p>",
                    "<a href='https://a.example/x'>",
                    "</a>",
                    "<b>",
                    "</i>",
                    "<i>",
                    "<br>",
                    "<li>",
                    "<pre>",
                ),
                *(
                    "\n",
                    '<span class="invisible">',
                    '<p class="quote-inline">',
                    "</span>",
                    "<script>",
                    "&lt;",
                    '"',
                    "<",
                ),
                *("x y ", US),
            )
        ),
        max_size=40,
    )
)
def test_whatever_comes_what_is_shown_has_known_tags_and_is_never_blank(parts: list[str]) -> None:
    found = made("".join(parts))
    assert not re.search("[<>]", ALLOWED.sub("", found.html).replace("&lt;", "").replace("&gt;", ""))
    for tag in ("a", "em", "strong", "p"):
        assert len(re.findall(rf"<{tag}[ >]", found.html)) == found.html.count(f"</{tag}>")
    assert found.text.strip()


def test_mentions_of_us_at_the_beginning_are_left_out_and_others_stay() -> None:
    bo = '<a href="https://b.example/@bo" class="u-url mention">@bo</a>'
    assert made(f"<p>{US} {US}, hello</p>").text == "hello"
    assert made("@streamer@node.example: hello").text == "hello"
    assert made("@Streamer hello").text == "hello"
    assert made(f"<p>{bo} {US} hello</p>").text == "@bo @streamer hello"
    assert made("@streamers hello").text == "@streamers hello"
    assert made(f"<p>hello {US}</p>").text == "hello @streamer"


def test_of_a_quote_only_the_authors_words_stay() -> None:
    content = '<p class="quote-inline">RE: <a href="https://x.example/1">https://x.example/1</a><br></p><p>so true</p>'
    assert made(content).html == "<p>so true</p>"


def test_a_long_address_is_shown_as_its_server_shortens_it() -> None:
    content = (
        '<a href="https://ex.example/a/b"><span class="invisible">https://</span>'
        '<span class="ellipsis">ex.example/a</span><span class="invisible">/b</span></a>'
    )
    assert made(content).html == '<p><a href="https://ex.example/a/b">ex.example/a…</a></p>'
    # elsewhere nothing may be hidden: who reads it should see what is there
    assert made('<span class="invisible">hidden</span>').text == "hidden"


def test_what_is_long_is_cut_between_words_and_leads_to_the_original() -> None:
    found = made("<p><b>" + "word " * 1000 + "</b></p>")
    assert MAX_SHOWN - 10 < len(found.text) <= MAX_SHOWN + 1
    assert found.text.endswith("word…")
    assert found.html.endswith(f"word</strong> {MORE}</p>")
    assert len(made("x" * 5000).text) == MAX_SHOWN + 1


def test_a_bomb_of_links_stays_text() -> None:
    found = made('<a href="https://a.example/">x</a> ' * 50)
    assert found.html.count("<a ") == MAX_LINKS
    assert found.text.count("x") == 50


def test_pictures_are_described_and_never_shown() -> None:
    pictures = (Attachment("https://r.example/1.png", name="a <b>cat</b>"), Attachment("https://r.example/2.png"))
    assert made("look", attachments=pictures).html == "<p>look</p><p>📎 a &lt;b&gt;cat&lt;/b&gt;</p><p>📎 [picture]</p>"
    kinds = (("video/mp4", "[video]"), ("audio/ogg", "[sound]"), ("application/pdf", "[file]"), (None, "[picture]"))
    for media_type, shown in kinds:
        assert made("", attachments=(Attachment("https://r.example/2", media_type=media_type),)).text == f"📎 {shown}"
    assert made("", attachments=(Attachment("https://r.example/2", "Document"),)).text == "📎 [file]"


def test_an_empty_remote_message_links_to_the_original() -> None:
    assert made("") == Excerpt(f"<p>{MORE}</p>", "…")
    assert made(US).html == f"<p>{MORE}</p>"


def test_a_warning_is_plain_and_one_without_words_is_a_sign() -> None:
    assert made("x", summary="spoiler <b>ahead</b>\n&amp; !").warning == "spoiler <b>ahead</b> &amp; !"
    assert made("x", sensitive=True).warning == NO_WORDS
    assert made("x", sensitive=True, summary="blood").warning == "blood"
    assert len(made("x", summary="a" * 1000).warning) == 200
    assert made("x").warning == ""


def test_an_article_is_its_title_and_how_it_begins() -> None:
    found = made("<p>Once upon a time</p>", type="Article", name="A tale", summary="about things")
    assert (found.html, found.warning) == ("<p><strong>A tale</strong></p><p>Once upon a time</p>", "")
    assert made("", type="Video", name="A film", summary="of <i>boats</i>").text == "A film\nof boats"
    assert made("Which?", type="Question", tags=(Tag("Hashtag", "#x"),)).text == "Which?"


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<p>I've gone live!</p><p><strong>Locks</strong> &amp; keys</p>", "I've gone live! Locks & keys"),
        (
            '<ul><li>one</li><li>two</li></ul>three<br>four <a href="https://a.example">five</a>',
            "• one • two three four five",
        ),
        ("<p>&lt;b&gt; is text\u202e</p>", "<b> is text"),
        ("", ""),
        (f"<p>{'x' * 100}</p>", "x" * (MAX_BEGINNING - 1) + "…"),
    ],
)
def test_the_beginning_of_a_post_is_one_line_of_text(markup: str, shown: str) -> None:
    assert beginning(markup) == shown


def test_the_address_of_the_original_cannot_end_its_attribute() -> None:
    found = made("", id='https://r.example/"onclick="x')
    assert html.escape('"onclick="x') in found.html
