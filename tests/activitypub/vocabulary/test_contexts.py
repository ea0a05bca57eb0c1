"""Each document that we write defines all of its terms in its context."""

from datetime import UTC, datetime

import pytest

from activitypub import collections, directory
from activitypub.actor import Actor, ActorKey, Image, write_actor
from activitypub.addressing import PUBLIC
from activitypub.strictjson import Json
from activitypub.vocabulary import compose
from activitypub.vocabulary.contexts import ACTIVITYSTREAMS, DOCUMENTS, TERMS, with_context
from activitypub.vocabulary.objects import Attachment, Object, Tag, write_object
from tests.kit.actors import LIVE, ed25519_actor_key
from tests.kit.jsonld import FILES, expand, lost
from tests.kit.signing import rsa_key

AT = datetime(2026, 9, 3, tzinfo=UTC)
ANN = "https://ann.example/users/ann"
NOTE = Object(
    "Note",
    f"{LIVE}/1",
    (LIVE,),
    content="<p>Hello</p>",
    summary="careful",
    name="a name",
    language="en",
    url=f"{LIVE}/1",
    in_reply_to=f"{ANN}/1",
    quote=f"{ANN}/2",
    context=f"{ANN}/threads/1",
    published=AT,
    updated=AT,
    sensitive=True,
    to=(PUBLIC,),
    cc=(ANN,),
    tags=(Tag("Hashtag", "#a", f"{LIVE}?tag=a"), Tag("Mention", "@ann", ANN), Tag("Emoji", ":a:", icon=f"{ANN}/a.png")),
    attachments=(Attachment(f"{LIVE}/a.jpg", "Image", "image/jpeg", "alt", 2, 1, "L00", (0.5, -0.5)),),
    replies=f"{LIVE}/1/replies",
    likes=f"{LIVE}/1/likes",
    shares=f"{LIVE}/1/shares",
    policy=compose.quote_policy([PUBLIC]),
)
ACTOR = write_actor(
    Actor(
        LIVE,
        "Service",
        "live",
        f"{LIVE}/inbox",
        outbox=f"{LIVE}/outbox",
        followers=f"{LIVE}/followers",
        following=f"{LIVE}/following",
        featured=f"{LIVE}/featured",
        shared_inbox=f"{LIVE}/shared",
        name="Live",
        summary="<p>Hi</p>",
        url=f"{LIVE}/page",
        icon=Image(f"{LIVE}/icon", "image/png"),
        image=Image(f"{LIVE}/image"),
        published=AT,
        fields=(("Page", "<a href='https://x.example/'>x</a>"),),
        hashtags=(("#a", f"{LIVE}?tag=a"),),
        keys=(ActorKey(f"{LIVE}#main-key", rsa_key(LIVE).public()), ed25519_actor_key(LIVE)),
        also_known_as=(ANN,),
        moved_to=ANN,
        webfinger="live@node.example",
        generator="https://node.example/federation/node",
    )
)
NEWS = directory.StreamStatus(live=True, name="n", title="t", description="d", logo=LIVE, thumbnail=LIVE, tags=("a",))
FOLLOW = directory.write_follow(f"{LIVE}#follow/1", LIVE, ANN, NEWS)
DOCUMENTS_OF_OURS: dict[str, Json] = {
    "actor": ACTOR,
    "note": with_context(write_object(NOTE)),
    "create": compose.create(f"{LIVE}/1#create", LIVE, NOTE),
    "update": compose.update(f"{LIVE}/1#update", LIVE, NOTE),
    "update of the actor": compose.update_actor(f"{LIVE}#updates/1", ACTOR, [PUBLIC]),
    "delete": compose.delete(f"{LIVE}/1#delete", LIVE, f"{LIVE}/1", to=[PUBLIC], cc=[ANN]),
    "tombstone": with_context(compose.tombstone(f"{LIVE}/1", deleted=AT)),
    "follow": FOLLOW,
    "undo": compose.undo(f"{LIVE}#undo/1", LIVE, FOLLOW),
    "accept": compose.accept_or_reject("Accept", f"{LIVE}#accept/1", LIVE, {**FOLLOW, "actor": ANN}),
    "accept of a quote": compose.accept_or_reject(
        "Accept",
        f"{LIVE}#accept/2",
        LIVE,
        {"id": f"{ANN}/q", "type": "QuoteRequest", "actor": ANN, "object": LIVE, "instrument": f"{ANN}/9"},
        result=f"{LIVE}/stamp",
    ),
    "stamp": compose.quote_authorization(f"{LIVE}/stamp", LIVE, f"{ANN}/9", f"{LIVE}/1"),
    "offer": directory.write_offer(f"{LIVE}#offer/1", LIVE, "https://node.example", NEWS, [ANN]),
    "leave": directory.write_leave(f"{LIVE}#leave/1", LIVE, "https://node.example", [ANN]),
    "collection": collections.write_collection(f"{LIVE}/outbox", 1, last=1),
    "page": collections.write_page(
        f"{LIVE}/outbox", 1, [compose.create(f"{LIVE}/1#create", LIVE, NOTE)], total=1, last=2
    ),
    "featured": collections.write_unpaged(f"{LIVE}/featured", [write_object(NOTE)]),
    "replies": with_context(
        write_object(NOTE) | {"replies": collections.embed_first_page(f"{LIVE}/1/replies", [ANN], total=30, last=2)}
    ),
}


@pytest.mark.parametrize("document", DOCUMENTS_OF_OURS.values(), ids=list(DOCUMENTS_OF_OURS))
def test_no_term_of_a_document_is_lost_when_it_is_expanded(document: Json) -> None:
    assert lost(document) == set()


def test_a_term_that_no_context_defines_is_found() -> None:
    assert lost(with_context({"id": LIVE, "type": "Note", "speed": 3, "tag": {"type": "Colour", "name": "x"}})) == {
        "_:speed",
        "_:Colour",
    }
    bare = {"@context": ACTIVITYSTREAMS, **write_object(NOTE)}
    assert {"_:Hashtag", "_:sensitive", "_:interactionPolicy"} <= lost(bare)


def test_a_context_has_the_terms_that_are_used_and_no_others() -> None:
    assert with_context({"id": LIVE, "type": "Note", "content": "x"})["@context"] == ACTIVITYSTREAMS
    assert with_context({"id": LIVE, "tag": [{"type": ["Hashtag"]}]})["@context"] == [
        ACTIVITYSTREAMS,
        {"Hashtag": "as:Hashtag"},
    ]
    context = with_context({"items": [{"blurhash": "L00", "@context": "https://evil.example/"}]})
    assert context == {
        "@context": [ACTIVITYSTREAMS, {"toot": "http://joinmastodon.org/ns#", "blurhash": "toot:blurhash"}],
        "items": [{"blurhash": "L00"}],
    }


def test_what_is_within_a_list_of_pages_means_the_same_as_by_itself() -> None:
    (note,) = expand(DOCUMENTS_OF_OURS["note"])
    (featured,) = expand(DOCUMENTS_OF_OURS["featured"])
    items = featured["https://www.w3.org/ns/activitystreams#items"][0]["@list"]
    assert items == [note]


def test_every_context_by_url_is_kept_as_a_file() -> None:
    assert set(FILES) == {ACTIVITYSTREAMS, *DOCUMENTS}


def test_every_term_of_the_table_has_an_iri() -> None:
    for name in TERMS:
        (node,) = expand(with_context({"id": LIVE, "type": name, name: "https://x.example/"}))
        assert "://" in node["@type"][0]
        assert all("://" in each for each in node if not each.startswith("@"))
