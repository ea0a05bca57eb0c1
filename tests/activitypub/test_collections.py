from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub import collections
from activitypub.collections import Collection, parse_collection, write_collection, write_page, write_unpaged
from activitypub.refusal import Refused
from activitypub.strictjson import Json
from tests.kit.examples import examples

OUTBOX = "https://node.example/federation/user/live/outbox"
ITEMS: list[str | Json] = ["https://node.example/1", {"id": "https://node.example/2", "type": "Create"}]


def test_a_collection_is_read_page_by_page_to_its_end() -> None:
    pages = {
        collections.page_url(OUTBOX, number): write_page(OUTBOX, number, [ITEMS[0]], total=3, last=3)
        for number in (1, 2, 3)
    }
    top = parse_collection(write_collection(OUTBOX, 3, last=3))
    assert (top.page, top.total, top.items, top.first) == (False, 3, (), f"{OUTBOX}?page=1")
    items: list[Any] = []
    at = top.first
    while at:
        page = parse_collection(pages.pop(at))
        assert (page.page, page.part_of, page.total) == (True, OUTBOX, 3)
        items += page.items
        at = page.next
    assert len(items) == 3
    assert not pages


def test_first_and_last_page_say_so() -> None:
    first, last = (write_page(OUTBOX, number, [], total=0, last=2) for number in (1, 2))
    assert "prev" not in first
    assert first["next"] == last["id"]
    assert last["prev"] == first["id"]
    assert "next" not in last


def test_a_collection_may_hide_its_items() -> None:
    hidden = write_collection(OUTBOX, 17)
    assert "first" not in hidden
    assert parse_collection(hidden).total == 17
    assert write_collection(OUTBOX, 0, last=0)["last"] == f"{OUTBOX}?page=1"


def test_a_short_collection_comes_whole() -> None:
    assert parse_collection(write_unpaged(OUTBOX, ITEMS)) == Collection(OUTBOX, page=False, total=2, items=tuple(ITEMS))
    assert write_unpaged(OUTBOX, [])["orderedItems"] == []


def test_an_embedded_first_page_gives_its_items_and_where_to_go_on() -> None:
    """Mastodon embeds the first page of `replies`."""
    document: Json = {
        "id": OUTBOX,
        "type": "Collection",
        "first": {"type": "CollectionPage", "next": f"{OUTBOX}?page=true", "items": [ITEMS[0]]},
    }
    read = parse_collection(document)
    assert (read.items, read.next, read.first) == ((ITEMS[0],), f"{OUTBOX}?page=true", None)


@pytest.mark.parametrize(
    "document",
    [{}, {"id": OUTBOX}, {"id": OUTBOX, "type": "Note"}, {"type": "Collection"}, {"id": 5, "type": "Collection"}],
)
def test_what_is_no_collection_is_refused(document: Json) -> None:
    with pytest.raises(Refused):
        parse_collection(document)


def test_a_lone_item_counts_as_a_list_and_the_number_is_limited() -> None:
    assert parse_collection({"id": OUTBOX, "type": "Collection", "items": ITEMS[0]}).items == (ITEMS[0],)
    many = parse_collection({"id": OUTBOX, "type": "OrderedCollection", "orderedItems": ["x"] * 5000, "totalItems": -1})
    assert (len(many.items), many.total) == (collections.MAX_ITEMS, None)
    assert parse_collection({"id": OUTBOX, "type": "Collection", "items": [5, None, [], "x"]}).items == ("x",)


values = st.recursive(
    st.none() | st.integers() | st.sampled_from([OUTBOX, "Collection"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "items", "next"]), inner),
    max_leaves=5,
)


@examples(100)
@given(
    st.dictionaries(
        st.sampled_from(["id", "type", "first", "next", "items", "orderedItems", "totalItems", "partOf"]), values
    )
)
def test_any_document_is_a_collection_or_refused(document: Json) -> None:
    try:
        parse_collection(document)
    except Refused:
        return
