"""Which activities stand on which side of which pair."""

import pytest

from activitypub.strictjson import Json
from activitypub.vocabulary.activity import parse_activity
from activitypub.vocabulary.pairs import Pair, pair_of

ANN, LIVE = "https://ann.example/users/ann", "https://node.example/federation/user/live"
PAIRED = ("Follow", "Block", "Like", "EmojiReact", "Announce")


def pair(kind: str, thing: object, number: int = 1) -> Pair | None:
    document: Json = {"id": f"{ANN}#{kind}/{number}", "type": kind, "actor": ANN, "object": thing, "content": "x"}
    return pair_of(parse_activity(document, ANN))


def inner(kind: str, thing: str = LIVE) -> Json:
    return {"id": f"{ANN}#{kind}/1", "type": kind, "actor": ANN, "object": thing}


@pytest.mark.parametrize("kind", PAIRED)
def test_an_activity_and_its_undo_let_go_of_each_other(kind: str) -> None:
    done, undone = pair(kind, LIVE), pair("Undo", inner(kind))
    assert done is not None
    assert undone is not None
    assert done.side != undone.side
    assert undone.side in done.sides
    assert done.side in undone.sides
    assert undone.ids == (f"{ANN}#{kind}/1",)


@pytest.mark.parametrize("kind", PAIRED)
def test_an_undo_by_id_alone_is_let_go_of_by_the_activity_of_that_id(kind: str) -> None:
    done, undone = pair(kind, LIVE), pair("Undo", f"{ANN}#{kind}/1")
    assert done is not None
    assert undone is not None
    assert undone.side in done.sides
    assert undone.ids == (f"{ANN}#{kind}/1",)


@pytest.mark.parametrize(("does", "ends"), [("Follow", "Block"), ("Accept", "Reject")])
def test_some_end_each_other_without_an_undo(does: str, ends: str) -> None:
    first, last = pair(does, LIVE), pair(ends, LIVE)
    assert first is not None
    assert last is not None
    assert last.side in first.sides
    assert first.side in last.sides


def test_pairs_of_other_kinds_things_and_actors_are_others() -> None:
    sides = {found.side for kind in ("Like", "Announce", "Follow") for url in (LIVE, ANN) if (found := pair(kind, url))}
    assert len(sides) == 6
    assert all(len(side) == 65 for side in sides)


@pytest.mark.parametrize("kind", ["View", "Flag", "Delete"])
def test_what_nothing_takes_back_has_no_pair(kind: str) -> None:
    assert pair(kind, f"{ANN}/notes/1") is None
