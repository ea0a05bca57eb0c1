"""The links of a page, in its header and in its HTML, found in linear time."""

import time

import pytest

from fedistream.signin.links import MAX_LINKS, Link, of_header, of_html

AUTH = "authorization_endpoint"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        ("</auth>; rel=authorization_endpoint", [Link(AUTH, "/auth")]),
        ('<https://a.example/auth>; title="x, y"; REL="Me authorization_endpoint"', [
            Link("me", "https://a.example/auth"), Link(AUTH, "https://a.example/auth"),
        ]),
        ("</one>; rel=a, </two>;rel=b", [Link("a", "/one"), Link("b", "/two")]),
        ("</one>", []),
        ("rel=a", []),
        ("<<<>>>;rel=a", [Link("a", "")]),
    ],
)  # fmt: skip
def test_a_link_header_is_read(header: str, found: list[Link]) -> None:
    assert list(of_header(header)) == found


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<LINK REL=Authorization_Endpoint HREF=/auth>", [Link(AUTH, "/auth")]),
        ("<link href='/a?x=1&amp;y=2' rel='a b'/>", [Link("a", "/a?x=1&y=2"), Link("b", "/a?x=1&y=2")]),
        ("<link rel=a href=/first href=/second>", [Link("a", "/first")]),
        ("<link rel=a><link href=/x><linkage rel=a href=/x>", []),
        ('<link rel="a" href="/>"><p rel=b href=/c>', [Link("a", "/>")]),
        ("<!-- <link rel=a href=/x> --><link rel=b href=/y>", [Link("b", "/y")]),
        ("<script>'<link rel=a href=/x>'</script ><link rel=b href=/y>", [Link("b", "/y")]),
        ("<textarea><link rel=a href=/x></textarea><title><link rel=a href=/x></title>", []),
        ("<!-- <link rel=a href=/x>", []),
        ("<link rel=a href=' /x\n'>", [Link("a", "/x")]),
        ("<link rel=a href", [Link("a", "")]),
    ],
)
def test_the_link_elements_of_a_page_are_read(html: str, found: list[Link]) -> None:
    assert list(of_html(html)) == found


def test_a_page_with_very_many_links_is_not_read_to_its_end() -> None:
    assert len(list(of_html("<link rel=a href=/x>" * 1000))) == MAX_LINKS


@pytest.mark.parametrize(
    "piece", ["<!--", "<link ", "<script ", "<link rel=a href='", "<link a=b ", "</script", "<link\t\t\t\t\t\t", '"']
)
def test_a_megabyte_of_anything_takes_no_time(piece: str) -> None:
    page = (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
    began = time.process_time()
    list(of_html(page))
    list(of_header(page))
    assert time.process_time() - began < 2
