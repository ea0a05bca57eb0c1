"""Our parser against http-sf, an independent implementation of structured fields."""

from decimal import Decimal
from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.signatures import structured_fields
from activitypub.signatures.structured_fields import BadField, BareItem, InnerList, Item, Token
from tests.kit.examples import examples


def parsed(text: str) -> dict[str, structured_fields.Member]:
    return structured_fields.parse_dictionary(text)


def refused(text: str) -> str:
    with pytest.raises(BadField) as caught:
        parsed(text)
    return str(caught.value)


def test_a_signature_input_is_an_inner_list_with_parameters() -> None:
    text = 'sig1=("@method" "@target-uri" "content-digest");created=1700000000;keyid="https://a.example/#k"'
    inputs = parsed(text)["sig1"]
    assert inputs == InnerList(
        (Item("@method"), Item("@target-uri"), Item("content-digest")),
        {"created": 1700000000, "keyid": "https://a.example/#k"},
    )
    assert isinstance(inputs, InnerList)
    assert "sig1=" + structured_fields.write_inner_list(inputs) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=-999999999999999", -999999999999999),
        ("a=1.5", Decimal("1.5")),
        ("a=-0.125", Decimal("-0.125")),
        ('a="x \\"y\\" \\\\z"', 'x "y" \\z'),
        ("a=tok/en:*", Token("tok/en:*")),
        ("a=*x", Token("*x")),
        ("a=:AQI=:", b"\x01\x02"),
        ("a=::", b""),
        ("a=?0", False),
        ("a=?1", True),
        ("a", True),
    ],
)
def test_each_kind_of_value_is_read(text: str, value: BareItem) -> None:
    assert parsed(text) == {"a": Item(value)}


@pytest.mark.parametrize(
    ("spelled", "canonical"),
    [
        ('a=(  "x"   "y"  );  b=1;c', 'a=("x" "y");b=1;c'),
        ("a=1 ,\tb=2", "a=1, b=2"),
        ("a;x=?1;y=?0", "a;x;y=?0"),
        ("a=?1;x", "a;x"),
        ("a=1.500", "a=1.5"),
        ("a=2.000", "a=2.0"),
        ("a=007", "a=7"),
        (" a=() ", "a=()"),
        ("", ""),
    ],
)
def test_a_field_is_written_in_its_canonical_form(spelled: str, canonical: str) -> None:
    assert structured_fields.write_dictionary(parsed(spelled)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "A=1",
        "=1",
        "a=",
        "a=1,",
        "a=1, ,b=2",
        "a=1 b=2",
        "a=1;",
        "a=1;B",
        'a="x',
        'a="\\x"',
        'a="\t"',
        "a=é",
        "a=:A:",
        "a=:AB==:",
        "a=:AA==",
        "a=?2",
        "a=?",
        "a=1234567890123456",
        "a=1.1234",
        "a=1.",
        "a=-",
        "a=1234567890123.1",
        "a=@1700000000",
        'a=("x""y")',
        'a=("x"',
        "a=(",
        "a=(1,2)",
        "a=((1))",
        "a=1, a=2",
        "a=1;b=1;b=2",
        "\ta=1",
        "a" * 65,
    ],
)
def test_what_is_not_a_structured_field_is_refused(text: str) -> None:
    assert refused(text)


def test_everything_that_can_grow_has_a_limit() -> None:
    most = structured_fields.MAX_MEMBERS
    assert len(parsed(",".join(f"a{n}" for n in range(most)))) == most
    assert "parameters" in refused("a" + "".join(f";b{n}" for n in range(most + 2)))
    assert "items" in refused("a=(" + " ".join("1" for n in range(most + 2)) + ")")
    assert "members" in refused(",".join(f"a{n}" for n in range(most + 2)))
    assert "too long" in refused("a=" + "x" * structured_fields.MAX_FIELD)


@pytest.mark.parametrize(
    "item",
    [
        Item("é"),
        Item("line\nbreak"),
        Item(10**15),
        Item(Decimal(10) ** 12),
        Item(Token("two words")),
        Item(1, {"Upper": 1}),
    ],
)
def test_a_value_that_cannot_be_written_is_refused(item: Item) -> None:
    with pytest.raises(BadField):
        structured_fields.write_dictionary({"a": item})


def as_http_sf(member: structured_fields.Member) -> Any:
    """Return our value as http-sf has it: (value, params), and inner lists as lists of such pairs."""
    params = {key: bare(value) for key, value in member.params.items()}
    if isinstance(member, InnerList):
        return ([as_http_sf(item) for item in member.items], params)
    return (bare(member.value), params)


def bare(value: BareItem) -> Any:
    return http_sf.Token(value.word) if isinstance(value, Token) else value


words = st.sampled_from([*'abz019*_-."\\:;=(),? \t@?é', "a=", "b;", '"x"', ":AA==:", "?1", "()", ', c="', "1.5"])


@examples(400)
@given(st.lists(words, max_size=14).map("".join))
def test_what_we_read_http_sf_reads_the_same(text: str) -> None:
    try:
        ours = parsed(text)
    except BadField:
        return
    theirs: Any = http_sf.parse(text.encode(), tltype="dictionary")
    assert {key: as_http_sf(member) for key, member in ours.items()} == theirs
    assert list(ours) == list(theirs)
    if ours:
        assert structured_fields.write_dictionary(ours) == http_sf.ser(theirs)


bares = st.one_of(
    st.booleans(),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(-(10**11), 10**11, places=3),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10),
    st.binary(max_size=10),
    st.from_regex(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]{0,8}", fullmatch=True).map(Token),
)
keys = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
params = st.dictionaries(keys, bares, max_size=3)
items = st.builds(Item, bares, params)
members = st.one_of(items, st.builds(InnerList, st.lists(items, max_size=4).map(tuple), params))


@examples(200)
@given(st.dictionaries(keys, members, max_size=5))
def test_what_we_write_is_read_back_the_same_by_both(value: dict[str, structured_fields.Member]) -> None:
    text = structured_fields.write_dictionary(value)
    assert parsed(text) == value
    if value:
        theirs: Any = http_sf.parse(text.encode(), tltype="dictionary")
        assert {key: as_http_sf(member) for key, member in value.items()} == theirs
