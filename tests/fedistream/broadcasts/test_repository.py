"""The rows of broadcasts: what began, what was lost, what ended, and what a killed node left open."""

from datetime import UTC, datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from fedistream.broadcasts.models import BroadcastRow
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.values import BroadcastEndReason, BroadcastRecord
from fedistream.channels.models import ChannelRow
from fedistream.db import Database

T0 = datetime(2026, 5, 1, 12, tzinfo=UTC)
ENCODER = {"software": "obs-output module (libobs version 30.0.0)", "width": 1920, "framerate": 29.97, "note": None}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@pytest.fixture
async def home(database: Database) -> int:
    """The id of a channel."""
    row = await ChannelRow.create(slug="home", created_at=T0)
    return int(row.id)


@pytest.fixture
async def other(home: int) -> int:
    row = await ChannelRow.create(slug="other", created_at=T0)
    assert row.id != home
    return int(row.id)


async def test_a_broadcast_is_written_down_as_it_began(home: int) -> None:
    log = BroadcastRepository()
    broadcast = await log.start(home, "Now with sound", T0, ENCODER)
    assert await log.last(home) == BroadcastRecord(
        id=broadcast,
        channel_id=home,
        title="Now with sound",
        started_at=T0,
        seen_at=T0,
        lost_at=None,
        ended_at=None,
        end_reason=None,
        encoder=ENCODER,
        peak_viewers=0,
    )


async def test_a_broadcast_is_lost_returns_and_ends(home: int) -> None:
    log = BroadcastRepository()
    broadcast = await log.start(home, "", T0, {})
    await log.lost(broadcast, at(10))
    assert [entry.lost_at for entry in await log.unfinished(home)] == [at(10)]
    await log.returned(broadcast)
    assert [entry.lost_at for entry in await log.unfinished(home)] == [None]
    await log.end(broadcast, at(60), BroadcastEndReason.FINISHED, 7)
    assert await log.unfinished(home) == ()
    last = await log.last(home)
    assert last is not None
    assert (last.ended_at, last.end_reason, last.peak_viewers) == (at(60), BroadcastEndReason.FINISHED, 7)


async def test_what_ended_stays_as_it_was(home: int) -> None:
    log = BroadcastRepository()
    broadcast = await log.start(home, "", T0, {})
    await log.end(broadcast, at(60), BroadcastEndReason.FINISHED, 7)
    before = await log.last(home)
    await log.lost(broadcast, at(70))
    await log.seen(broadcast, at(70))
    await log.end(broadcast, at(80), BroadcastEndReason.EXPIRED, 0)
    assert await log.last(home) == before
    await log.returned(broadcast)
    assert await log.last(home) == before


async def test_the_heartbeat_moves_forward_only(home: int) -> None:
    log = BroadcastRepository()
    broadcast = await log.start(home, "", T0, {})
    for second in (5, 10, 7):
        await log.seen(broadcast, at(second))
    last = await log.last(home)
    assert last is not None
    assert last.seen_at == at(10)


async def test_a_killed_node_left_its_broadcast_open_for_the_next_one(home: int, other: int) -> None:
    first = await BroadcastRepository().start(home, "first", T0, {})
    second = await BroadcastRepository().start(home, "second", at(60), {})
    await BroadcastRepository().start(other, "elsewhere", at(90), {})
    ended = await BroadcastRepository().start(home, "ended", at(30), {})
    await BroadcastRepository().end(ended, at(40), BroadcastEndReason.LOST, 0)
    assert [entry.id for entry in await BroadcastRepository().unfinished(home)] == [second, first]


async def test_the_last_broadcast_is_the_channels_own(home: int, other: int) -> None:
    log = BroadcastRepository()
    assert await log.last(home) is None
    mine = await log.start(home, "", T0, {})
    await log.start(other, "", at(10), {})
    last = await log.last(home)
    assert last is not None
    assert last.id == mine
    same_moment = await log.start(home, "", T0, {})
    last = await log.last(home)
    assert last is not None
    assert last.id == same_moment


async def test_a_broadcast_is_found_by_its_id(home: int, other: int) -> None:
    log = BroadcastRepository()
    first, second = await log.start(home, "first", T0, {}), await log.start(other, "second", at(60), {})
    found = [await log.find(broadcast_id) for broadcast_id in (first, second, second + 1)]
    assert [entry and (entry.channel_id, entry.title) for entry in found] == [(home, "first"), (other, "second"), None]


async def test_the_peak_is_the_highest_of_the_channel(home: int, other: int) -> None:
    log = BroadcastRepository()
    assert await log.overall_peak(home) == 0
    for channel, peak in ((home, 3), (home, 12), (home, 5), (other, 99)):
        await log.end(await log.start(channel, "", at(peak), {}), at(100), BroadcastEndReason.LOST, peak)
    assert await log.overall_peak(home) == 12


async def test_a_title_that_is_too_long_is_cut_and_not_lost(home: int) -> None:
    log = BroadcastRepository()
    await log.end(await log.start(home, "t" * 999, T0, {}), at(1), BroadcastEndReason.FINISHED, 0)
    last = await log.last(home)
    assert last is not None
    assert last.title == "t" * 200


async def test_a_broadcast_needs_its_channel(home: int) -> None:
    with pytest.raises(IntegrityError):
        await BroadcastRepository().start(home + 1000, "", T0, {})


async def test_a_channels_broadcasts_go_with_it(home: int, other: int) -> None:
    log = BroadcastRepository()
    await log.start(home, "", T0, {})
    await log.start(other, "", T0, {})
    await ChannelRow.filter(id=home).delete()
    assert [row.channel_id for row in await BroadcastRow.all()] == [other]


async def test_a_start_that_is_written_again_is_the_same_broadcast(home: int) -> None:
    log = BroadcastRepository()
    broadcast_id = await log.start(home, "Baking", T0, {"software": "OBS"})
    assert await log.start(home, "Baking", T0, {"software": "OBS"}) == broadcast_id
    assert await log.start(home, "Baking", at(1), {}) != broadcast_id


async def test_a_peak_that_was_written_is_not_lowered_by_a_process_that_saw_less(home: int) -> None:
    log = BroadcastRepository()
    broadcast_id = await log.start(home, "", T0, {})
    await log.seen(broadcast_id, at(1), 50)
    await log.seen(broadcast_id, at(2), 3)
    await log.end(broadcast_id, at(3), BroadcastEndReason.FINISHED, 7)
    row = await log.find(broadcast_id)
    assert row is not None
    assert (row.peak_viewers, row.seen_at) == (50, at(2))


@pytest.mark.parametrize("reason", BroadcastEndReason)
async def test_every_reason_of_an_end_is_kept(home: int, reason: BroadcastEndReason) -> None:
    log = BroadcastRepository()
    broadcast_id = await log.start(home, "", T0, {})
    await log.end(broadcast_id, at(1), reason, 0)
    entry = await log.find(broadcast_id)
    assert entry is not None
    assert entry.end_reason is reason


async def test_a_reason_of_another_version_stays_readable(home: int) -> None:
    broadcast_id = await BroadcastRepository().start(home, "", T0, {})
    await BroadcastRow.filter(id=broadcast_id).update(ended_at=at(1), end_reason="the cat pulled the plug")
    entry = await BroadcastRepository().find(broadcast_id)
    assert entry is not None
    assert (entry.end_reason, entry.end_detail) == (BroadcastEndReason.OTHER, "the cat pulled the plug")
