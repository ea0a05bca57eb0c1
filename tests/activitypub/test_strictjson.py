import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.refusal import Reason, Refused
from activitypub.strictjson import LIMITS, MAX_DIGITS, JsonLimits, parse, write
from tests.kit.examples import examples


def refusal(data: bytes, limits: JsonLimits | None = None) -> Reason:
    with pytest.raises(Refused) as caught:
        parse(data, limits or JsonLimits())
    return caught.value.reason


def nested(depth: int, opening: str = '{"a":', closing: str = "}") -> bytes:
    """Return an object that is nested `depth` levels deep."""
    return ('{"a":' + opening * (depth - 2) + "{}" + closing * (depth - 2) + "}").encode()


def test_a_document_is_read_as_any_json_parser_would() -> None:
    text = '{"id": "https://a.example/é\\n", "n": [1, -2.5, true, null, {"x": {}}], "emoji": "\\ud83d\\ude00"}'
    assert parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "x\\u0000y"}',
        b'{"a": ["\\u0000"]}',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"a": "\x00"}',
    ],
)
def test_what_is_not_a_plain_json_object_is_refused(text: bytes) -> None:
    assert refusal(text) is Reason.NOT_JSON


@pytest.mark.parametrize(
    "text",
    [
        b'{"actor": "a", "actor": "b"}',
        b'{"a": {"id": 1, "id": 1}}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"a": ' + b"9" * 21 + b"}",
    ],
)
def test_a_document_with_two_readings_is_refused(text: bytes) -> None:
    assert refusal(text) is Reason.JSON_LIMITS


def test_a_body_over_the_size_is_refused_unread() -> None:
    assert refusal(b"{" * 101, JsonLimits(size=100)) is Reason.TOO_LARGE
    assert parse(b'{"a":"' + b"x" * 92 + b'"}', JsonLimits(size=100))


def test_depth_counts_objects_and_lists() -> None:
    limits = JsonLimits(depth=8)
    assert parse(nested(8), limits)
    assert refusal(nested(9), limits) is Reason.JSON_LIMITS
    lists = b'{"a":' + b"[" * 8 + b"]" * 8 + b"}"
    assert refusal(lists, limits) is Reason.JSON_LIMITS
    assert parse(b'{"a":' + b"[" * 7 + b"]" * 7 + b"}", limits)


def test_wide_documents_with_many_brackets_are_not_deep() -> None:
    wide = b'{"tag":[' + b",".join([b'{"a":[]}'] * 100) + b"]}"
    assert len(parse(wide)["tag"]) == 100


@pytest.mark.parametrize("opening", [b'{"a":', b"["])
def test_nesting_beyond_the_stack_of_the_interpreter_is_a_refusal(opening: bytes) -> None:
    assert refusal(b'{"a":' + opening * 150_000) in {Reason.JSON_LIMITS, Reason.NOT_JSON}


def test_keys_are_counted_over_the_whole_document() -> None:
    limits = JsonLimits(keys=4)
    assert parse(b'{"a":{"b":1},"c":{"d":1}}', limits)
    assert refusal(b'{"a":{"b":1},"c":{"d":1,"e":1}}', limits) is Reason.JSON_LIMITS


def test_list_items_are_counted_over_the_whole_document() -> None:
    limits = JsonLimits(items=4)
    assert parse(b'{"a":[1,2],"b":[3,4]}', limits)
    assert refusal(b'{"a":[1,2,3],"b":[4,5]}', limits) is Reason.JSON_LIMITS


def test_what_is_written_is_compact_and_read_back_the_same() -> None:
    document = {"name": "Ünïcode 😀", "list": [1, {"x": None}]}
    assert write(document) == '{"name":"Ünïcode 😀","list":[1,{"x":null}]}'.encode()
    assert parse(write(document)) == document
    with pytest.raises(ValueError, match="JSON compliant"):
        write({"a": float("nan")})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@examples(200)
@given(
    st.one_of(
        st.binary(),
        st.dictionaries(st.text(max_size=5), values, max_size=4).map(lambda value: json.dumps(value).encode()),
    )
)
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    try:
        document = parse(data)
    except Refused:
        return
    # nothing in it breaks an encoder later
    assert parse(write(document)) == document


def test_what_is_in_lists_is_counted_while_it_is_read() -> None:
    most = LIMITS.items - 1
    assert len(parse(b'{"a":[' + b"1," * (most - 1) + b"1.5]}")["a"]) == most
    for item in (b"1,", b"1.5,", b"{},"):
        with pytest.raises(Refused) as refused:
            parse(b'{"a":[' + item * (LIMITS.items + LIMITS.keys + 1) + b'1],"b":' + b"?")
        # before what is wrong at the end was seen
        assert refused.value.reason is Reason.JSON_LIMITS


def test_the_limits_are_those_that_mastodon_and_the_specifications_leave_room_for() -> None:
    assert JsonLimits(size=1_048_576, depth=32, keys=2_000, items=5_000) == LIMITS


def test_a_number_may_have_so_many_digits() -> None:
    assert parse(b'{"a": ' + b"9" * MAX_DIGITS + b"}") == {"a": 10**MAX_DIGITS - 1}
    assert refusal(b'{"a": ' + b"9" * (MAX_DIGITS + 1) + b"}") is Reason.JSON_LIMITS


def test_a_bad_text_is_found_behind_good_ones() -> None:
    assert refusal(b'{"a": {"b": "\\u0000"}, "z": "good"}') is Reason.NOT_JSON
    assert refusal(b'{"z": "good", "a": {"b": "\\u0000"}}') is Reason.NOT_JSON


def test_the_walk_through_a_document_counts_as_the_parser_does() -> None:
    """An escape has the document walked through, which must refuse nothing more and nothing less."""
    deep, wide = JsonLimits(depth=8), JsonLimits(items=4)
    escaped = rb'{"z":"\u00e4","a":'
    assert parse(escaped + b"[" * 7 + b"]" * 7 + b"}", deep)
    assert refusal(escaped + b"[" * 8 + b"]" * 8 + b"}", deep) is Reason.JSON_LIMITS
    assert parse(escaped + b'["w","x","y","z"]}', wide)
    assert refusal(escaped + b'["v","w","x","y","z"]}', wide) is Reason.JSON_LIMITS


def test_numbers_and_objects_are_counted_with_the_keys_that_hold_them() -> None:
    limits = JsonLimits(keys=2, items=2)
    assert parse(b'{"a":[1,2],"b":1}', limits)  # four values: two of keys, two of the list
    assert refusal(b'{"a":[1,2,3],"b":1}', limits) is Reason.JSON_LIMITS
