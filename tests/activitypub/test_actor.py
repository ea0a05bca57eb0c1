import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.actor import Actor, Image, parse_actor, parse_key, write_actor
from activitypub.refusal import Reason, Refused
from activitypub.signatures.keys import Algorithm
from activitypub.strictjson import Json
from activitypub.vocabulary.contexts import ACTIVITYSTREAMS, MULTIKEY, SECURITY
from tests.kit.actors import ANN, LIVE, actor, document, ed25519_actor_key
from tests.kit.examples import examples
from tests.kit.signing import rsa_key, vector

FULL = actor(
    LIVE,
    type="Service",
    name="The channel",
    summary="<p>about</p>",
    url="https://node.example/",
    following=f"{LIVE}/following",
    featured=f"{LIVE}/featured",
    icon=Image("https://node.example/logo.png", "image/png"),
    image=Image("https://node.example/header"),
    manually_approves=True,
    discoverable=True,
    indexable=True,
    published=datetime(2026, 5, 1, tzinfo=UTC),
    fields=(("Stream", '<a href="https://node.example/" rel="me">node.example</a>'),),
    hashtags=(("#live", "https://node.example/tags/live"),),
    also_known_as=("https://old.example/users/live",),
    moved_to="https://new.example/users/live",
    webfinger="live@node.example",
    generator="https://node.example/actor",
    attribution_domains=("node.example",),
    keys=(*actor(LIVE).keys, ed25519_actor_key(LIVE)),
)


def without(name: str) -> Json:
    return {member: value for member, value in document().items() if member != name}


def test_an_actor_is_written_and_read_back_the_same() -> None:
    assert parse_actor(write_actor(FULL)) == FULL


def test_an_actor_with_little_to_say_shows_its_user_name_and_its_id() -> None:
    written = write_actor(Actor(ANN, "Person", "ann", f"{ANN}/inbox"))
    assert (written["name"], written["url"], written["summary"]) == ("ann", ANN, "")
    assert "publicKey" not in written
    assert "endpoints" not in written


def test_there_is_exactly_one_public_key_and_ed25519_is_an_assertion_method() -> None:
    """Two publicKey values break Lemmy."""
    written = write_actor(FULL)
    assert written["publicKey"] == {
        "id": f"{LIVE}#main-key",
        "owner": LIVE,
        "publicKeyPem": rsa_key(LIVE).public().pem(),
    }
    assert [each["type"] for each in written["assertionMethod"]] == ["Multikey"]
    assert written["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")


def test_members_that_mastodon_wants_as_lists_are_lists_even_with_one_element() -> None:
    written = write_actor(FULL)
    for name in ("attachment", "tag", "assertionMethod", "alsoKnownAs"):
        assert isinstance(written[name], list)
        assert len(written[name]) == 1


def test_contexts_are_named_only_where_their_terms_are_used() -> None:
    contexts = write_actor(FULL)["@context"]
    assert [each for each in contexts if isinstance(each, str)] == [ACTIVITYSTREAMS, SECURITY, MULTIKEY]
    assert [each for each in document()["@context"] if isinstance(each, str)] == [ACTIVITYSTREAMS, SECURITY]


@pytest.mark.parametrize("name", ["id", "type", "inbox", "preferredUsername"])
def test_an_actor_without_the_members_that_make_one_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_actor(without(name))
    assert caught.value.reason is Reason.SHAPE


@pytest.mark.parametrize("name", ["publicKey", "followers"])
def test_a_stub_of_an_actor_is_read_but_not_complete(name: str) -> None:
    """Sharkey sends one when it refuses a signature."""
    assert parse_actor(document()).is_complete
    assert not parse_actor(without(name)).is_complete


def test_an_actor_without_followers_but_with_its_date_is_complete() -> None:
    """Lemmy's people: otherwise their actor would be fetched for each activity."""
    assert parse_actor(without("followers") | {"published": "2023-06-12T10:30:00.123456Z"}).is_complete
    assert not parse_actor(without("followers") | {"published": "long ago"}).is_complete


def test_a_shared_inbox_on_another_host_is_left_out() -> None:
    shared = {"endpoints": {"sharedInbox": "https://victim.example/inbox"}}
    assert parse_actor(document() | shared).shared_inbox is None
    assert parse_actor(document() | {"endpoints": "x"}).shared_inbox is None


def test_both_places_of_keys_are_read_and_one_is_found_by_its_id() -> None:
    read = parse_actor(write_actor(FULL))
    assert {each.key.algorithm for each in read.keys} == set(Algorithm)
    assert read.key(f"{LIVE}#main-key") == rsa_key(LIVE).public()
    assert read.key(f"{LIVE}#other") is None


def public_key(**members: Any) -> Json:
    return {"id": f"{ANN}#main-key", "owner": ANN, "publicKeyPem": rsa_key(ANN).public().pem()} | members


@pytest.mark.parametrize(
    "key",
    [
        public_key(owner="https://remote.example/users/bob"),
        public_key(owner=None),
        public_key(id="https://other.example/key"),
        public_key(id="main-key"),
        public_key(publicKeyPem="x"),
        public_key(publicKeyPem=vector("signatures/cavage12_c2_basic.json")["public_key"]),
        "https://remote.example/users/ann#main-key",
        None,
    ],
)
def test_a_key_of_another_owner_host_or_size_is_left_out(key: Any) -> None:
    assert parse_actor(document() | {"publicKey": key}).keys == ()
    assert parse_actor(document() | {"publicKey": [key, public_key()]}).keys[0].id == f"{ANN}#main-key"


def test_the_number_of_keys_is_limited() -> None:
    keys = [public_key(id=f"{ANN}#key-{number}") for number in range(50)]
    assert len(parse_actor(document() | {"publicKey": keys}).keys) == 8


def test_a_key_document_of_its_own_names_its_owner() -> None:
    """GoToSocial's /main-key, and the CryptographicKey of activitypub.bot. Multikeys have `controller`, not `owner`."""
    key, owner = parse_key(public_key(id="https://remote.example/users/ann/main-key", type="CryptographicKey"))
    assert (key.id, owner) == ("https://remote.example/users/ann/main-key", ANN)
    multikey = ed25519_actor_key()
    written = {"id": multikey.id, "type": "Multikey", "controller": ANN, "publicKeyMultibase": multikey.key.multikey()}
    assert parse_key(written) == (multikey, ANN)
    with pytest.raises(Refused) as caught:
        parse_key(written | {"publicKeyMultibase": "zzz"})
    assert caught.value.reason is Reason.KEY


@pytest.mark.parametrize(
    ("icon", "expected"),
    [
        ("https://a.example/x.png", Image("https://a.example/x.png")),
        ({"url": "https://a.example/x.png", "mediaType": "image/png"}, Image("https://a.example/x.png", "image/png")),
        ([{"url": "https://a.example/x.png"}, {"url": "https://a.example/y.png"}], Image("https://a.example/x.png")),
        ({"url": [{"href": "https://a.example/x.png"}]}, Image("https://a.example/x.png")),
        ({"url": "data:image/png;base64,AAAA"}, None),
        ([], None),
        (5, None),
    ],
)
def test_an_icon_comes_in_many_forms(icon: Any, expected: Image | None) -> None:
    assert parse_actor(document() | {"icon": icon}).icon == expected


def test_fields_and_hashtags_of_other_kinds_are_left_out() -> None:
    read = parse_actor(
        document()
        | {
            "attachment": [
                5,
                {"type": "Image"},
                {"type": "PropertyValue", "name": "a"},
                {"type": "PropertyValue", "name": "a", "value": "b"},
            ],
            "tag": {"type": "Hashtag", "name": "#x", "href": "https://a.example/x"},
        }
    )
    assert read.fields == (("a", "b"),)
    assert read.hashtags == (("#x", "https://a.example/x"),)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(ANN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "url", "owner", "publicKeyPem", "sharedInbox", "publicKeyMultibase"]), inner
        )
    ),
    max_leaves=6,
)


@examples(80)
@given(st.dictionaries(st.sampled_from(sorted(write_actor(FULL))), anything))
def test_any_member_of_any_kind_is_read_or_refused(members: Json) -> None:
    given_document = write_actor(FULL) | members
    before = copy.deepcopy(given_document)
    try:
        read = parse_actor(given_document)
    except Refused:
        return
    assert given_document == before
    assert parse_actor(write_actor(read)).id == read.id
