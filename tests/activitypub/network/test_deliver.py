import asyncio

import pytest
from aiohttp import web

from activitypub import strictjson
from activitypub.inbox import Verified, receive
from activitypub.network.deliver import (
    MAX_RETRY_AFTER_S,
    Delivered,
    Deliverer,
    Outcome,
    Payload,
    PermanentFailure,
    TemporaryFailure,
    encode_payload,
    retry_after,
)
from activitypub.network.schemes import Schemes
from activitypub.signatures import Scheme, digest, httpdate
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request
from tests.kit.actors import LIVE, actor
from tests.kit.inbox_ports import FixedInboxStore, FixedKeyResolver
from tests.kit.remote import Handler, client_for, remote
from tests.kit.signing import NOW, ed25519_key, signer

FOLLOW = {
    "id": f"{LIVE}#follow/1",
    "type": "Follow",
    "actor": LIVE,
    "object": "https://remote.example/users/ann",
    "ü": "😀",
}
US = signer(LIVE)


async def verdict(request: Request) -> int:
    """Return the status of the response of an inbox of our own."""
    outcome = await receive(request, FixedKeyResolver(actor(LIVE)), FixedInboxStore(), now=NOW)
    return 202 if isinstance(outcome, Verified) else getattr(outcome, "status", 500)


async def sent(answer: Handler, schemes: Schemes | None = None, by: SigningKey = US) -> tuple[Outcome, list[Request]]:
    """Deliver to a server that answers like this."""
    async with remote(answer) as far, client_for(far) as client:
        deliverer = Deliverer(client, schemes or Schemes(), lambda: NOW)
        return await deliverer.deliver(f"{far.origin}/inbox?x=1", encode_payload(FOLLOW), by), far.asked


async def test_what_we_deliver_our_own_inbox_takes() -> None:
    async def answer(request: Request) -> web.Response:
        return web.Response(status=await verdict(request))

    outcome, asked = await sent(answer)
    assert outcome == Delivered(202, Scheme.CAVAGE)
    assert [each.header("content-type") for each in asked] == ["application/activity+json"]
    assert asked[0].body == strictjson.write(FOLLOW)


@pytest.mark.parametrize("refusal", [401, 403])
async def test_the_other_signature_is_tried_on_a_refusal_and_first_the_next_time(refusal: int) -> None:
    async def only_9421(request: Request) -> web.Response:
        return web.Response(status=await verdict(request) if request.header("signature-input") else refusal)

    schemes = Schemes()
    async with remote(only_9421) as far, client_for(far) as client:
        deliverer = Deliverer(client, schemes, lambda: NOW)
        for _ in range(2):
            assert await deliverer.deliver(f"{far.origin}/inbox", encode_payload(FOLLOW), US) == Delivered(
                202, Scheme.RFC9421
            )
        assert len(far.asked) == 3
        assert schemes.get(far.authority, NOW) is Scheme.RFC9421


async def test_a_host_that_takes_cavage_again_is_remembered_as_such() -> None:
    schemes = Schemes()

    async def only_cavage(request: Request) -> web.Response:
        schemes.put(request.authority, Scheme.RFC9421, NOW)
        return web.Response(status=401 if request.header("signature-input") else 202)

    async with remote(only_cavage) as far, client_for(far) as client:
        schemes.put(far.authority, Scheme.RFC9421, NOW)
        assert await Deliverer(client, schemes, lambda: NOW).deliver(
            far.origin, encode_payload(FOLLOW), US
        ) == Delivered(202, Scheme.CAVAGE)
        assert schemes.get(far.authority, NOW) is Scheme.CAVAGE


async def test_an_error_after_the_second_attempt_says_nothing_of_the_scheme() -> None:
    schemes = Schemes()
    outcome, _ = await sent(
        lambda request: web.Response(status=500 if request.header("signature-input") else 401), schemes
    )
    assert outcome == TemporaryFailure(None, "status 500")
    assert schemes._kept == {}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Delivered(200, Scheme.CAVAGE)),
        (202, Delivered(202, Scheme.CAVAGE)),
        (204, Delivered(204, Scheme.CAVAGE)),
        (301, PermanentFailure("status 301")),
        (302, PermanentFailure("status 302")),
        (304, PermanentFailure("status 304")),
        (400, PermanentFailure("status 400")),
        (401, TemporaryFailure(None, "unauthorized")),
        (403, PermanentFailure("status 403")),
        (404, PermanentFailure("status 404")),
        (408, TemporaryFailure(None, "status 408")),
        (410, PermanentFailure("gone", gone=True)),
        (413, PermanentFailure("status 413")),
        (429, TemporaryFailure(None, "too many requests")),
        (500, TemporaryFailure(None, "status 500")),
        (501, PermanentFailure("status 501")),
        (502, TemporaryFailure(None, "status 502")),
        (503, TemporaryFailure(None, "status 503")),
    ],
)
async def test_each_status_has_its_outcome(status: int, expected: Outcome) -> None:
    outcome, asked = await sent(lambda _: web.Response(status=status))
    assert outcome == expected
    assert len(asked) == (2 if status in {401, 403} else 1)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_header_delays_the_next_attempt(status: int) -> None:
    outcome, _ = await sent(lambda _: web.Response(status=status, headers={"Retry-After": "120"}))
    assert isinstance(outcome, TemporaryFailure)
    assert outcome.after_s == 120


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("999999", MAX_RETRY_AFTER_S),
        ("99999999999999999999", None),
        (httpdate.write(NOW + 60), 60),
        (httpdate.write(NOW - 60), 0),
        (httpdate.write(NOW + 1_000_000), MAX_RETRY_AFTER_S),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("²", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_and_at_most_a_day(text: str, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


async def test_a_redirect_that_keeps_the_post_is_followed_and_signed_anew() -> None:
    async def answer(request: Request) -> web.Response:
        if request.target.startswith("/inbox"):
            return web.Response(status=308, headers={"Location": "/new-inbox"})
        return web.Response(status=await verdict(request))

    outcome, asked = await sent(answer)
    assert outcome == Delivered(202, Scheme.CAVAGE)
    assert [each.target for each in asked] == ["/inbox?x=1", "/new-inbox"]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("/inbox", "too many redirects"),
        ("http://[", "blocked: "),
        ("ftp://a.example/", "blocked: "),
        ("https://127.0.0.1/", "blocked: "),
        ("http://169.254.169.254/", "blocked: "),
    ],
)
async def test_a_redirect_to_a_bad_or_blocked_url_is_a_permanent_failure(to: str, expected: str) -> None:
    outcome, _ = await sent(lambda _: web.Response(status=307, headers={"Location": to}))
    assert isinstance(outcome, PermanentFailure)
    assert outcome.reason.startswith(expected)


@pytest.mark.parametrize(
    "inbox", ["", "x", "https://127.0.0.1/inbox", "http://a.example/inbox", "https://u@a.example/"]
)
async def test_an_inbox_that_may_not_be_connected_to_is_a_permanent_failure(inbox: str) -> None:
    async with client_for() as client:
        outcome = await Deliverer(client, Schemes(), lambda: NOW).deliver(inbox, encode_payload(FOLLOW), US)
    assert isinstance(outcome, PermanentFailure)
    assert outcome.reason.startswith("blocked: ")
    assert not outcome.gone


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    async with remote(lambda _: web.Response()) as far:
        gone = far
    async with client_for(gone) as client:
        outcome = await Deliverer(client, Schemes(), lambda: NOW).deliver(gone.origin, encode_payload(FOLLOW), US)
    assert isinstance(outcome, TemporaryFailure)
    assert outcome.after_s is None


async def test_a_response_that_is_too_large_does_not_hide_the_status() -> None:
    outcome, _ = await sent(lambda _: web.Response(body=b"x" * 100_000))
    assert outcome == Delivered(200, Scheme.CAVAGE)


async def test_a_payload_is_encoded_once_and_sent_to_many() -> None:
    payload = encode_payload(FOLLOW)
    assert payload == Payload(payload.body, digest.digest(payload.body), digest.content_digest(payload.body))
    async with remote(lambda _: web.Response(status=202)) as far, client_for(far) as client:
        deliverer = Deliverer(client, Schemes(), lambda: NOW)
        inboxes = [f"{far.origin}/{number}" for number in range(20)]
        outcomes = await asyncio.gather(*(deliverer.deliver(inbox, payload, US) for inbox in inboxes))
        assert set(outcomes) == {Delivered(202, Scheme.CAVAGE)}
        assert {each.header("digest") for each in far.asked} == {payload.digest}
        assert len({each.header("signature") for each in far.asked}) == 20


async def test_a_key_that_no_server_would_accept_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="RSA"):
        await sent(lambda _: web.Response(), by=SigningKey("k", ed25519_key("one")))
