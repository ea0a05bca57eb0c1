"""Markdown becomes what other servers show: links, hashtags, mentions, and nothing that could harm them."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.addressing import PUBLIC, Visibility
from activitypub.collections import embed_link
from activitypub.vocabulary.objects import Object, parse_object, write_object
from fedistream.core.errors import Invalid
from fedistream.federation.posts.compose import (
    MAX_HASHTAGS,
    MAX_HTML,
    MAX_LINKS,
    MAX_MENTIONS,
    MAX_TEXT,
    Frame,
    clean,
    handles,
    hashtag,
    note,
    write,
)
from fedistream.federation.posts.values import Draft, Mention, Picture
from tests.kit.examples import examples
from tests.kit.invalid import invalid

ANN = Mention("https://a.example/users/ann", "ann@a.example", "https://a.example/users/ann/inbox")
AT = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
ME = "https://node.example/federation/user/streamer"
POST = "https://node.example/federation/p1"
ELSEWHERE = 'rel="nofollow noopener noreferrer" target="_blank"'


def tag_page(tag: str) -> str:
    return f"https://node.example/?tag={quote(tag)}"


def html(text: str, **more: object) -> str:
    return write(replace(Draft(text), **more), tag_page).html  # type: ignore[arg-type]  # what the tests give


def link(tag: str) -> str:
    return f'<a href="{tag_page(tag)}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'


def framed(shown: Visibility = Visibility.PUBLIC, **more: object) -> Frame:
    return replace(Frame(POST, ME, shown, False, AT, tag_page), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Live *now*", "<p>Live <em>now</em></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("~~no~~", "<p><s>no</s></p>"),
        ("# Big", "<h1>Big</h1>"),
        ("on https://a.example, yes", f'<p>on <a href="https://a.example" {ELSEWHERE}>https://a.example</a>, yes</p>'),
        (
            "see https://bücher.example/straße?q=ä, yes",
            f'<p>see <a href="https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A4" {ELSEWHERE}>'
            "https://bücher.example/straße?q=ä</a>, yes</p>",
        ),
        (
            "https://a.example/x。次 https://例え.テスト/",
            f'<p><a href="https://a.example/x" {ELSEWHERE}>https://a.example/x</a>。次 '
            f'<a href="https://xn--r8jz45g.xn--zckzah/" {ELSEWHERE}>https://例え.テスト/</a></p>',
        ),
        ("https://a.example/%C3%A4", f'<p><a href="https://a.example/%C3%A4" {ELSEWHERE}>https://a.example/%C3%A4</a></p>'),
        ("[here](https://a.example)", f'<p><a href="https://a.example" {ELSEWHERE}>here</a></p>'),
        ("![a cat](https://a.example/c.png)", f'<p><a href="https://a.example/c.png" {ELSEWHERE}>a cat</a></p>'),
        ("![](https://a.example/c.png)", f'<p><a href="https://a.example/c.png" {ELSEWHERE}>https://a.example/c.png</a></p>'),
        # a page of the reader's own server, not of ours
        ("[here](/admin/)", '<p><a target="_blank" rel="nofollow noopener noreferrer">here</a></p>'),
        ("|a|b|\n|-|-|\n|1|2|", "<p>|a|b|<br>\n|-|-|<br>\n|1|2|</p>"),
        ("https://", "<p>https://</p>"),
        ("http://[", "<p>http://[</p>"),
    ],
)  # fmt: skip
def test_markdown_is_shown_as_other_servers_can(text: str, shown: str) -> None:
    assert html(text) == shown


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#clay and #Wheel.", ["clay", "Wheel"]),
        ("#été #日本 #a_1", ["été", "日本", "a_1"]),
        ("#Clay #clay", ["Clay"]),
        ("#1 #99 a#b https://a.example/#x &#35;x ##x", []),
        ("\\#no `#no` [#no](https://a.example)", []),
        ("```\n#no\n```\n*#yes*", ["yes"]),
        ("#" + "x" * 101, []),
    ],
)
def test_hashtags_are_found_where_a_reader_would_see_one(text: str, tags: list[str]) -> None:
    written = write(Draft(text), tag_page)
    assert list(written.hashtags) == tags
    assert written.html.count("mention hashtag") == (2 if "#Clay #clay" in text else len(tags))


def test_a_hashtag_links_to_our_page() -> None:
    assert html("On #clay now") == f"<p>On {link('clay')} now</p>"


def test_hashtags_that_the_text_does_not_have_stand_below_it() -> None:
    shown = html("On #clay", hashtags=("CLAY", "just chatting", "24", ""))
    assert shown == f"<p>On {link('clay')}</p>\n<p>{link('JustChatting')}</p>"


@pytest.mark.parametrize(
    ("text", "name"), [("clay", "clay"), ("slow tv", "SlowTv"), ("c++", "c"), ("2024", ""), ("!", ""), ("#x", "x")]
)
def test_a_tag_of_several_words_becomes_one(text: str, name: str) -> None:
    assert hashtag(text) == name


def test_of_ten_thousand_hashtags_a_few_are_links() -> None:
    many = tuple(f"tag{number}" for number in range(10_000))
    written = write(Draft("#a " * (MAX_TEXT // 3), hashtags=many), tag_page)
    assert len(written.hashtags) == MAX_HASHTAGS
    assert len(note(Draft(" ".join(f"#{tag}" for tag in many)[:MAX_TEXT]), framed()).tags) == MAX_HASHTAGS


def test_a_mention_of_a_known_account_becomes_a_link() -> None:
    shown = html("Hi @Ann@A.example, and @bob@b.example", mentions=(ANN,))
    mention = f'<span class="h-card"><a href="{ANN.actor}" class="u-url mention">@<span>ann</span></a></span>'
    assert shown == f"<p>Hi {mention}, and @bob@b.example</p>"
    assert html("`@ann@a.example` x@ann@a.example \\@ann@a.example", mentions=(ANN,)).count("mention") == 0


def test_the_handles_of_a_text_are_listed_once_and_only_so_many() -> None:
    found = handles("@ann@a.example @Ann@a.example `@no@a.example` @bad@-.example @eve@e.example:8443.")
    assert [str(each) for each in found] == ["@ann@a.example", "@eve@e.example:8443"]
    assert len(handles(" ".join(f"@u{number}@a.example" for number in range(100)))) == MAX_MENTIONS


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        '[x](https://a.example "onmouseover=alert(1)")',
        '![x"><script>](https://a.example/"onload=x)',
        '#x"onclick=alert(1) https://a.example/"onclick=x',
        "<https://a.example/<script>>",
        "&lt;script&gt; &#60;script&#62;",
        "@ann@a.example<script>",
    ],
)
def test_nothing_that_a_page_could_be_harmed_by_comes_out(text: str) -> None:
    shown = html(text, mentions=(ANN,))
    assert not re.search(r"<(?!/?(p|a|span|br|em|code|pre)\b)[^>]*>", shown)
    assert not re.search(r"<[^>]*\s(on\w+|style|src)\s*=", shown)
    assert "javascript:" not in re.sub(r"\[x\]\(javascript:[^)]*\)", "", shown)


@examples(100)
@given(st.text(max_size=300), st.text(alphabet="#@*_`[]()!<>&~:/.ab1 \n", max_size=200))
def test_any_text_at_all_is_written_within_limits(first: str, second: str) -> None:
    written = write(Draft(first + second, mentions=(ANN,), hashtags=(first,)), tag_page)
    assert clean(written.html) == written.html
    assert not re.search(r"<(script|img|style|iframe)", written.html)


@pytest.mark.parametrize(
    "bomb", ["> ", "[", "![", "*", "_a", "`", "~~", "@a@", "#a", "[a](b)", "&", "\\#", "- ", "https://a.b/", "&#0;"]
)
def test_no_text_takes_long_or_grows_beyond_its_limit(bomb: str) -> None:
    text = (bomb * MAX_TEXT)[:MAX_TEXT]
    began = time.process_time()
    written = write(Draft(text, mentions=(ANN,)), tag_page)
    assert time.process_time() - began < 2
    assert len(written.html) <= MAX_HTML * 2
    assert written.html.count('target="_blank"') <= max(MAX_LINKS, text.count("[a]"))


def test_a_note_has_all_that_other_servers_ask_for() -> None:
    picture = Picture("https://node.example/t.jpg", "image/jpeg", "A \x00wheel", 640, 360, "LKO2", (0.1, -0.2))
    draft = Draft(
        "Hi @ann@a.example #clay",
        in_reply_to="https://a.example/1",
        mentions=(ANN, ANN),
        pictures=(picture,),
        language="en",
        summary="flicker",
    )
    made = write_object(note(draft, framed()))
    assert (made["id"], made["attributedTo"], made["inReplyTo"]) == (POST, ME, "https://a.example/1")
    assert (made["to"], made["cc"]) == ([PUBLIC], [f"{ME}/followers", ANN.actor])
    assert made["contentMap"] == {"en": made["content"]}
    assert (made["summary"], made["sensitive"], made["replies"]) == ("flicker", True, embed_link(f"{POST}/replies"))
    assert made["tag"] == [
        {"type": "Mention", "name": "@ann@a.example", "href": ANN.actor},
        {"type": "Hashtag", "name": "#clay", "href": tag_page("clay")},
    ]
    (shown,) = made["attachment"]
    assert (shown["mediaType"], shown["name"], shown["focalPoint"]) == ("image/jpeg", "A wheel", [0.1, -0.2])
    assert made["interactionPolicy"] == {"canQuote": {"automaticApproval": [PUBLIC]}}
    assert isinstance(parse_object(made), Object)


def test_only_what_everybody_may_read_may_be_quoted_by_everybody() -> None:
    approved = {
        shown: (note(Draft("x"), framed(shown)).policy or {})["canQuote"]["automaticApproval"] for shown in Visibility
    }
    assert approved == {
        Visibility.PUBLIC: [PUBLIC],
        Visibility.UNLISTED: [PUBLIC],
        Visibility.FOLLOWERS: [ME],
        Visibility.DIRECT: [ME],
    }


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(" "), "value"),
        (Draft("\x00"), "value"),
        (Draft("x" * 5001), "value"),
        (Draft("***"), "value"),
        (Draft("x", summary="x" * 501), "summary"),
        (Draft("x", pictures=(Picture("https://a.example/x", "image/png"),) * 5), "pictures"),
        (Draft("x", in_reply_to="javascript:x"), "in_reply_to"),
    ],
)
def test_a_draft_that_cannot_be_posted_is_refused_with_its_field(draft: Draft, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        note(draft, framed())
    assert refused.value.field == field


def test_a_text_of_nothing_but_signs_is_no_post() -> None:
    with invalid("at most 1000 line breaks and signs"):
        note(Draft("[" * 1001), framed())
    assert handles("@ann@a.example " + "*" * 1001) == ()
    assert note(Draft("* a\n" * 400), framed()).content
