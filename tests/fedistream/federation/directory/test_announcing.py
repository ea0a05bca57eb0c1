"""We as a featured stream: directories wait for the admin, and hear when we are live; nobody else does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from activitypub.directory import NS, parse_offer
from activitypub.strictjson import Json
from fedistream.broadcasts.values import BroadcastRecord
from fedistream.core.events import BroadcastEnded, BroadcastStarted, TitleChanged
from fedistream.db import Database
from fedistream.federation.models import FollowerRow
from fedistream.federation.values import State
from fedistream.jobs.models import OutboxRow
from tests.kit.federated import LIVE, ORIGIN, Federated, federated
from tests.kit.onair import written

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
DIRECTORY = {f"{NS}directory": True, f"{NS}serverName": "The list"}


@dataclass
class LiveNow:
    """The live status of the channel."""

    on: list[BroadcastRecord] = field(default_factory=list)

    async def running(self) -> list[BroadcastRecord]:
        return self.on


@pytest.fixture
def live_now() -> LiveNow:
    return LiveNow()


@pytest.fixture
async def node(database: Database, live_now: LiveNow) -> AsyncIterator[Federated]:
    async with federated(running=live_now.running) as made:
        yield made


async def featured(node: Federated) -> Json:
    """Approve Ann as a directory. Return her Follow."""
    follow = await node.follow(**DIRECTORY)
    await node.feature.federation.approve(node.home, node.ann.id)
    return follow


async def listed(node: Federated, state: State, *, directories: bool | None) -> list[str]:
    page = await node.feature.followers.page(node.home.id, state, directories=directories)
    return [each.actor for each in page.items]


async def said(node: Federated) -> list[Json]:
    """The Offers and Leaves that were sent."""
    return [each for _, each in await node.sent() if each["type"] in ("Offer", "Leave")]


def live(live_now: LiveNow, node: Federated, broadcast_id: int = 7) -> BroadcastStarted:
    live_now.on = [written(broadcast_id, node.home.id)]
    return BroadcastStarted(node.home.id, broadcast_id, "title", AT)


def over(live_now: LiveNow, node: Federated, broadcast_id: int = 7) -> BroadcastEnded:
    live_now.on = []
    return BroadcastEnded(node.home.id, broadcast_id, "finished", AT)


async def test_a_directory_waits_for_the_admin_also_where_everybody_else_is_let_in(node: Federated) -> None:
    follow = await node.follow(**DIRECTORY)
    assert await node.sent() == []
    assert await listed(node, State.PENDING, directories=True) == [node.ann.id]
    assert await listed(node, State.PENDING, directories=False) == []
    await node.feature.federation.approve(node.home, node.ann.id)
    ((inbox, accept),) = await node.sent()
    assert (inbox, accept["type"], accept["object"]["id"]) == (f"{node.ann.id}/inbox", "Accept", follow["id"])
    assert accept["object"][f"{NS}directory"] is True
    assert await listed(node, State.ACCEPTED, directories=True) == [node.ann.id]


async def test_a_directory_is_no_reader(node: Federated) -> None:
    await featured(node)
    assert await listed(node, State.ACCEPTED, directories=False) == []
    assert await node.feature.followers.count(node.home.id) == 0
    before = len(await node.sent())
    await node.feature.posts.publish(node.home, "hello")
    assert len(await node.sent()) == before
    assert not {"follow.received", "follow.approved"} & set(node.names())


async def test_a_blocked_directory_is_listed_among_the_blocked(node: Federated) -> None:
    await node.follow(**DIRECTORY)
    await node.feature.federation.block(node.home, node.ann.id)
    assert await listed(node, State.BLOCKED, directories=None) == [node.ann.id]


async def test_a_reader_that_becomes_a_directory_has_to_wait_anew(node: Federated) -> None:
    await node.follow()
    await node.follow(**DIRECTORY)
    assert await listed(node, State.PENDING, directories=True) == [node.ann.id]


async def test_a_directory_that_becomes_a_reader_is_held_like_one(node: Federated) -> None:
    await node.settings.change("federation.private", True)
    await featured(node)
    await node.follow()
    assert await listed(node, State.PENDING, directories=False) == [node.ann.id]
    await node.settings.change("federation.private", False)
    await featured(node)
    await node.follow()
    assert await listed(node, State.ACCEPTED, directories=False) == [node.ann.id]


async def test_a_directory_hears_when_we_are_live_again_and_again_and_when_it_is_over(
    node: Federated, live_now: LiveNow
) -> None:
    await node.settings.change("channel.title", "Morning on the canal")
    await node.settings.change("channel.summary", "Slow *boats*")
    await node.settings.change("channel.tags", ["boats"])
    await featured(node)
    await node.feature.offers.begin(live(live_now, node))
    (offer,) = await said(node)
    assert (offer["type"], offer["actor"], offer["object"], offer["to"]) == ("Offer", LIVE, ORIGIN, [node.ann.id])
    news = parse_offer(offer)
    assert (news.live, news.title, news.description) == (True, "Morning on the canal", "Slow boats")
    assert (news.logo, news.thumbnail, news.tags) == (f"{ORIGIN}/logo", f"{ORIGIN}/thumbnail.jpg", ("boats",))
    row = (await OutboxRow.all().order_by("-id"))[0]
    assert row.expires_at is not None

    node.clock.ahead += 300
    await node.feature.offers.renew()
    await node.feature.offers.end(over(live_now, node))
    assert [each["type"] for each in await said(node)] == ["Offer", "Offer", "Leave"]
    assert len({each["id"] for each in await said(node)}) == 3
    rows = (await OutboxRow.all().order_by("-id"))[:3]
    assert len({each.group_key for each in rows} - {""}) == 1


async def test_readers_and_waiting_requests_are_not_affected(node: Federated, live_now: LiveNow) -> None:
    await node.follow()
    await node.feature.offers.begin(live(live_now, node))
    await node.follow(**DIRECTORY)
    await node.feature.offers.renew()
    await node.feature.offers.end(over(live_now, node))
    assert await said(node) == []


async def test_a_directory_approved_during_a_broadcast_gets_the_live_status(node: Federated, live_now: LiveNow) -> None:
    live(live_now, node)
    await featured(node)
    assert [each["type"] for each in await said(node)] == ["Offer"]


async def test_what_is_over_by_the_time_of_the_job_is_not_offered(node: Federated, live_now: LiveNow) -> None:
    await featured(node)
    fact = live(live_now, node)
    over(live_now, node)
    await node.feature.offers.begin(fact)
    assert await said(node) == []


async def test_an_end_that_is_told_late_does_not_end_the_next_broadcast(node: Federated, live_now: LiveNow) -> None:
    await featured(node)
    fact = over(live_now, node)
    live(live_now, node, 8)
    await node.feature.offers.end(fact)
    assert await said(node) == []


async def test_a_leave_that_is_written_down_twice_is_sent_once(node: Federated, live_now: LiveNow) -> None:
    await featured(node)
    for _ in range(2):
        await node.feature.offers.end(over(live_now, node))
    assert len(await said(node)) == 1


async def test_a_server_that_stopped_featuring_us_gets_no_status(node: Federated, live_now: LiveNow) -> None:
    follow = await featured(node)
    assert await node.take(node.ann.activity("Undo", follow)) == "taken"
    assert await FollowerRow.all().count() == 0
    await node.feature.offers.begin(live(live_now, node))
    assert await said(node) == []


async def test_while_federation_is_off_there_is_nobody_to_tell(node: Federated, live_now: LiveNow) -> None:
    await featured(node)
    fact = live(live_now, node)
    assert node.feature.offers.applies_to(fact)
    await node.settings.change("federation.enabled", False)
    assert not node.feature.offers.applies_to(fact)
    await node.feature.offers.begin(fact)
    await node.feature.offers.end(over(live_now, node))
    await node.settings.change("federation.enabled", True)
    assert await said(node) == []


async def test_a_title_that_changes_right_after_the_start_is_told_too(node: Federated, live_now: LiveNow) -> None:
    await featured(node)
    await node.feature.offers.begin(live(live_now, node))
    await node.settings.change("channel.title", "Now with sound")
    await node.feature.offers.begin(TitleChanged(node.home.id, "Now with sound", AT))
    assert [parse_offer(each).title for each in await said(node)] == ["", "Now with sound"]
