"""Likes and shares on the databases: recorded once, counted, undone and done again."""

from datetime import UTC, datetime, timedelta

import pytest

from activitypub.vocabulary.activity import Activity
from fedistream.db import Database, atomic
from fedistream.federation.engagements import PRUNE_BATCH, UNDONE_FOR, EngagementRecord, Engagements
from fedistream.federation.models import EngagementRow, RemoteActorRow
from fedistream.federation.values import Kind

NOW = datetime(2026, 1, 1, 12, 30, 0, 250_000, tzinfo=UTC)
POST = "https://node.example/federation/post1"


def now() -> datetime:
    return NOW


def like(number: int, reaction: str | None = None) -> Activity:
    actor = "https://remote.example/ann"
    return Activity("Like", f"{actor}#{number}", actor, POST, reaction=reaction)


@pytest.fixture
async def ann(database: Database) -> RemoteActorRow:
    url = "https://remote.example/ann"
    return await RemoteActorRow.create(
        url=url,
        key_id=f"{url}#k",
        handle="ann@remote.example",
        name="Ann",
        inbox=f"{url}/inbox",
        document={},
        fetched_at=NOW,
    )


async def test_the_first_time_is_told_and_the_second_is_not(ann: RemoteActorRow) -> None:
    engagements = Engagements(now)
    assert await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, POST, like(1)))
    assert not await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, POST, like(2, "heart")))
    (row,) = await EngagementRow.all()
    assert (row.activity_id, row.reaction, row.at, row.undone_at) == (like(2).id, "heart", NOW, None)
    assert await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.SHARE, POST, like(3)))
    assert await engagements.count(POST, Kind.LIKE, Kind.SHARE) == 2


async def test_what_was_undone_counts_again_and_is_not_told_again(ann: RemoteActorRow) -> None:
    engagements = Engagements(now)
    await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, POST, like(1)))
    await engagements.undo(ann.url, Kind.LIKE, POST)
    assert await engagements.count(POST, Kind.LIKE) == 0
    assert not await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, POST, like(2)))
    assert await engagements.count(POST, Kind.LIKE) == 1
    assert await engagements.tally(1) == {Kind.LIKE: 1}


async def test_an_undo_is_remembered_for_a_season_and_then_it_is_news_again(ann: RemoteActorRow) -> None:
    clock = [NOW]
    engagements = Engagements(lambda: clock[0])
    other = f"{POST}/2"
    await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, POST, like(1)))
    await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.SHARE, POST, like(2)))
    await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, other, like(3)))
    await engagements.undo(ann.url, Kind.LIKE, POST)
    await engagements.undo(ann.url, Kind.LIKE, other)
    clock[0] = NOW + UNDONE_FOR
    assert not await engagements.prune_batch()
    assert await EngagementRow.all().count() == 3
    # what is done again stands, however long ago it was undone
    assert not await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, other, like(4)))
    clock[0] += timedelta(seconds=1)
    assert not await engagements.prune_batch()
    assert await EngagementRow.all().count() == 2
    assert await atomic(engagements.record, EngagementRecord(1, ann.id, Kind.LIKE, POST, like(5)))
    assert await engagements.tally(1) == {Kind.LIKE: 2, Kind.SHARE: 1}


async def test_many_undone_ones_are_forgotten_in_bites(ann: RemoteActorRow) -> None:
    undone = {"channel_id": 1, "actor_id": ann.id, "kind": Kind.LIKE.value, "at": NOW, "undone_at": NOW}
    await EngagementRow.bulk_create(
        [
            EngagementRow(object=f"{POST}/{each}", activity_id=f"{POST}#{each}", **undone)
            for each in range(PRUNE_BATCH + 1)
        ]
    )
    engagements = Engagements(lambda: NOW + 2 * UNDONE_FOR)
    assert [await engagements.prune_batch() for _ in range(2)] == [True, False]
    assert await EngagementRow.all().count() == 0
