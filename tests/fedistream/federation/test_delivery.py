"""The recipients of an activity for the followers, on both databases."""

from datetime import UTC, datetime
from types import SimpleNamespace

from fedistream.channels.values import Channel
from fedistream.db import Database
from fedistream.federation.delivery import Delivery
from fedistream.federation.models import FollowerRow, RemoteActorRow
from fedistream.federation.urls import ActorUrls
from tests.kit.federated import Federated, federated

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHARED = "https://big.example/inbox"


async def follower(channel: Channel, url: str, shared_inbox: str = "", state: str = "accepted") -> str:
    """A follower with this actor, whose own inbox is below it. Returns the actor."""
    row = await RemoteActorRow.create(
        url=url,
        key_id=f"{url}#main-key",
        handle="somebody@somewhere.example",
        name="Somebody",
        inbox=f"{url}/inbox",
        shared_inbox=shared_inbox,
        document={},
        fetched_at=NOW,
    )
    await FollowerRow.create(channel_id=channel.id, actor_id=row.id, state=state, follow={}, created_at=NOW)
    return url


def delivery(node: Federated) -> Delivery:
    return Delivery(SimpleNamespace(), ActorUrls(node.settings, node.channels), str)


async def test_a_shared_inbox_gets_one_delivery_for_all_its_followers(database: Database) -> None:
    async with federated() as node:
        for number in range(3):
            await follower(node.home, f"https://big.example/u/{number}", SHARED)
        alone = await follower(node.home, "https://small.example/me")
        await follower(node.home, "https://other.example/u", "https://other.example/inbox", state="pending")
        found = await delivery(node).followers(node.home)
        assert [(each.actor, each.shared_inbox or each.inbox) for each in found] == [
            ("https://big.example/u/0", SHARED),
            (alone, f"{alone}/inbox"),
        ]


async def test_a_mentioned_account_is_addressed_beside_the_shared_inbox(database: Database) -> None:
    async with federated() as node:
        people = [await follower(node.home, f"https://big.example/u/{number}", SHARED) for number in range(3)]
        found = await delivery(node).followers(node.home, [people[2], "https://nobody.example/"])
        assert [(each.actor, each.shared_inbox) for each in found] == [(people[0], SHARED), (people[2], SHARED)]
        assert found[1].inbox == f"{people[2]}/inbox"


async def test_another_channels_followers_are_not_told(database: Database) -> None:
    async with federated() as node:
        other = Channel(node.home.id + 1, "other", NOW)
        await follower(other, "https://big.example/u/1", SHARED)
        assert await delivery(node).followers(node.home) == []
