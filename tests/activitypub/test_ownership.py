from typing import Any

import pytest

from activitypub.actor import Actor
from activitypub.ownership import enforce_ownership, is_author
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.vocabulary.activity import Activity, InnerActivity, parse_activity
from activitypub.vocabulary.objects import Object
from tests.kit.actors import ANN, LIVE, document

BOB = "https://remote.example/users/bob"
EVE = "https://evil.example/users/eve"
NOTE = f"{ANN}/statuses/1"


def activity(kind: str, thing: Any, **members: Any) -> Activity:
    made: Json = {"id": f"{ANN}#1", "type": kind, "actor": ANN, "object": thing}
    return parse_activity(made | members, ANN)


def refused(kind: str, thing: Any, **members: Any) -> bool:
    with pytest.raises(Refused) as caught:
        enforce_ownership(activity(kind, thing, **members))
    return caught.value.reason is Reason.FOREIGN and caught.value.status == 403


def note(identifier: str = NOTE, author: Any = ANN) -> Json:
    return {"id": identifier, "type": "Note", "attributedTo": author, "content": "x"}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_one_writes_what_is_ones_own(kind: str) -> None:
    assert isinstance(enforce_ownership(activity(kind, note())).object, Object)
    assert isinstance(enforce_ownership(activity(kind, note(author=[BOB, ANN]))).object, Object)
    assert enforce_ownership(activity(kind, NOTE)).object_id == NOTE


@pytest.mark.parametrize("kind", ["Create", "Update"])
@pytest.mark.parametrize(
    "thing",
    [
        note(author=BOB),
        note(author=EVE),
        note("https://evil.example/1"),
        note("https://evil.example/1", EVE),
        "https://evil.example/1",
    ],
)
def test_nobody_writes_for_another_author_or_host(kind: str, thing: Any) -> None:
    assert refused(kind, thing)


def test_an_actor_updates_itself_and_no_other() -> None:
    assert isinstance(enforce_ownership(activity("Update", document(ANN))).object, Actor)
    assert refused("Update", document(BOB))
    assert refused("Update", document(EVE))


@pytest.mark.parametrize("thing", [NOTE, {"id": NOTE, "type": "Tombstone"}, note(), ANN, document(ANN)])
def test_one_deletes_what_is_on_ones_own_host(thing: Any) -> None:
    assert enforce_ownership(activity("Delete", thing)).object_id in {NOTE, ANN}


@pytest.mark.parametrize(
    "thing",
    ["https://evil.example/1", {"id": "https://evil.example/1", "type": "Tombstone"}, document(BOB), document(EVE)],
)
def test_nobody_deletes_what_is_elsewhere_or_another_actor(thing: Any) -> None:
    assert refused("Delete", thing)


def follow(identifier: Any = f"{ANN}#follow", actor: Any = ANN, thing: Any = LIVE) -> Json:
    return {"id": identifier, "type": "Follow", "actor": actor, "object": thing}


@pytest.mark.parametrize("thing", [follow(), follow(None), follow(actor=None), f"{ANN}#follow"])
def test_one_undoes_what_one_did(thing: Any) -> None:
    undone = activity("Undo", thing)
    assert enforce_ownership(undone) == undone


@pytest.mark.parametrize(
    "thing", [follow(actor=BOB), follow(actor=EVE), follow("https://evil.example/1"), "https://evil.example/1"]
)
def test_nobody_undoes_what_another_did(thing: Any) -> None:
    assert refused("Undo", thing)


@pytest.mark.parametrize("kind", ["Accept", "Reject"])
def test_only_the_asked_server_can_accept(kind: str) -> None:
    asked = follow(f"{LIVE}#follow", LIVE, ANN)
    assert enforce_ownership(activity(kind, asked)).object == InnerActivity("Follow", f"{LIVE}#follow", LIVE, ANN)
    enforce_ownership(activity(kind, f"{LIVE}#follow"))
    enforce_ownership(activity(kind, follow(f"{LIVE}#follow", LIVE, None)))
    assert refused(kind, follow(f"{LIVE}#follow", LIVE, BOB))
    # the object of a QuoteRequest is the quoted post, which only the node knows the author of
    enforce_ownership(activity(kind, follow(f"{LIVE}#quote", LIVE, NOTE) | {"type": "QuoteRequest"}))


def test_only_the_actor_itself_moves() -> None:
    moved = enforce_ownership(activity("Move", document(ANN), target="https://new.example/ann"))
    assert (moved.object, moved.object_id, moved.target) == (None, ANN, "https://new.example/ann")
    assert refused("Move", BOB)


def test_the_quoting_post_belongs_to_the_requesting_actor() -> None:
    asked = enforce_ownership(activity("QuoteRequest", note(f"{LIVE}/1", LIVE), instrument=NOTE))
    assert (asked.object, asked.object_id, asked.instrument) == (None, f"{LIVE}/1", NOTE)
    assert refused("QuoteRequest", f"{LIVE}/1", instrument="https://evil.example/1")
    assert refused("QuoteRequest", f"{LIVE}/1")


@pytest.mark.parametrize("kind", ["Offer", "Leave"])
def test_a_server_announces_only_itself(kind: str) -> None:
    announced = activity(kind, "https://remote.example")
    assert enforce_ownership(announced) == announced
    assert refused(kind, "https://evil.example")


@pytest.mark.parametrize("kind", ["Announce", "Like", "EmojiReact", "Dislike", "Add", "View"])
def test_of_what_is_embedded_elsewhere_only_the_id_is_kept(kind: str) -> None:
    """An Announce with a forged post in it must lead to the real post."""
    kept = enforce_ownership(activity(kind, note(f"{LIVE}/1", LIVE)))
    assert (kept.object, kept.object_id) == (None, f"{LIVE}/1")
    assert enforce_ownership(activity(kind, f"{LIVE}/1")) == activity(kind, f"{LIVE}/1")


def test_a_report_keeps_all_its_ids() -> None:
    assert enforce_ownership(activity("Flag", [LIVE, f"{LIVE}/1"])).object_ids == (LIVE, f"{LIVE}/1")


def test_an_author_is_named_by_the_object_and_lives_on_its_host() -> None:
    assert is_author(ANN, Object("Note", NOTE, (ANN,)))
    assert not is_author(ANN, Object("Note", NOTE, (BOB,)))
    assert not is_author(ANN, Object("Note", "https://evil.example/1", (ANN,)))
