import pytest

from activitypub.actor import ActorKey
from activitypub.refusal import Reason, Refused
from activitypub.signatures import Scheme
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request
from activitypub.signer import KeyMissing, Missing, Signer, verify_request
from tests.kit.actors import ANN, actor
from tests.kit.inbox_ports import FixedKeyResolver
from tests.kit.signing import NOW, rsa_key, signed_get, signer

URL = "https://node.example/federation/user/live"
KEY_ID = f"{ANN}#main-key"


async def refusal(request: Request, resolver: FixedKeyResolver) -> Refused:
    with pytest.raises(Refused) as caught:
        await verify_request(request, resolver, now=NOW)
    return caught.value


@pytest.mark.parametrize("scheme", Scheme)
async def test_a_signed_get_tells_who_asks(scheme: Scheme) -> None:
    found = await verify_request(signed_get(URL, scheme=scheme), FixedKeyResolver(), now=NOW)
    assert (found.key_id, found.actor) == (KEY_ID, actor(ANN))


async def test_an_unsigned_get_tells_nothing() -> None:
    request = signed_get(URL)
    bare = Request(request.method, request.origin, request.target, (("host", "node.example"),))
    assert (await refusal(bare, FixedKeyResolver())).reason is Reason.UNSIGNED


@pytest.mark.parametrize("key_id", ["main-key", "acct:ann@remote.example", "https://remote.example\\@node.example/"])
async def test_a_key_id_that_is_no_url_is_not_looked_up(key_id: str) -> None:
    resolver = FixedKeyResolver()
    request = signed_get(URL, by=SigningKey(key_id, signer().key))
    refused = await refusal(request, resolver)
    assert refused.reason in {Reason.KEY, Reason.SIGNATURE_FORM}
    assert resolver.asked == []


async def test_a_blocked_host_is_refused_before_anything_is_fetched() -> None:
    resolver = FixedKeyResolver()
    resolver.blocked.add("remote.example")
    refused = await refusal(signed_get(URL), resolver)
    assert (refused.reason, refused.status) == (Reason.BLOCKED, 403)
    assert resolver.asked == []


async def test_a_blocked_actor_is_refused() -> None:
    resolver = FixedKeyResolver()
    resolver.blocked.add(ANN)
    assert (await refusal(signed_get(URL), resolver)).reason is Reason.BLOCKED


@pytest.mark.parametrize("why", Missing)
async def test_a_key_that_cannot_be_resolved_is_refused_with_the_reason(why: Missing) -> None:
    resolver = FixedKeyResolver()
    resolver.signers[KEY_ID] = why
    refused = await refusal(signed_get(URL), resolver)
    assert isinstance(refused, KeyMissing)
    assert (refused.status, refused.missing, refused.key_id) == (401, why, KEY_ID)


async def test_a_changed_key_is_fetched_again_once() -> None:
    stale = actor(ANN, keys=(ActorKey(KEY_ID, rsa_key("an old key of ann").public()),))
    resolver = FixedKeyResolver(stale)
    assert (await refusal(signed_get(URL), resolver)).reason is Reason.SIGNATURE
    resolver.refreshed[KEY_ID] = Signer(KEY_ID, signer().key.public(), actor(ANN))
    assert (await verify_request(signed_get(URL), resolver, now=NOW)).actor == actor(ANN)
    assert resolver.asked == [KEY_ID, f"refresh {KEY_ID}"] * 2


async def test_a_refreshed_key_that_does_not_match_either_is_refused() -> None:
    resolver = FixedKeyResolver()
    resolver.refreshed[KEY_ID] = resolver.signers[KEY_ID]  # type: ignore[assignment]
    request = signed_get(URL, by=SigningKey(KEY_ID, rsa_key("a thief")))
    assert (await refusal(request, resolver)).reason is Reason.SIGNATURE


async def test_a_key_of_another_host_than_its_owner_is_refused() -> None:
    """A resolver that answers wrongly must not let one actor pass for another."""
    resolver = FixedKeyResolver()
    eve = SigningKey("https://evil.example/key", rsa_key("eve"))
    for found in (
        Signer(eve.key_id, eve.key.public(), actor(ANN)),
        Signer("https://remote.example/other", eve.key.public(), actor("https://evil.example/eve")),
    ):
        resolver.signers[eve.key_id] = found
        assert (await refusal(signed_get(URL, by=eve), resolver)).reason is Reason.OWNER
