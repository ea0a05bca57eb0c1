"""Both signatures are tried, and what a host accepted is remembered, for requests with a body and without."""

import pytest
from aiohttp import web

from activitypub.network.schemes import Schemes
from activitypub.network.signed_transport import SignedTransport
from activitypub.signatures import Scheme, digest, parse_signature
from activitypub.signatures.request import Request, outgoing_request
from tests.kit.remote import Handler, client_for, remote
from tests.kit.signing import NOW, signer

KEY = signer("https://node.example/actor")
BODY = b"{}"


def scheme_of(request: Request) -> Scheme:
    """Return the scheme of a request, whose signature must be right."""
    parsed = parse_signature(request, now=NOW)
    assert parsed.verified_by(KEY.key.public())
    return parsed.scheme


def taking(*schemes: Scheme, status: int = 200, refusal: int = 401) -> Handler:
    return lambda request: web.Response(status=status if scheme_of(request) in schemes else refusal)


async def sent(answer: Handler, schemes: Schemes, method: str = "POST") -> tuple[int, Scheme, list[Scheme]]:
    """Return the status, the scheme that it answers, and the schemes that were tried."""
    async with remote(answer) as far, client_for(far) as client:
        headers = [("Content-Type", "application/json")] if method == "POST" else [("Accept", "application/json")]
        request = outgoing_request(method, f"{far.origin}/x", headers, BODY if method == "POST" else b"")
        response, scheme = await SignedTransport(client, schemes, lambda: NOW).send(request, KEY)
        # ports differ from run to run: what is kept is kept for this one
        assert schemes.get(far.authority, NOW) in {Scheme.CAVAGE, scheme}
        return response.status, scheme, [scheme_of(each) for each in far.asked]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_scheme_that_all_servers_take_comes_first(method: str) -> None:
    schemes = Schemes()
    assert await sent(taking(*Scheme), schemes, method) == (200, Scheme.CAVAGE, [Scheme.CAVAGE])
    assert schemes._kept == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("status", [200, 202, 308])
async def test_the_other_scheme_is_tried_on_a_refusal_and_kept(method: str, refusal: int, status: int) -> None:
    schemes = Schemes()
    answer = taking(Scheme.RFC9421, status=status, refusal=refusal)
    assert await sent(answer, schemes, method) == (status, Scheme.RFC9421, [Scheme.CAVAGE, Scheme.RFC9421])
    assert [scheme for scheme, _ in schemes._kept.values()] == [Scheme.RFC9421]


@pytest.mark.parametrize("refusal", [401, 403])
async def test_where_both_are_refused_the_first_response_counts(refusal: int) -> None:
    schemes = Schemes()
    assert await sent(taking(refusal=refusal), schemes) == (refusal, Scheme.CAVAGE, [Scheme.CAVAGE, Scheme.RFC9421])
    assert schemes._kept == {}


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500])
async def test_an_error_after_the_second_attempt_says_nothing_of_the_scheme(status: int) -> None:
    schemes = Schemes()
    found = await sent(taking(Scheme.RFC9421, status=status), schemes)
    assert found == (status, Scheme.RFC9421, [Scheme.CAVAGE, Scheme.RFC9421])
    assert schemes._kept == {}


async def test_a_digest_that_was_made_before_is_sent_with_its_scheme_alone() -> None:
    digests = {
        Scheme.CAVAGE: (("digest", digest.digest(BODY)),),
        Scheme.RFC9421: (("content-digest", digest.content_digest(BODY)),),
    }
    async with remote(taking(Scheme.RFC9421)) as far, client_for(far) as client:
        request = outgoing_request("POST", f"{far.origin}/x", [("Content-Type", "application/json")], BODY)
        await SignedTransport(client, Schemes(), lambda: NOW).send(request, KEY, digests=digests)
        assert [(each.header("digest"), each.header("content-digest")) for each in far.asked] == [
            (digest.digest(BODY), None),
            (None, digest.content_digest(BODY)),
        ]
