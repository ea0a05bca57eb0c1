"""Activities that reverse each other have keys that match."""

import pytest

from activitypub.strictjson import Json
from activitypub.vocabulary.activity import parse_activity
from activitypub.vocabulary.reversals import Reversal, reversal_of

ANN, LIVE = "https://ann.example/users/ann", "https://node.example/federation/user/live"
PAIRED = ("Follow", "Block", "Like", "EmojiReact", "Announce")


def reversal(kind: str, thing: object, number: int = 1) -> Reversal | None:
    document: Json = {"id": f"{ANN}#{kind}/{number}", "type": kind, "actor": ANN, "object": thing, "content": "x"}
    return reversal_of(parse_activity(document, ANN))


def inner(kind: str, thing: str = LIVE) -> Json:
    return {"id": f"{ANN}#{kind}/1", "type": kind, "actor": ANN, "object": thing}


@pytest.mark.parametrize("kind", PAIRED)
def test_an_activity_and_its_undo_reverse_each_other(kind: str) -> None:
    done, undone = reversal(kind, LIVE), reversal("Undo", inner(kind))
    assert done is not None
    assert undone is not None
    assert done.key != undone.key
    assert undone.key in done.reversed_keys
    assert done.key in undone.reversed_keys
    assert undone.reversed_ids == (f"{ANN}#{kind}/1",)


@pytest.mark.parametrize("kind", PAIRED)
def test_an_undo_by_id_alone_is_reversed_by_the_activity_with_that_id(kind: str) -> None:
    done, undone = reversal(kind, LIVE), reversal("Undo", f"{ANN}#{kind}/1")
    assert done is not None
    assert undone is not None
    assert undone.key in done.reversed_keys
    assert undone.reversed_ids == (f"{ANN}#{kind}/1",)


@pytest.mark.parametrize(("does", "ends"), [("Follow", "Block"), ("Accept", "Reject")])
def test_some_activities_reverse_each_other_without_an_undo(does: str, ends: str) -> None:
    first, last = reversal(does, LIVE), reversal(ends, LIVE)
    assert first is not None
    assert last is not None
    assert last.key in first.reversed_keys
    assert first.key in last.reversed_keys


def test_other_types_objects_and_actors_have_other_keys() -> None:
    sides = {
        found.key for kind in ("Like", "Announce", "Follow") for url in (LIVE, ANN) if (found := reversal(kind, url))
    }
    assert len(sides) == 6
    assert all(len(side) == 65 for side in sides)


@pytest.mark.parametrize("kind", ["View", "Flag", "Delete"])
def test_a_type_that_cannot_be_reversed_has_no_reversal(kind: str) -> None:
    assert reversal(kind, f"{ANN}/notes/1") is None
