import contextlib
import time
from datetime import datetime
from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.metrics.structured_fields import MAX_ITEMS, MAX_LENGTH, MAX_MEMBERS, NotStructured, parse_dictionary
from tests.kit.examples import examples

GOOD = [
    'br=3200,bs,d=4004,mtp=25400,nor="..%2F300kbps%2Fsegment35.m4v",nrr="12323-48763",ot=v,rtp=15000,sf=h,'
    'sid="6e2fb550-c457-11e9-bb97-0800200c9a66",tb=6000',
    "bl=(3200;v 2000;a),br=(1200;v),sta=p,ltc=2500,ts=1764498000000,v=2",
    'ec=("E1" "E2"), e=t',
    "a=?0, b=?1;x=1, c",
    "a=:aGVsbG8=:, b=:aGVsbG8:",
    "a=@1659578233, b=@-1",
    'a=%"f%c3%bc", b="q\\"q\\\\"',
    "a=1.5, b=-0.001, c=999999999999999",
    "*a=*b/c:d",
    "",
    "   ",
    "a=1  ",
    "a=1\t",
    "a=1,a=2",
    "a=()",
    "a=( 1   2 );p",
]
BAD = [
    "a=",
    "a=1,",
    "a=1,,b",
    "A=1",
    "a=1 b=2",
    "a=(1",
    "a=(1,2)",
    "a=1.",
    "a=.5",
    "a=1.0001",
    "a=1234567890123456",
    "a=1234567890123.1",
    "a=--1",
    'a="x',
    'a="\\x"',
    'a="é"',
    "a=:&:",
    "a=?2",
    "a=@1.5",
    'a=%"%C3"',
    'a=%"%ff"',
    "a;=1",
    ",",
    "\ta=1",
    "a=((1))",
    '{"br": 1}',
]


def flat(value: Any) -> Any:
    """Return a value of http_sf in the form of ours, without parameters."""
    inner = value[0] if isinstance(value, tuple) else value
    if isinstance(inner, list):
        return tuple(flat(each) for each in inner)
    if isinstance(inner, datetime):
        return int(inner.timestamp())
    if isinstance(inner, bool | int | bytes):
        return inner
    try:
        return float(inner) if not isinstance(inner, str) else str(inner)
    except (TypeError, ValueError):
        return str(inner)


def by_http_sf(text: str) -> dict[str, Any] | None:
    try:
        found: Any = http_sf.parse(text.encode(), tltype="dictionary")
        return {name: flat(value) for name, value in found.items()}
    except Exception:  # it raises errors of many kinds
        return None


@pytest.mark.parametrize("text", GOOD)
def test_a_dictionary_is_read_as_another_parser_reads_it(text: str) -> None:
    assert parse_dictionary(text) == by_http_sf(text)


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_dictionary_is_refused(text: str) -> None:
    with pytest.raises(NotStructured):
        parse_dictionary(text)


@examples(600)
@given(st.text('abz*=,;()"\\ \t?:@%.-_0123456789', max_size=24))
def test_any_text_is_read_or_refused_as_by_another_parser(text: str) -> None:
    expected = by_http_sf(text)
    try:
        found = parse_dictionary(text)
    except NotStructured:
        assert expected is None or lenient(text)
        return
    assert found == expected or lenient(text)


def lenient(text: str) -> bool:
    """Return whether the other parser is known to read base64, dates and display strings otherwise."""
    return any(mark in text for mark in ":@%")


@examples(300)
@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(NotStructured):
        parse_dictionary(text)


def test_the_limits() -> None:
    assert len(parse_dictionary(",".join(f"k{n}" for n in range(MAX_MEMBERS)))) == MAX_MEMBERS
    assert parse_dictionary(f"a=({'1 ' * MAX_ITEMS})")["a"] == (1,) * MAX_ITEMS
    for text in (
        ",".join(f"k{n}" for n in range(MAX_MEMBERS + 1)),
        f"a=({'1 ' * (MAX_ITEMS + 1)})",
        f"a={'b' * MAX_LENGTH}",
    ):
        with pytest.raises(NotStructured):
            parse_dictionary(text)


@pytest.mark.parametrize("piece", ["a=1;b", "a,", "(", "((", '"', '\\"', ";b", " ", "%25", "a=(", "1 ", ":"])
def test_the_worst_texts_take_no_longer_than_others(piece: str) -> None:
    text = ("a=" + piece * MAX_LENGTH)[:MAX_LENGTH]
    began = time.process_time()
    with contextlib.suppress(NotStructured):
        parse_dictionary(text)
    assert time.process_time() - began < 0.5
