import orjson
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from fedistream.api.http.request import MAX_COOKIES, MAX_JSON_DEPTH, ApiRequest
from fedistream.core.errors import Invalid
from tests.kit.examples import examples
from tests.kit.invalid import invalid


def request(body: bytes) -> ApiRequest:
    scope: dict[str, object] = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [],
        "query_string": b"",
        "client": None,
    }
    return ApiRequest(Request(scope), body=body)


def read(body: bytes) -> object:
    """The JSON, or the refusal."""
    try:
        return request(body).json()
    except Invalid as refusal:
        return refusal


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth(item) for item in value), default=0)
    return 0


@examples(200)
@given(st.one_of(st.binary(max_size=200), st.text('[]{}:,"ea1.-\\u ', max_size=100).map(str.encode)))
def test_any_bytes_are_json_within_the_limits_or_refused(body: bytes) -> None:
    value = read(body)
    assert value.field == "body" if isinstance(value, Invalid) else depth(value) <= MAX_JSON_DEPTH


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@examples(100)
@given(json)
def test_what_is_json_is_read_as_it_was_written(value: object) -> None:
    assert request(orjson.dumps(value)).json() == value


@examples(100)
@given(json, st.sampled_from([str, bool, int, list, dict]))
def test_a_member_is_of_the_kind_that_was_asked_for(value: object, kind: type[object]) -> None:
    asked = request(orjson.dumps({"value": value}))
    if type(value) is kind:
        assert asked.member("value", kind) == value
    else:
        with invalid(r"^value must be an? "):
            asked.member("value", kind)


def test_a_member_of_any_kind_may_be_asked_for() -> None:
    for value in (None, True, 1, "x", [1], {"a": 1}):
        assert request(orjson.dumps({"value": value})).member("value", object) == value
    with invalid("value is missing"):
        request(b"{}").member("value", object)


def test_a_cookie_is_found_among_others_and_not_behind_more_than_anybody_has() -> None:
    def cookie(header: str) -> str:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"cookie", header.encode())]}
        return ApiRequest(Request(scope)).cookie("ours")

    assert cookie("a=b; ours=1; c=d") == "1"
    assert cookie("a=b") == ""
    assert cookie(f"a={'b' * (MAX_COOKIES - 20)}; ours=1") == "1"
    assert cookie(";" * MAX_COOKIES + "ours=1") == ""
