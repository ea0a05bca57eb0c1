"""The inboxes' statistics: servers that are alive after all, and the reasons of refusals."""

from collections.abc import AsyncIterator

import pytest

from activitypub.signatures.keys import SigningKey
from fedistream.db import Database
from fedistream.federation.inbox.stats import AGAIN_S
from fedistream.jobs.circuit_breaker import Circuit
from fedistream.jobs.host_health import Hosts
from fedistream.jobs.models import HostHealthRow, OutboxRow
from tests.kit.federated import LIVE, Federated, federated
from tests.kit.signing import rsa_key


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def bury(host: str) -> None:
    await HostHealthRow.create(
        host=host, circuit=Circuit.DEAD, failures=9, open_until=0, failing_days=7, failing_since=1, failed_at=2
    )


async def dead() -> frozenset[str]:
    return await Hosts(lambda: 0.0).dead()


async def test_a_dead_server_lives_again_when_something_signed_comes_from_it(node: Federated) -> None:
    await node.follow()
    waiting = await OutboxRow.all().first()
    assert waiting is not None
    await OutboxRow.all().update(due=node.clock.unix() + 40_000)
    host = node.ann.server.authority
    await bury(host)
    node.clock.ahead += AGAIN_S
    await node.take(node.ann.activity("View", LIVE))
    assert await dead() == frozenset()
    assert (await OutboxRow.get(id=waiting.id)).due <= node.clock.unix()


async def test_what_is_not_signed_by_the_server_revives_nobody(node: Federated) -> None:
    await bury(node.ann.server.authority)
    forged = SigningKey(node.ann.key.key_id, rsa_key("a thief"))
    assert await node.take(node.ann.activity("View", LIVE), by=forged) == "signature"
    assert await dead() == {node.ann.server.authority}


async def test_a_server_that_was_heard_a_moment_ago_is_not_looked_up_again(node: Federated) -> None:
    await node.take(node.ann.activity("View", LIVE))
    await bury(node.ann.server.authority)
    await node.take(node.ann.activity("View", LIVE))
    assert await dead()
    node.clock.ahead += AGAIN_S
    await node.take(node.ann.activity("View", LIVE))
    assert not await dead()


async def test_refusals_are_counted_by_their_reason_and_nothing_else_is(node: Federated) -> None:
    forged = SigningKey(node.ann.key.key_id, rsa_key("a thief"))
    for _ in range(2):
        await node.take(node.ann.activity("Follow", LIVE), by=forged)
    await node.take({}, body=b"{")
    await node.follow()
    assert list(node.feature.federation.refusals().items()) == [("signature", 2), ("not-json", 1)]
    assert node.feature.federation.counting_since <= node.clock.now()


async def test_an_inbox_on_another_server_revives_nobody(node: Federated) -> None:
    node.ann.profile |= {"inbox": "https://elsewhere.example/inbox"}
    await bury("elsewhere.example")
    assert await node.take(node.ann.activity("View", LIVE)) == "taken"
    assert await dead() == {"elsewhere.example"}
