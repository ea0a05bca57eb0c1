from datetime import UTC, datetime

from activitypub import strictjson
from activitypub.actor import parse_actor
from activitypub.addressing import PUBLIC
from activitypub.strictjson import Json
from activitypub.vocabulary import compose
from activitypub.vocabulary.activity import Activity, InnerActivity, parse_activity
from activitypub.vocabulary.contexts import ACTIVITYSTREAMS, with_context
from activitypub.vocabulary.objects import Object, Tag, parse_object
from tests.kit.actors import ANN, LIVE, document

WHEN = datetime(2026, 5, 1, 10, tzinfo=UTC)
NOTE = Object(
    "Note",
    f"{LIVE}/1",
    (LIVE,),
    content="<p>live</p>",
    published=WHEN,
    updated=WHEN,
    to=(PUBLIC,),
    cc=(f"{LIVE}/followers",),
    tags=(Tag("Hashtag", "#live", "https://node.example/tags/live"),),
)
FOLLOW: Json = {"@context": "x", "id": f"{ANN}#follow/1", "type": "Follow", "actor": ANN, "object": LIVE, "extra": [1]}


def sent(made: Json, actor: str = LIVE) -> Activity:
    """Return the activity that the receiving server reads."""
    return parse_activity(strictjson.parse(strictjson.write(made)), actor)


def test_a_create_is_read_as_the_note_that_it_brings_and_addressed_like_it() -> None:
    activity = sent(compose.create(f"{LIVE}/1/activity", LIVE, NOTE))
    assert activity.object == NOTE
    assert (activity.type, activity.to, activity.cc, activity.published) == ("Create", NOTE.to, NOTE.cc, WHEN)


def test_an_update_brings_the_changed_note() -> None:
    activity = sent(compose.update(f"{LIVE}/1#updates/1", LIVE, NOTE))
    assert (activity.type, activity.object, activity.published) == ("Update", NOTE, WHEN)


def test_an_update_of_the_actor_defines_the_terms_of_its_document() -> None:
    actor = document(LIVE)
    made = compose.update_actor(f"{LIVE}#updates/1", actor, (f"{LIVE}/followers",))
    assert made["@context"] == actor["@context"]
    assert "@context" not in made["object"]
    assert sent(made).object == parse_actor(actor)


def test_a_delete_brings_a_tombstone() -> None:
    activity = sent(compose.delete(f"{LIVE}/1#delete", LIVE, f"{LIVE}/1", to=[PUBLIC]))
    assert (activity.type, activity.object_id, activity.to) == ("Delete", f"{LIVE}/1", (PUBLIC,))
    assert isinstance(activity.object, Object)
    assert activity.object.type == "Tombstone"
    assert compose.tombstone("x", deleted=WHEN)["deleted"] == "2026-05-01T10:00:00Z"


def test_an_accept_echoes_the_whole_follow_with_its_id() -> None:
    made = compose.accept_or_reject("Accept", f"{LIVE}#accepts/1", LIVE, FOLLOW)
    assert made["object"] == {name: value for name, value in FOLLOW.items() if name != "@context"}
    activity = sent(made)
    assert activity.to == (ANN,)
    assert activity.object == InnerActivity("Follow", f"{ANN}#follow/1", ANN, LIVE)


def test_an_accept_of_a_quote_names_the_authorization() -> None:
    asked = FOLLOW | {"type": "QuoteRequest", "object": f"{LIVE}/1", "instrument": f"{ANN}/9"}
    assert (
        sent(compose.accept_or_reject("Accept", f"{LIVE}#accepts/2", LIVE, asked, result=f"{LIVE}/stamps/1")).result
        == f"{LIVE}/stamps/1"
    )
    assert "result" not in compose.accept_or_reject("Reject", f"{LIVE}#rejects/2", LIVE, asked)


def test_an_undo_goes_to_those_who_got_the_activity() -> None:
    announce = compose.activity("Announce", f"{LIVE}#1", LIVE, f"{ANN}/1", to=(PUBLIC,), cc=None)
    assert announce["to"] == [PUBLIC]
    assert "cc" not in announce
    activity = sent(compose.undo(f"{LIVE}#1/undo", LIVE, announce))
    assert (activity.object_id, activity.to) == (f"{LIVE}#1", (PUBLIC,))


def test_quotes_are_allowed_by_a_policy_and_proven_by_an_authorization() -> None:
    stamp = compose.quote_authorization(f"{LIVE}/stamps/1", LIVE, f"{ANN}/9", f"{LIVE}/1")
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (f"{ANN}/9", f"{LIVE}/1")
    assert stamp["@context"][0] == ACTIVITYSTREAMS
    policy = compose.quote_policy([PUBLIC])
    assert (
        parse_object(
            with_context({"id": LIVE, "type": "Note", "attributedTo": LIVE, "interactionPolicy": policy})
        ).policy
        == policy
    )
