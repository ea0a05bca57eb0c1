import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.api.http.content_codings import IDENTITY, choose
from tests.kit.examples import examples

BOTH = ("br", "gzip")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", IDENTITY),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0", IDENTITY),
        ("gzip; q=0.000 , br;q=0", IDENTITY),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0.001", "br"),
        ("*", "br"),
        ("*;q=0", IDENTITY),
        ("*;q=0, gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0", IDENTITY),
        ("identity, gzip;q=0.5", IDENTITY),
        ("gzip, identity;q=0.5", "gzip"),
        ("gzip\t;\tq=0", IDENTITY),
        ("gzip;q=2", IDENTITY),
        ("gzip;q=-1", IDENTITY),
        ("gzip;level=9", IDENTITY),
        ("notgzip, gzipped", IDENTITY),
        (", ,gzip,", "gzip"),
        ("gzip" + "," * 10_000, "gzip"),
    ],
)
def test_the_coding_that_a_header_likes_most_is_chosen(header: str, expected: str) -> None:
    assert choose(header, BOTH) == expected


def test_where_nothing_is_offered_the_plain_bytes_are() -> None:
    assert choose("gzip, br", ()) == IDENTITY


@examples(100)
@given(st.text(), st.lists(st.sampled_from(BOTH), unique=True))
def test_whatever_is_said_one_of_the_offered_is_chosen(header: str, offered: list[str]) -> None:
    assert choose(header, offered) in (*offered, IDENTITY)
