"""The rules on a real Follow: by the settings, the rows, and what the peer says of itself."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fedistream.db import Database
from fedistream.federation.models import FollowerRow
from fedistream.federation.values import State
from tests.kit.federated import Federated, federated


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def outcome(node: Federated, **settings: object) -> str:
    """Return what becomes of a follow under these settings: "accepted", or why it waits."""
    for name, value in settings.items():
        await node.settings.change(f"federation.{name}", value)
    await node.follow()
    row = await FollowerRow.get()
    found = str(row.held_for or row.state)
    await row.delete()
    return found


async def test_a_private_channel_holds_everybody_and_the_admin_sees_why(node: Federated) -> None:
    await node.settings.change("federation.private", True)
    await node.follow()
    (waiting,) = (await node.feature.followers.page(node.home.id, State.PENDING)).items
    assert waiting.held_for == "private"


async def test_accounts_that_are_young_or_do_not_say_wait(node: Federated) -> None:
    assert await outcome(node, hold_younger_days=30) == "young"
    node.ann.profile["published"] = node.clock.now() - timedelta(days=400)
    changed = node.ann.document() | {"name": "Anna"}
    node.clock.ahead += 100_000  # her actor is fetched again
    assert await node.take(node.ann.activity("Update", changed)) == "taken"
    assert await outcome(node) == "accepted"


async def test_automated_accounts_wait(node: Federated) -> None:
    node.ann.profile["type"] = "Service"
    assert await outcome(node, hold_automated=True) == "automated"
    assert await outcome(node, known_domains=["127.0.0.1"]) == "accepted"


async def test_unknown_servers_wait_until_somebody_from_there_follows(node: Federated) -> None:
    assert await outcome(node, hold_unknown=True) == "unknown-server"
    await node.follow()
    row = await FollowerRow.get()
    await node.feature.federation.approve(node.home, node.ann.id)
    other = await node.channels.make("pots")
    await FollowerRow.filter(id=row.id).update(channel_id=other.id)
    node.ann.activity("Follow", node.feature.addresses.actor(node.home))
    await node.follow()
    assert (await FollowerRow.get(channel_id=node.home.id)).state == "accepted"


async def test_the_profile_says_that_some_wait(node: Federated) -> None:
    said = []
    for days in (0, 3):
        await node.settings.change("federation.hold_younger_days", days)
        said.append((await node.feature.documents.actor(node.home))["manuallyApprovesFollowers"])
    assert said == [False, True]
