"""The words of a notice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.federation.posts.compose import write
from fedistream.federation.posts.values import Draft
from fedistream.notices.wording import alt, ended, live
from tests.kit.examples import examples

LINK = "https://node.example/live/7"


@pytest.mark.parametrize(
    ("message", "title", "text"),
    [
        ("I'm *live*!", "Locks", f"I'm *live*!\n\n**Locks**\n\n{LINK}"),
        ("Live", " ", f"Live\n\n{LINK}"),
        ("Live", "a*b* [c](d)", f"Live\n\n**a\\*b\\* \\[c\\](d\\)**\n\n{LINK}".replace("](d", "]\\(d")),
        (" ", "Locks", ""),
    ],
)
def test_a_notice_says_the_message_the_title_and_where(message: str, title: str, text: str) -> None:
    assert live(message, title, LINK) == text


@pytest.mark.parametrize(
    ("title", "event", "text"),
    [
        ("Locks", "Evening *locks*", "Live\n\n**Locks**\n\n\N{CALENDAR} Evening \\*locks\\*\n\n"),
        ("", "Evening locks", "Live\n\n**Evening locks**\n\n"),
        (" evening LOCKS", "Evening locks", "Live\n\n**evening LOCKS**\n\n"),
    ],
)
def test_the_scheduled_event_is_named_once(title: str, event: str, text: str) -> None:
    assert live("Live", title, LINK, event) == text + LINK
    assert ended("Live", title, LINK, event) == text + LINK


def test_at_the_end_the_place_is_named_even_without_a_message() -> None:
    assert ended("", "Locks", LINK) == f"**Locks**\n\n{LINK}"
    assert ended("Over.", "", LINK) == f"Over.\n\n{LINK}"


def test_a_hashtag_in_the_title_is_one() -> None:
    assert write(Draft(live("Live", "#clay & <b>", LINK)), lambda tag: tag).hashtags == ("clay",)


@examples(100)
@given(st.text(alphabet="ab#@*_`[]()!<>&~|\\{} ", max_size=60))
def test_a_title_stands_as_it_is_typed(title: str) -> None:
    html = write(Draft(live("Live", title, LINK)), lambda tag: tag).html
    shown = html.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    plain = shown.replace('<a href="', "").replace("<strong>", "").replace("</strong>", "")
    if "#" not in title and " " not in title:
        assert title in plain


def test_a_picture_says_what_it_shows() -> None:
    assert (alt("Locks", "Ann"), alt("", "Ann")) == ("Locks (Ann)", "Ann")
