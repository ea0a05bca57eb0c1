"""Reports: kept when they are of anything of ours, from people and from whole servers, and not without end."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fedistream.core.errors import NotFound, TooMany
from fedistream.core.events import FlagReceived
from fedistream.db import Database
from fedistream.federation.inbox.reports import (
    BURST,
    MAX_CONTENT,
    MAX_OBJECTS,
    MAX_OPEN,
    PER_S,
    PRUNE_BATCH,
    SETTLED_FOR,
)
from fedistream.federation.models import FlagRow
from tests.kit.federated import LIVE, Federated, federated


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def test_a_report_names_what_of_ours_it_is_about_and_nothing_else(node: Federated) -> None:
    post = (await node.feature.posts.publish(node.home, "Hello")).url
    objects = [LIVE, "https://elsewhere.example/1", post, "https://node.example/federation/none"]
    flag = node.ann.activity("Flag", objects, content="He  is\n<b>rude</b>\u202e")
    assert await node.take(flag) == "taken"
    found = await node.feature.policies.flags.page()
    assert (found.total, found.items[0].objects) == (1, (LIVE, post))
    assert (found.items[0].content, found.items[0].actor) == ("He is <b>rude</b>", node.ann.id)
    assert (found.items[0].server, found.items[0].channel_id) == (node.ann.server.authority, node.home.id)
    (fact,) = node.facts.emitted
    assert isinstance(fact, FlagReceived)
    assert fact.flag_id == found.items[0].id


async def test_a_whole_server_may_report_as_well(node: Federated) -> None:
    node.ann.profile |= {"type": "Application", "followers": None}
    assert await node.take(node.ann.activity("Flag", LIVE)) == "taken"
    assert (await node.feature.policies.flags.page()).items[0].content == ""


async def test_reports_of_others_are_passed_over(node: Federated) -> None:
    for thing in ("https://elsewhere.example/1", ["https://elsewhere.example/1", "https://elsewhere.example/2"]):
        assert await node.take(node.ann.activity("Flag", thing)) == "taken"
    assert await FlagRow.all().count() == 0
    assert node.names() == []


async def test_a_report_is_kept_within_limits(node: Federated) -> None:
    many = [LIVE] * (MAX_OBJECTS + 50)
    assert await node.take(node.ann.activity("Flag", many, content="x" * 20_000)) == "taken"
    found = (await node.feature.policies.flags.page()).items[0]
    assert (len(found.objects), len(found.content)) == (MAX_OBJECTS, MAX_CONTENT)


async def test_what_is_settled_is_apart_and_can_be_opened_again(node: Federated) -> None:
    flags = node.feature.policies.flags
    await node.take(node.ann.activity("Flag", LIVE))
    (flag,) = (await flags.page()).items
    await flags.settle(flag.id)
    assert (await flags.page()).total == 0
    assert (await flags.page(settled=True)).items[0].settled_at is not None
    await flags.settle(flag.id, settled=False)
    assert (await flags.page()).items == (flag,)
    with pytest.raises(NotFound):
        await flags.settle(flag.id + 1)


async def test_what_was_settled_long_ago_is_forgotten_and_what_is_open_is_not(node: Federated) -> None:
    flags = node.feature.policies.flags
    for _ in range(2):
        await node.take(node.ann.activity("Flag", LIVE))
    settled, left = (await flags.page()).items
    await flags.settle(settled.id)
    node.clock.ahead += (SETTLED_FOR - timedelta(hours=1)).total_seconds()
    await node.feature.federation.prune()
    assert (await flags.page(settled=True)).total == 1
    node.clock.ahead += timedelta(hours=2).total_seconds()
    await node.feature.federation.prune()
    assert ((await flags.page(settled=True)).total, (await flags.page()).items) == (0, (left,))


async def test_many_are_forgotten_in_bites(node: Federated) -> None:
    at = node.clock.now()
    row = {"channel_id": 1, "actor": LIVE, "server": "a.example", "objects": [], "content": "", "at": at}
    await FlagRow.bulk_create([FlagRow(**row, settled_at=at) for _ in range(2 * PRUNE_BATCH + 1)])
    node.clock.ahead += (SETTLED_FOR + timedelta(hours=1)).total_seconds()
    assert await node.feature.policies.flags.prune_batch()
    assert await FlagRow.all().count() == PRUNE_BATCH + 1
    await node.feature.federation.prune()
    assert await FlagRow.all().count() == 0
    assert not await node.feature.policies.flags.prune_batch()


async def test_one_server_cannot_fill_the_list(node: Federated) -> None:
    for _ in range(BURST):
        assert await node.take(node.ann.activity("Flag", LIVE)) == "taken"
    late = node.ann.activity("Flag", LIVE)
    with pytest.raises(TooMany):
        await node.take(late)
    assert await FlagRow.all().count() == BURST
    node.clock.ahead += 1 / PER_S
    assert await node.take(late) == "taken"
    assert await FlagRow.all().count() == BURST + 1


async def test_a_list_that_nobody_reads_does_not_grow(node: Federated) -> None:
    row = {"channel_id": 1, "actor": LIVE, "server": "a.example", "objects": [], "content": "", "at": node.clock.now()}
    await FlagRow.bulk_create([FlagRow(**row) for _ in range(MAX_OPEN)])
    assert await node.take(node.ann.activity("Flag", LIVE)) == "taken"
    assert await FlagRow.all().count() == MAX_OPEN


async def test_reports_of_others_are_not_looked_at_without_end_either(node: Federated) -> None:
    for _ in range(BURST):
        assert await node.take(node.ann.activity("Flag", "https://elsewhere.example/1")) == "taken"
    late = node.ann.activity("Flag", "https://elsewhere.example/1")
    with pytest.raises(TooMany):
        await node.take(late)
