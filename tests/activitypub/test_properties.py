from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub import properties
from activitypub.refusal import Refused
from tests.kit.examples import examples

URL = "https://a.example/1"


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse"])
def test_json_ld_that_moves_properties_is_refused(keyword: str) -> None:
    properties.check_plain({"@context": {}, "@id": "x"})
    with pytest.raises(Refused):
        properties.check_plain({keyword: []})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Note", ("Note",)),
        (["A", "B"], ("A", "B")),
        (["A", 5, None], ("A",)),
        (None, ()),
        ({}, ()),
        (["A"] * 20, ("A",) * 8),
    ],
)
def test_a_type_is_a_name_or_a_short_list_of_names(value: Any, expected: tuple[str, ...]) -> None:
    assert properties.types({"type": value}) == expected


@pytest.mark.parametrize(
    ("value", "first", "only"),
    [
        (URL, URL, URL),
        ({"id": URL}, URL, URL),
        ([URL], URL, URL),
        ([{"id": URL}], URL, URL),
        ([URL, "https://b.example/"], URL, None),
        ([], None, None),
        (None, None, None),
        ("tag:x", None, None),
        ({"id": {"id": URL}}, None, None),
        ([[URL]], None, None),
    ],
)
def test_an_id_is_a_url_or_in_an_object_or_the_first_of_a_list(value: Any, first: str | None, only: str | None) -> None:
    assert properties.id_of(value) == first
    assert properties.single_id(value) == only


def test_recipients_are_texts_without_doubles_in_order_and_of_limited_number() -> None:
    assert properties.ids_of("as:Public") == ("as:Public",)
    assert properties.ids_of(["b", {"id": "a"}, "b", 5, "", {"id": 5}, None]) == ("b", "a")
    assert properties.ids_of({"id": "a"}) == ("a",)
    assert properties.ids_of(None) == ()
    assert len(properties.ids_of([str(number) for number in range(5000)])) == properties.MAX_IDS


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (URL, URL),
        ({"type": "Link", "href": URL}, URL),
        ({"type": "Image", "url": URL}, URL),
        ([{"href": "https://a.example/v.m3u8", "mediaType": "x/y"}, {"href": URL, "mediaType": "text/html"}], URL),
        ([{"href": URL, "mediaType": "x/y"}, "https://b.example/"], URL),
        ("javascript:alert(1)", None),
        ({"href": "javascript:alert(1)"}, None),
        ([None, 5, {"href": 5}, URL], URL),
        (None, None),
    ],
)
def test_of_several_links_the_page_is_the_one_to_show(value: Any, expected: str | None) -> None:
    assert properties.url_of(value) == expected


def test_unwrap_takes_the_element_of_a_list_of_one_only() -> None:
    assert properties.unwrap([1]) == 1
    assert properties.unwrap([1, 2]) == [1, 2]
    assert properties.unwrap(None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Ann  ", "Ann"),
        ("Ann\u202egnirts", "Anngnirts"),
        ("\u200b\u2066\ufeff\u00ad", None),
        ("a\nb\x00c\x9f", "abc"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("x" * 600, "x" * 500),
        ("", None),
        (5, None),
    ],
)
def test_a_name_loses_what_makes_it_look_like_another(value: Any, expected: str | None) -> None:
    assert properties.label(value) == expected


def test_text_is_cut_and_numbers_are_whole_and_in_range() -> None:
    assert properties.text("abc", 2) == "ab"
    assert [properties.text(value, 2) for value in ("", None, 5, ["x"])] == [None] * 4
    assert properties.number(5, 5) == 5
    assert [properties.number(value, 5) for value in (6, -1, 1.5, True, "5", None)] == [None] * 6


@pytest.mark.parametrize(
    "text",
    ["2026-05-01T10:00:00Z", "2026-05-01T10:00:00.123+00:00", "2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00"],
)
def test_a_time_is_read_with_any_zone_and_written_in_one_form(text: str) -> None:
    when = properties.parse_time(text)
    assert when is not None
    assert when.utcoffset() is not None
    assert properties.write_time(when) == "2026-05-01T10:00:00Z"


@pytest.mark.parametrize("value", [None, 5, "", "soon", "2026-13-01T00:00:00Z", "x" * 50])
def test_what_is_no_time_is_none(value: Any) -> None:
    assert properties.parse_time(value) is None


@examples(100)
@given(st.integers(0, 4_000_000_000), st.integers(-12, 14))
def test_every_time_survives_the_way_there_and_back(second: int, hours: int) -> None:
    when = datetime.fromtimestamp(second, UTC) + timedelta(hours=hours)
    assert properties.parse_time(properties.write_time(when)) == when


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "href", "url", "type", "mediaType"]), inner)
    ),
    max_leaves=5,
)


@examples(100)
@given(values)
def test_any_value_is_read_as_something_or_nothing(value: Any) -> None:
    for read in (
        properties.id_of,
        properties.single_id,
        properties.ids_of,
        properties.url_of,
        properties.label,
        properties.parse_time,
        properties.number,
    ):
        read(value)
    properties.types({"type": value})
    properties.text(value, 10)


def test_a_page_on_another_host_is_not_the_authors() -> None:
    assert properties.page_url_of(
        [{"href": "https://a.example/@ann", "mediaType": "text/html"}], "https://a.example/u/1"
    )
    assert properties.page_url_of("https://b.example/@ann", "https://a.example/u/1") is None
    assert properties.page_url_of(None, "https://a.example/u/1") is None
