"""Authorized fetch: by default only known blocked actors are refused; with the setting a valid signature is needed."""

from collections.abc import AsyncIterator

import pytest

from activitypub.refusal import Refused
from activitypub.signatures import Scheme, sign
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, outgoing_request
from fedistream.db import Database
from tests.kit.federated import LIVE, Federated, federated
from tests.kit.signing import rsa_key


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def read(node: Federated, by: SigningKey | None = None, scheme: Scheme = Scheme.CAVAGE, age_s: float = 0) -> str:
    """Asks for the actor; "admitted", or the reason why not."""
    request = outgoing_request("GET", f"{LIVE}?page=1", [("Accept", "application/activity+json")])
    added = sign(scheme, request, by, now=node.clock.unix() - age_s) if by else ()
    try:
        await node.feature.policies.authorized_fetch.check(
            Request("GET", request.origin, request.target, (*request.headers, *added))
        )
    except Refused as refused:
        return refused.reason.value
    return "admitted"


async def block(node: Federated) -> None:
    await node.settings.change("federation.blocked_domains", ["127.0.0.1"])
    await node.feature.federation.open()


async def test_everybody_may_read_with_whatever_signature(node: Federated) -> None:
    forged = SigningKey(node.ann.key.key_id, rsa_key("a thief"))
    assert [await read(node), await read(node, node.ann.key), await read(node, forged)] == ["admitted"] * 3
    assert node.ann.server.asked == []


async def test_a_blocked_actor_may_not_read_documents(node: Federated) -> None:
    await block(node)
    assert [await read(node), await read(node, node.ann.key)] == ["admitted", "blocked"]
    assert await read(node, node.ann.key, age_s=100_000) == "admitted"


@pytest.mark.parametrize("scheme", Scheme)
async def test_by_the_setting_readers_have_to_sign(node: Federated, scheme: Scheme) -> None:
    await node.settings.change("federation.signed_reading", True)
    forged = SigningKey(node.ann.key.key_id, rsa_key("a thief"))
    assert await read(node) == "unsigned"
    assert await read(node, node.ann.key, scheme) == "admitted"
    assert await read(node, forged, scheme) == "signature"
    assert await read(node, node.ann.key, scheme, age_s=100_000) == "date"
    await block(node)
    assert await read(node, node.ann.key, scheme) == "blocked"
    assert node.feature.federation.refusals() == {"unsigned": 1, "signature": 1, "date": 1, "blocked": 1}
