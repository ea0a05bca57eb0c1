"""Collections and their pages, read and written (ActivityStreams section 5.3). The items come from the caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from activitypub import properties
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.vocabulary.contexts import with_context

MAX_ITEMS = 1000  # read from one page; more are left out

COLLECTIONS = frozenset({"Collection", "OrderedCollection"})
PAGES = frozenset({"CollectionPage", "OrderedCollectionPage"})


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection, or a page of one if `page` is true. `items` are ids or documents; `total` is the server's claim.

    `first` is the id of the first page. If the first page was embedded, its items are among `items`, and `next` is its
    successor.
    """

    id: str
    page: bool
    total: int | None = None
    items: tuple[str | Json, ...] = ()
    first: str | None = None
    next: str | None = None
    part_of: str | None = None


def page_url(identifier: str, number: int) -> str:
    """Return the id of page `number` of a collection of our own, counted from 1."""
    return f"{identifier}?{urlencode({'page': number})}"


def write_collection(identifier: str, total: int, *, last: int | None = None, ordered: bool = True) -> Json:
    """Return a collection of `total` items on `last` pages. `last` None hides the items, for private followers."""
    made: Json = {"id": identifier, "type": "OrderedCollection" if ordered else "Collection", "totalItems": total}
    if last is not None:
        made["first"] = page_url(identifier, 1)
        made["last"] = page_url(identifier, max(1, last))
    return with_context(made)


def write_unpaged(identifier: str, items: Sequence[str | Json]) -> Json:
    """Return a short collection with all its items and without pages, such as `featured` or an empty `following`."""
    made: Json = {
        "id": identifier,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": list(items),
    }
    return with_context(made)


def write_page(
    identifier: str, number: int, items: Sequence[str | Json], *, total: int, last: int, ordered: bool = True
) -> Json:
    """Return page `number` of `last` with its items, counted from 1; `total` is of the whole collection."""
    made: Json = {
        "id": page_url(identifier, number),
        "type": "OrderedCollectionPage" if ordered else "CollectionPage",
        "partOf": identifier,
        "totalItems": total,
        "orderedItems" if ordered else "items": list(items),
    }
    if number > 1:
        made["prev"] = page_url(identifier, number - 1)
    if number < last:
        made["next"] = page_url(identifier, number + 1)
    return with_context(made)


def embed_link(identifier: str) -> Json:
    """Return a collection for a document that is delivered: its embedded first page is empty and has only `next`.

    Mastodon writes the `replies` of a post like this, and GoToSocial reads them in no other form.
    """
    first = {"type": "CollectionPage", "partOf": identifier, "next": page_url(identifier, 1), "items": []}
    return {"id": identifier, "type": "Collection", "first": first}


def embed_first_page(identifier: str, items: Sequence[str], *, total: int, last: int) -> Json:
    """Return a collection for a document that is fetched, with the `items` of its first page embedded."""
    first = write_page(identifier, 1, items, total=total, last=last, ordered=False)
    return {"id": identifier, "type": "Collection", "totalItems": total, "first": first}


def parse_collection(document: Json) -> Collection:
    """Return the collection or page in another server's document. Raises Refused(SHAPE).

    Following `next` is left to the caller, who must stop after some pages: the server can make them without end.
    """
    properties.check_plain(document)
    identifier, kinds = properties.id_of(document), set(properties.types(document))
    if identifier is None or not kinds & (COLLECTIONS | PAGES):
        raise Refused(Reason.SHAPE, "not a collection with an id")
    first = document.get("first")
    # Mastodon embeds the first page of replies
    source = first if isinstance(first, dict) else document
    return Collection(
        identifier,
        page=bool(kinds & PAGES),
        total=properties.number(document.get("totalItems")),
        items=(*_items(document), *(_items(source) if source is not document else ())),
        first=properties.id_of(first),
        next=properties.id_of(source.get("next")),
        part_of=properties.id_of(document.get("partOf")),
    )


def _items(document: Json) -> tuple[str | Json, ...]:
    given: Any = document.get("orderedItems", document.get("items"))
    return tuple(each for each in properties.as_list(given)[:MAX_ITEMS] if isinstance(each, str | dict))
