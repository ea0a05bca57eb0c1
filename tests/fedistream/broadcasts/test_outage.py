"""A broadcast that begins, breaks off or ends while the database is away is written down when it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from fedistream.broadcasts.session import BroadcastRun
from fedistream.broadcasts.values import State
from fedistream.broadcasts.write_queue import ATTEMPTS, MAX_WRITES, Kind, Write, WriteQueue
from fedistream.db import DatabaseLocked
from media.rtmp import EndReason
from tests.fedistream.broadcasts.test_service import Station, on, send
from tests.kit.asking import Clock
from tests.kit.outage import away
from tests.kit.postgres import Postgres

NOW = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)


@pytest.fixture
def server(request: pytest.FixtureRequest, database_url: str) -> Postgres | None:
    """Of the database, where it has one."""
    if database_url.startswith("sqlite"):
        return None
    server: Postgres = request.getfixturevalue("postgres")
    return server


@asynccontextmanager
async def station(url: str) -> AsyncIterator[Station]:
    async with on(url, Clock(NOW), wait_s=0.1) as node:
        yield node


async def behind(node: Station) -> None:
    """Wait until it is seen that what happened cannot be written."""
    async with asyncio.timeout(30):
        while await node.broadcasts.check() is None:
            await asyncio.sleep(0.01)


async def test_a_broadcast_that_begins_is_written_and_told_when_the_database_is_back(
    database_url: str, server: Postgres | None
) -> None:
    async with station(database_url) as node:
        with away(database_url, server):
            publication, _ = await node.publish()
            send(publication)
            await behind(node)
            air = node.broadcasts.air(node.home)
            assert (air.state, air.playable, air.broadcast_id) == (State.LIVE, True, None)
            assert await node.broadcasts.check() == "behind"
            assert node.facts.names == []
        await node.written()
        assert await node.broadcasts.check() is None
        row = await node.rows.last(node.home)
        assert row is not None
        assert (row.id, row.started_at, row.ended_at) == (node.broadcasts.air(node.home).broadcast_id, NOW, None)
        assert row.encoder["software"] == "FMLE/3.0"
        assert node.facts.names == ["broadcast.started"]


async def test_a_broadcast_that_ends_is_over_when_the_database_is_back(
    database_url: str, server: Postgres | None
) -> None:
    async with station(database_url) as node:
        publication, _ = await node.publish()
        send(publication)
        await node.written()
        with away(database_url, server):
            node.clock.advance(60)
            publication.ended(EndReason.FINISHED, "FCUnpublish")
            await behind(node)
        ended_at = node.clock.now()
        node.clock.advance(60)
        await node.written()
        row = await node.rows.last(node.home)
        assert row is not None
        assert (row.ended_at, row.end_reason, row.peak_viewers) == (ended_at, "finished", 3)
        assert await node.rows.unfinished(node.home) == ()
        assert node.facts.names == ["broadcast.started", "broadcast.ended"]


async def test_whole_broadcasts_and_drops_are_written_in_order(database_url: str, server: Postgres | None) -> None:
    async with station(database_url) as node:
        with away(database_url, server):
            first, _ = await node.publish()
            send(first)
            node.clock.advance(10)
            first.ended(EndReason.FINISHED, "FCUnpublish")
            node.clock.advance(10)
            second, _ = await node.publish()
            send(second)
            node.clock.advance(10)
            second.ended(EndReason.LOST, "reset")
            node.clock.advance(10)
            third, _ = await node.publish()
            send(third, later_ms=20_000)
            await behind(node)
        await node.written()
        assert [name.partition(".")[2] for name in node.facts.names] == [
            *("started", "ended", "started", "lost", "returned")
        ]
        last = await node.rows.last(node.home)
        assert last is not None
        assert (last.started_at.second, last.lost_at, last.ended_at) == (20, None, None)
        before = await node.rows.find(last.id - 1)
        assert before is not None
        assert before.ended_at is not None
        assert (before.started_at, before.ended_at.second) == (NOW, 10)
        assert node.audience.turns == ["begun", "ended", "begun"]


async def test_the_heartbeat_hurries_what_waits_and_adds_nothing_to_it(
    database_url: str, server: Postgres | None
) -> None:
    async with station(database_url) as node:
        with away(database_url, server):
            publication, _ = await node.publish()
            send(publication)
            await behind(node)
            waiting = node.broadcasts.unwritten
            for _ in range(100):
                node.broadcasts.beat()
            assert node.broadcasts.unwritten == waiting == 1
        await node.written()


async def there() -> None:
    """The database can be read."""


def turn(kind: Kind, run: BroadcastRun, told: list[str] | None = None) -> Write:
    async def write() -> None:
        if told is None:
            raise DatabaseLocked("it is away")
        told.append(f"{run.title} {kind.value}")

    return Write(kind, run, write)


async def test_the_turns_of_a_mistake_are_given_up_and_those_behind_them_are_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_queue, told = WriteQueue(there), list[str]()

    async def broken() -> None:
        raise LookupError("a mistake of ours")

    write_queue.put(Write(Kind.STARTED, BroadcastRun(NOW, "bad"), broken))
    write_queue.put(turn(Kind.STARTED, BroadcastRun(NOW, "good"), told))
    write_queue.close()
    await asyncio.wait_for(write_queue.run(), 30)
    assert told == ["good started"]
    assert "is given up" in caplog.text


async def test_an_encoder_that_flaps_for_hours_keeps_the_queue_short_and_loses_no_broadcast() -> None:
    write_queue, run = WriteQueue(there), BroadcastRun(NOW, "one")
    write_queue.put(turn(Kind.STARTED, run))
    for _ in range(5 * MAX_WRITES):
        write_queue.put(turn(Kind.LOST, run))
        write_queue.put(turn(Kind.RETURNED, run))
    assert write_queue.waiting <= MAX_WRITES
    assert write_queue.dropped == 0


async def test_encoders_of_several_channels_that_flap_at_once_keep_the_queue_short_too() -> None:
    write_queue, runs = WriteQueue(there), [BroadcastRun(NOW, "one"), BroadcastRun(NOW, "two")]
    for kind in (Kind.STARTED, *(Kind.LOST, Kind.RETURNED) * (2 * MAX_WRITES)):
        for run in runs:
            write_queue.put(turn(kind, run))
    assert write_queue.waiting <= MAX_WRITES
    assert write_queue.dropped == 0


async def test_too_many_broadcasts_are_left_out_whole_and_the_newest_stay() -> None:
    write_queue, told = WriteQueue(there), list[str]()
    for number in range(MAX_WRITES):
        run = BroadcastRun(NOW, str(number))
        write_queue.put(turn(Kind.STARTED, run, told))
        write_queue.put(turn(Kind.ENDED, run, told))
    assert write_queue.waiting <= MAX_WRITES
    assert write_queue.dropped == MAX_WRITES // 2
    write_queue.close()
    await asyncio.wait_for(write_queue.run(), 30)
    assert told[:2] == ["0 started", "0 ended"]
    assert told[-2:] == [f"{MAX_WRITES - 1} started", f"{MAX_WRITES - 1} ended"]
    assert len(told) == MAX_WRITES


async def test_an_error_without_a_name_is_no_reason_to_give_up_while_the_database_is_away() -> None:
    told, answers = list[str](), iter([False] * 3 + [True] * 100)

    async def look() -> None:
        if not next(answers):
            raise LookupError("what the driver says when there is no server")

    async def write() -> None:
        told.append("tried")
        if len(told) < ATTEMPTS + 3:
            raise LookupError("what the driver says when there is no server")

    write_queue = WriteQueue(look)
    write_queue.put(Write(Kind.ENDED, BroadcastRun(NOW, "one"), write))
    write_queue.close()
    running = asyncio.create_task(write_queue.run())
    async with asyncio.timeout(60):
        while not running.done():
            write_queue.hurry()
            await asyncio.sleep(0.01)
    assert len(told) == ATTEMPTS + 3
