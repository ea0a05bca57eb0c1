"""A broadcast that begins, breaks off or ends while the database is away is written down when it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fedistream.broadcasts.values import State
from media.rtmp import EndReason
from tests.fedistream.broadcasts.test_service import Station, on, send
from tests.kit.asking import Clock
from tests.kit.outage import away
from tests.kit.postgres import Postgres

NOW = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)


@asynccontextmanager
async def station(url: str) -> AsyncIterator[Station]:
    async with on(url, Clock(NOW), wait_s=0.1) as node:
        yield node


async def behind(node: Station) -> None:
    """Wait until it is seen that what happened cannot be written."""
    async with asyncio.timeout(30):
        while await node.broadcasts.check() is None:
            await asyncio.sleep(0.01)


async def begun(node: Station) -> None:
    """Begin a broadcast that cannot be written yet."""
    publication, _ = await node.publish()
    send(publication)
    await behind(node)


async def test_a_broadcast_that_begins_is_written_and_told_when_the_database_is_back(
    database_url: str, server: Postgres | None
) -> None:
    async with station(database_url) as node:
        with away(database_url, server):
            await begun(node)
            live_status = node.broadcasts.live_status(node.home)
            assert (live_status.state, live_status.playable, live_status.broadcast_id) == (State.LIVE, True, None)
            assert await node.broadcasts.check() == "behind"
            assert node.facts.names == []
        await node.written()
        assert await node.broadcasts.check() is None
        row = await node.rows.last(node.home)
        assert row is not None
        assert (row.id, row.started_at, row.ended_at) == (
            node.broadcasts.live_status(node.home).broadcast_id,
            NOW,
            None,
        )
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
            await begun(node)
            waiting = node.broadcasts.unwritten
            for _ in range(100):
                node.broadcasts.beat()
            assert node.broadcasts.unwritten == waiting == 1
        await node.written()
