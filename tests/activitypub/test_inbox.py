"""The security checklist of an inbox, item by item, with requests by our own signer."""

import copy
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub import strictjson
from activitypub.inbox import ActorGone, Ignored, InboxLimits, Outcome, Verified, read_body, receive
from activitypub.refusal import Reason, Refused
from activitypub.signatures import Scheme
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request
from activitypub.signer import Missing
from activitypub.strictjson import Json, JsonLimits
from activitypub.vocabulary.objects import Object
from tests.kit.actors import ANN, LIVE, actor, ed25519_actor_key
from tests.kit.examples import examples
from tests.kit.inbox_ports import FixedInboxStore, FixedKeyResolver
from tests.kit.signing import ACTIVITY_JSON, NOW, VECTORS, ed25519_key, rsa_key, signed, signer, vector, with_header

BOB = "https://remote.example/users/bob"


def follow(**members: Any) -> Json:
    return {"@context": "x", "id": f"{ANN}#follow/1", "type": "Follow", "actor": ANN, "object": LIVE} | members


def post(document: Json, **how: Any) -> Request:
    return signed(strictjson.write(document), **how)


def with_body(request: Request, body: bytes) -> Request:
    return Request(request.method, request.origin, request.target, request.headers, body)


async def come(
    request: Request,
    resolver: FixedKeyResolver | None = None,
    memory: FixedInboxStore | None = None,
    now: float = NOW,
) -> Outcome:
    return await receive(request, resolver or FixedKeyResolver(), memory or FixedInboxStore(), now=now)


async def reason(request: Request, resolver: FixedKeyResolver | None = None) -> Reason:
    outcome = await come(request, resolver)
    assert isinstance(outcome, Refused), outcome
    assert 400 <= outcome.status < 500
    return outcome.reason


@pytest.mark.parametrize("scheme", Scheme)
async def test_a_signed_follow_is_verified_by_either_scheme(scheme: Scheme) -> None:
    outcome = await come(post(follow(), scheme=scheme))
    assert isinstance(outcome, Verified)
    assert (outcome.activity.type, outcome.activity.actor, outcome.activity.object_id) == ("Follow", ANN, LIVE)
    assert (outcome.signer.actor.id, outcome.scheme) == (ANN, scheme)


async def test_an_ed25519_key_of_the_actor_counts_too() -> None:
    resolver = FixedKeyResolver(actor(ANN, keys=(*actor(ANN).keys, ed25519_actor_key())))
    by = SigningKey(ed25519_actor_key().id, ed25519_key(ANN))
    assert isinstance(await come(post(follow(), by=by, scheme=Scheme.RFC9421), resolver), Verified)


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "post"])
async def test_only_post_is_taken(method: str) -> None:
    request = post(follow())
    outcome = await come(Request(method, request.origin, request.target, request.headers, request.body))
    assert isinstance(outcome, Refused)
    assert outcome.status == 405


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/html", "", "multipart/form-data", "application/activity+jsonx"]
)
async def test_only_activities_are_taken(media_type: str) -> None:
    assert await reason(post(follow(), media_type=media_type)) is Reason.MEDIA_TYPE


@pytest.mark.parametrize(
    "media_type",
    [
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/ld+json",
        "APPLICATION/activity+json; charset=utf-8",
    ],
)
async def test_both_media_types_are_taken_with_any_parameters(media_type: str) -> None:
    assert isinstance(await come(post(follow(), media_type=media_type)), Verified)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
async def test_a_compressed_body_is_never_decompressed(encoding: str) -> None:
    assert await reason(with_header(post(follow()), "content-encoding", encoding)) is Reason.ENCODING


async def test_a_body_over_one_mebibyte_is_refused() -> None:
    assert await reason(post(follow(content="x" * 1024 * 1024))) is Reason.TOO_LARGE
    assert isinstance(await come(post(follow(content="x" * 1024 * 1000))), Verified)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", Reason.NOT_JSON),
        (b'{"a": NaN}', Reason.NOT_JSON),
        (b'{"id": "https://a.example/1", "id": "https://a.example/2"}', Reason.JSON_LIMITS),
        (b'{"a":' * 100_000, Reason.JSON_LIMITS),
        (b'{"a":' * 40 + b"1" + b"}" * 40, Reason.JSON_LIMITS),
        (b"{" + b",".join(b'"%d":1' % number for number in range(3000)) + b"}", Reason.JSON_LIMITS),
        (b"{}", Reason.SHAPE),
    ],
)
async def test_a_body_with_two_readings_or_beyond_the_limits_is_refused(body: bytes, expected: Reason) -> None:
    assert await reason(signed(body)) is expected
    assert await reason(with_body(signed(b"{}"), b"")) is Reason.NOT_JSON


async def test_the_limits_can_be_changed() -> None:
    limits = InboxLimits(JsonLimits(keys=3), window_s=10)
    outcome = await receive(post(follow()), FixedKeyResolver(), FixedInboxStore(), now=NOW, limits=limits)
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.JSON_LIMITS
    outcome = await receive(
        post(follow()), FixedKeyResolver(), FixedInboxStore(), now=NOW + 11, limits=InboxLimits(window_s=10)
    )
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.DATE


async def test_an_unsigned_activity_is_refused() -> None:
    assert await reason(with_header(post(follow()), "signature", None)) is Reason.UNSIGNED


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("late_s", [-3601, 3601])
async def test_a_signature_outside_the_window_is_refused(scheme: Scheme, late_s: float) -> None:
    outcome = await come(post(follow(), scheme=scheme), now=NOW + late_s)
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.DATE


@pytest.mark.parametrize("scheme", Scheme)
async def test_another_body_under_the_same_signature_is_refused(scheme: Scheme) -> None:
    request = post(follow(), scheme=scheme)
    other = strictjson.write(follow(object="https://node.example/federation/user/other"))
    assert await reason(Request("POST", request.origin, request.target, request.headers, other)) is Reason.DIGEST


async def test_an_activity_for_another_node_is_refused() -> None:
    request = post(follow(), url="https://other.example/inbox")
    assert await reason(Request("POST", "https://node.example", "/inbox", request.headers, request.body)) is Reason.HOST


async def test_the_signer_must_be_the_actor() -> None:
    resolver = FixedKeyResolver(actor(ANN), actor(BOB))
    assert await reason(post(follow(), by=signer(BOB)), resolver) is Reason.OWNER


async def test_the_signer_must_live_on_the_host_of_the_actor_or_its_key_is_not_even_fetched() -> None:
    resolver = FixedKeyResolver(actor(ANN), actor("https://evil.example/eve"))
    assert await reason(post(follow(), by=signer("https://evil.example/eve")), resolver) is Reason.OWNER
    assert resolver.asked == []


async def test_a_stolen_name_with_another_key_is_refused() -> None:
    thief = SigningKey(signer().key_id, rsa_key("a thief"))
    assert await reason(post(follow(), by=thief)) is Reason.SIGNATURE


async def test_the_id_must_be_of_the_host_of_the_actor() -> None:
    assert await reason(post(follow(id="https://evil.example/1"))) is Reason.FOREIGN


async def test_a_blocked_host_is_refused_before_its_key_is_fetched() -> None:
    resolver = FixedKeyResolver()
    resolver.blocked.add("remote.example")
    assert await reason(post(follow()), resolver) is Reason.BLOCKED
    assert resolver.asked == []


async def test_a_blocked_actor_is_refused_before_its_key_is_fetched() -> None:
    resolver = FixedKeyResolver()
    resolver.blocked.add(ANN)
    assert await reason(post(follow()), resolver) is Reason.BLOCKED
    assert resolver.asked == []


async def test_a_key_that_cannot_be_fetched_is_a_401() -> None:
    resolver = FixedKeyResolver()
    resolver.signers.clear()
    outcome = await come(post(follow()), resolver)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.status) == (Reason.KEY, 401)


async def test_the_same_activity_counts_once_even_with_other_content() -> None:
    memory = FixedInboxStore()
    outcome = await come(post(follow()), memory=memory)
    assert isinstance(outcome, Verified)
    # the node crashed before it acted: the second try of the sender counts
    assert isinstance(await come(post(follow()), memory=memory), Verified)
    memory.taken.add(outcome.activity.id)
    assert await come(post(follow()), memory=memory) == Ignored("replay")
    assert await come(post(follow(type="Block")), memory=memory) == Ignored("replay")


async def test_nobody_learns_from_an_unsigned_copy_what_was_taken() -> None:
    """The signature is verified before a replay is recognised."""
    memory = FixedInboxStore()
    memory.taken.add(f"{ANN}#follow/1")
    thief = SigningKey(signer().key_id, rsa_key("a thief"))
    for request in (
        post(follow(), by=thief),
        with_header(post(follow()), "date", "x"),
        post(follow(id=f"{ANN}#follow/1"), by=signer(BOB)),
        post(follow(object={"id": LIVE, "type": "Note"})),
    ):
        assert isinstance(await come(request, FixedKeyResolver(actor(ANN), actor(BOB)), memory), Refused)


async def test_an_embedded_object_of_another_author_is_refused() -> None:
    forged = {"id": f"{ANN}/1", "type": "Note", "attributedTo": BOB, "content": "x"}
    assert await reason(post(follow(type="Create", object=forged))) is Reason.FOREIGN


async def test_an_embedded_object_that_is_not_the_actors_to_show_is_taken_out() -> None:
    forged = {"id": f"{LIVE}/1", "type": "Note", "attributedTo": LIVE, "content": "never said"}
    outcome = await come(post(follow(type="Announce", object=forged)))
    assert isinstance(outcome, Verified)
    assert (outcome.activity.object, outcome.activity.object_id) == (None, f"{LIVE}/1")


async def test_a_reply_arrives_with_its_content() -> None:
    activity = vector("activities/mastodon_create_reply.json")["activity"]
    outcome = await come(post(activity))
    assert isinstance(outcome, Verified)
    assert isinstance(outcome.activity.object, Object)
    assert outcome.activity.object.content == "<p>hello</p>"


@pytest.mark.parametrize(
    "document", [follow(type="Listen"), follow(type="Create", object={"id": f"{ANN}/1", "type": "ChatMessage"})]
)
async def test_what_we_have_no_use_for_is_ignored_but_only_when_it_is_signed(document: Json) -> None:
    assert await come(post(document)) == Ignored("unknown-type")
    assert await reason(with_header(post(document), "signature", None)) is Reason.UNSIGNED


DELETE = follow(id=f"{ANN}#delete", type="Delete", object=ANN)


async def test_a_delete_of_an_unknown_actor_is_dropped_before_anything_is_checked() -> None:
    """Most of the traffic: servers tell every other server about each deleted account, whose key is gone."""
    resolver = FixedKeyResolver()
    request = with_header(post(DELETE), "signature", None)
    assert await come(request, resolver) == Ignored("delete-of-unknown")
    assert resolver.asked == []


async def test_a_known_actor_that_is_gone_has_departed() -> None:
    resolver = FixedKeyResolver()
    resolver.signers[signer().key_id] = Missing.GONE
    assert await come(post(DELETE), resolver, FixedInboxStore(ANN)) == ActorGone(ANN)


async def test_a_known_actor_that_is_only_unreachable_has_not_departed() -> None:
    resolver = FixedKeyResolver()
    resolver.signers[signer().key_id] = Missing.UNKNOWN
    outcome = await come(post(DELETE), resolver, FixedInboxStore(ANN))
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.KEY


@pytest.mark.parametrize(
    "key_id", [f"{ANN}/main-key", f"{ANN}/statuses/deleted-long-ago", "https://remote.example/nothing"]
)
async def test_of_another_key_that_is_gone_nothing_follows_unless_the_actor_is_gone_too(key_id: str) -> None:
    """Otherwise anybody could have an actor deleted here, by naming one of its deleted posts as the key."""
    resolver = FixedKeyResolver()
    resolver.signers[key_id] = Missing.GONE
    forged = post(DELETE, by=SigningKey(key_id, rsa_key("anybody")))
    outcome = await come(forged, resolver, FixedInboxStore(ANN))
    assert isinstance(outcome, Refused)
    resolver.signers[ANN] = Missing.GONE
    assert await come(forged, resolver, FixedInboxStore(ANN)) == ActorGone(ANN)


async def test_a_gone_key_allows_nothing_but_the_delete_of_its_actor() -> None:
    resolver = FixedKeyResolver()
    resolver.signers[signer().key_id] = Missing.GONE
    for document in (follow(), DELETE | {"object": f"{ANN}/1"}, DELETE | {"type": "Update"}):
        outcome = await come(post(document), resolver, FixedInboxStore(ANN))
        assert isinstance(outcome, Refused), document
        assert outcome.reason is Reason.KEY


async def test_an_actor_that_is_still_there_signs_its_delete() -> None:
    assert isinstance(await come(post(DELETE), memory=FixedInboxStore(ANN)), Verified)


async def test_the_body_can_be_read_apart() -> None:
    assert read_body(post(follow())) == follow()


NAMES = sorted(path.stem for path in (VECTORS / "activities").glob("*.json"))
SAMPLES = [vector(f"activities/{name}.json")["activity"] for name in NAMES]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([ANN, LIVE, "Note", "Follow"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "object", "actor"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@examples(120)
@given(
    st.sampled_from(SAMPLES),
    st.dictionaries(
        st.sampled_from(["id", "type", "actor", "object", "to", "target", "instrument", "self"]), anything, max_size=2
    ),
    st.sampled_from(list(Scheme)),
)
async def test_any_signed_document_has_an_outcome_and_nothing_is_raised(
    sample: Json, members: Json, scheme: Scheme
) -> None:
    outcome = await come(post(copy.deepcopy(sample) | members, scheme=scheme))
    assert isinstance(outcome, Verified | Ignored | ActorGone | Refused)
    if isinstance(outcome, Verified):
        assert outcome.activity.actor == outcome.signer.actor.id == ANN


@examples(120)
@given(
    st.sampled_from(["POST", "GET", "é"]),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["host", "date", "digest", "signature", "signature-input", "content-type", "content-digest", "x"]
            ),
            st.text() | st.sampled_from(["node.example", ACTIVITY_JSON, signed(b"{}").header("signature") or ""]),
        ),
        max_size=10,
    ),
    st.binary() | st.sampled_from([strictjson.write(each) for each in SAMPLES]),
)
async def test_any_request_has_an_outcome_and_nobody_is_verified_by_chance(
    method: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    outcome = await come(Request(method, "https://node.example", "/inbox", tuple(headers), body))
    assert isinstance(outcome, Refused | Ignored)


async def test_the_worst_documents_are_answered_in_bounded_time() -> None:
    worst = [
        b'{"a":' + b"[" * 500_000,
        b'{"a":[' + b"[]," * 300_000 + b"[]]}",
        b'{"a":"' + b"\\ud83d\\ude00" * 80_000 + b'"}',
        b"{" + b",".join(b'"%d":1' % number for number in range(90_000)) + b"}",
        b'{"a":' + b"9" * 1_000_000 + b"}",
        strictjson.write(follow(to=["x" * 200] * 4900)),
        strictjson.write(
            follow(
                type="Create",
                object={"id": f"{ANN}/1", "type": "Note", "tag": [{"type": "Hashtag", "name": "x"}] * 600},
            )
        ),
    ]
    for body in worst:
        started = time.process_time()
        await come(signed(body))
        assert time.process_time() - started < 2  # a quarter of it without a tracer for coverage
