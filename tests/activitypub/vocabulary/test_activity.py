import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.vocabulary.activity import MAX_REACTION, Activity, InnerActivity, parse_activity, peek
from tests.kit.actors import ANN
from tests.kit.examples import examples
from tests.kit.signing import VECTORS, vector

NAMES = sorted(path.stem for path in (VECTORS / "activities").glob("*.json"))


def find(value: Any, path: str) -> Any:
    """Return the value at a path such as "object.tags.0.name", with lists in place of tuples, as in JSON."""
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else getattr(value, step)
    return list(value) if isinstance(value, tuple) else value


def follow(**members: Any) -> Json:
    return {"id": f"{ANN}#1", "type": "Follow", "actor": ANN, "object": "https://node.example/x"} | members


def refusal(given_document: Json) -> Reason:
    with pytest.raises(Refused) as caught:
        parse_activity(given_document, ANN)
    return caught.value.reason


@pytest.mark.parametrize("name", NAMES)
def test_an_activity_as_seen_in_the_wild_is_read_as_expected(name: str) -> None:
    loaded = vector(f"activities/{name}.json")
    expected = loaded["expect"]
    before = copy.deepcopy(loaded["activity"])
    if "refused" in expected:
        assert refusal(loaded["activity"]).value == expected["refused"], loaded["about"]
    else:
        activity = parse_activity(loaded["activity"], ANN)
        assert {path: find(activity, path) for path in expected} == expected, loaded["about"]
        assert activity.document is loaded["activity"]
    # little-boxes rewrites contexts in place; it must never see the document itself
    assert loaded["activity"] == before


def test_the_files_cover_every_activity_that_we_know() -> None:
    seen = set()
    for name in NAMES:
        kinds = vector(f"activities/{name}.json")["activity"]["type"]
        seen |= set(kinds if isinstance(kinds, list) else [kinds])
    assert {"Follow", "Undo", "Create", "Update", "Delete", "Like", "Announce", "EmojiReact", "Flag", "Move"} <= seen
    assert {"Accept", "Reject", "Block", "Offer", "Leave", "QuoteRequest", "View"} <= seen


def test_an_actor_whose_document_is_of_somebody_else_is_refused() -> None:
    with pytest.raises(Refused):
        parse_activity(follow(), "https://remote.example/users/bob")
    with pytest.raises(Refused):
        parse_activity(follow(), "")


@pytest.mark.parametrize("actor", [None, "", [], {}, "ann", 17, {"type": "Person"}, [None], {"id": ["x"]}])
def test_an_actor_that_is_no_url_is_refused(actor: Any) -> None:
    assert refusal(follow(actor=actor)) is Reason.SHAPE


@pytest.mark.parametrize("kind", [None, "", [], {}, 17, [17], {"@id": "Follow"}])
def test_a_type_that_is_no_name_is_refused(kind: Any) -> None:
    assert refusal(follow(type=kind)) in {Reason.SHAPE, Reason.UNKNOWN_TYPE}


@pytest.mark.parametrize("thing", [None, "", "x", [], {}, 17, True, [None], {"id": 5}, {"type": []}])
def test_a_value_that_is_no_object_is_refused(thing: Any) -> None:
    assert refusal(follow(object=thing)) is Reason.SHAPE


def test_a_report_of_two_things_names_the_first_and_all() -> None:
    activity = parse_activity(
        follow(type="Flag", object=["https://node.example/a", {"id": "https://node.example/b"}]), ANN
    )
    assert activity.object_id == "https://node.example/a"
    assert activity.object_ids == ("https://node.example/a", "https://node.example/b")


def test_a_reaction_is_cut_to_its_limit_and_freed_of_invisible_characters() -> None:
    activity = parse_activity(follow(type="Like", content="\u202ex" * 500), ANN)
    assert activity.reaction == "x" * MAX_REACTION


def test_peek_returns_what_is_claimed_before_the_signature_is_verified() -> None:
    envelope = peek(follow(type=["Other", "Undo"], object=[{"id": "https://node.example/x", "type": "Follow"}]))
    assert (envelope.type, envelope.actor, envelope.object_id) == ("Undo", ANN, "https://node.example/x")
    assert peek(follow(type="Other")).type == ""


def test_an_embedded_activity_is_read_as_far_as_it_goes() -> None:
    activity = parse_activity(
        follow(type="Undo", object={"type": "Like", "actor": [{"id": ANN}], "object": {"id": ANN}}), ANN
    )
    assert activity.object == InnerActivity("Like", None, ANN, ANN)
    activity = parse_activity(follow(type="Undo", object={"type": "Like", "actor": 5}), ANN)
    assert activity.object == InnerActivity("Like", None, None, None)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from([ANN, "https://node.example/x", "Note", "Follow"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "object", "actor", "url", "name"]), inner)
    ),
    max_leaves=6,
)
MEMBERS = [
    "id",
    "type",
    "actor",
    "object",
    "to",
    "cc",
    "tag",
    "attachment",
    "content",
    "contentMap",
    "published",
    "target",
]
MEMBERS += [
    "attributedTo",
    "inReplyTo",
    "url",
    "icon",
    "focalPoint",
    "publicKey",
    "endpoints",
    "instrument",
    "@context",
    "self",
]
SAMPLES = [vector(f"activities/{name}.json")["activity"] for name in NAMES]


@st.composite
def mutated(draw: st.DrawFn) -> Json:
    """Draw an activity from the files, with up to three properties at any depth replaced by any JSON."""
    made: Json = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 3))):
        place = made
        while draw(st.booleans()):
            inner = [member for member in place.values() if isinstance(member, dict)]
            place = draw(st.sampled_from(inner or [place]))
        place[draw(st.sampled_from(MEMBERS))] = draw(anything)
    return made


@examples(300)
@given(mutated())
def test_any_mutated_activity_is_read_or_refused_and_never_printed(given_document: Json) -> None:
    before = copy.deepcopy(given_document)
    try:
        activity = parse_activity(given_document, ANN)
    except Refused:
        pass
    else:
        assert isinstance(activity, Activity)
        assert activity.actor == ANN
    assert given_document == before
