"""The turns of a broadcast as rows and facts: each is written once, also when it is tried again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from fedistream.broadcasts.models import BroadcastRow
from fedistream.broadcasts.recorder import BroadcastRecorder
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.session import BroadcastRun
from fedistream.broadcasts.values import BroadcastEndReason, BroadcastRecord, Encoder
from fedistream.broadcasts.write_queue import WriteQueue
from fedistream.channels.models import ChannelRow
from fedistream.core.events import BroadcastEnded, BroadcastStarted, EncoderLost, EncoderReturned, Fact
from fedistream.db import Database, after_commit
from tests.fedistream.broadcasts.test_service import Audience

T0 = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)
OBS = Encoder("192.0.2.1", T0, "OBS", 1920, 1080, 30.0, 6000, 160, "H.264", "AAC")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@dataclass
class Facts:
    """Remembers what was emitted, and what holds since its commit; the first `refused` are refused."""

    refused: int = 0
    emitted: list[Fact] = field(default_factory=list)
    held: list[Fact] = field(default_factory=list)

    def publish(self, fact: Fact) -> None:
        self.held.append(fact)

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            await self.emit(fact)

    async def emit(self, fact: Fact) -> None:
        self.emitted.append(fact)
        if self.refused:
            self.refused -= 1
            raise LookupError("a job could not be written")
        after_commit(lambda: self.publish(fact))


@dataclass
class RecorderKit:
    """A recorder on a database, whose queue is written when the test says so."""

    home: int
    rows: BroadcastRepository
    queue: WriteQueue
    recorder: BroadcastRecorder
    facts: Facts
    audience: Audience

    async def write(self) -> None:
        """Write all that was put, without the pauses between attempts."""
        self.queue.close()
        running = asyncio.create_task(self.queue.run())
        while not running.done():
            self.queue.retry()
            await asyncio.sleep(0.005)
        await running

    async def only(self) -> BroadcastRecord:
        assert await BroadcastRow.all().count() == 1
        row = await self.rows.last(self.home)
        assert row is not None
        return row


@pytest.fixture
async def kit(database: Database) -> RecorderKit:
    home = await ChannelRow.create(slug="home", created_at=T0)
    rows, facts, audience = BroadcastRepository(), Facts(), Audience()
    queue = WriteQueue(lambda: rows.find(0))
    return RecorderKit(home.id, rows, queue, BroadcastRecorder(queue, rows, facts, audience), facts, audience)


async def test_a_start_is_a_row_with_its_encoder_and_is_told_with_the_rows_id(kit: RecorderKit) -> None:
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    waiting = run.broadcast_id
    assert waiting is None, "media does not wait for the database"
    assert kit.audience.turns == ["begun"], "the audience is counted from the first moment"
    await kit.write()
    row = await kit.only()
    assert (row.id, row.title, row.started_at, row.ended_at) == (run.broadcast_id, "Baking", T0, None)
    assert row.encoder == {
        "address": "192.0.2.1",
        "connected_at": "2026-05-01T20:00:00+00:00",
        "software": "OBS",
        "width": 1920,
        "height": 1080,
        "framerate": 30.0,
        "video_kbps": 6000,
        "audio_kbps": 160,
        "video_codec": "H.264",
        "audio_codec": "AAC",
    }
    assert kit.facts.held == [BroadcastStarted(kit.home, row.id, "Baking", T0)]


async def test_a_gap_and_an_end_are_rows_and_facts_in_their_order(kit: RecorderKit) -> None:
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    kit.recorder.lost(kit.home, run, at(10), at(70))
    kit.recorder.returned(kit.home, run, at(20))
    kit.recorder.ended(kit.home, run, at(60), BroadcastEndReason.FINISHED)
    assert kit.audience.turns == ["begun", "ended"]
    await kit.write()
    row = await kit.only()
    assert (row.lost_at, row.ended_at, row.end_reason, row.peak_viewers) == (None, at(60), "finished", 3)
    assert kit.facts.held == [
        BroadcastStarted(kit.home, row.id, "Baking", T0),
        EncoderLost(kit.home, row.id, at=at(10), until=at(70)),
        EncoderReturned(kit.home, row.id, at(20)),
        BroadcastEnded(kit.home, row.id, "finished", at(60)),
    ]


async def test_while_an_encoder_is_gone_its_row_says_since_when(kit: RecorderKit) -> None:
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    kit.recorder.lost(kit.home, run, at(10), at(70))
    await kit.write()
    assert (await kit.only()).lost_at == at(10)


async def test_a_turn_that_is_tried_again_writes_one_row_and_holds_once(kit: RecorderKit) -> None:
    kit.facts.refused = 2
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    kit.recorder.ended(kit.home, run, at(60), BroadcastEndReason.FINISHED)
    await kit.write()
    row = await kit.only()
    assert (row.id, row.ended_at) == (run.broadcast_id, at(60))
    assert [fact.name() for fact in kit.facts.held] == ["broadcast.started", "broadcast.ended"]
    assert [fact.name() for fact in kit.facts.emitted] == ["broadcast.started"] * 3 + ["broadcast.ended"]


async def test_a_row_whose_job_cannot_be_written_is_not_there_either(kit: RecorderKit) -> None:
    kit.facts.refused = 1_000
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    await kit.write()  # it is given up: the database is there, so the fault is ours
    assert await BroadcastRow.all().count() == 0
    assert run.broadcast_id is None
    assert kit.facts.held == []


async def test_what_could_not_be_written_at_the_start_is_written_by_the_next_turn(kit: RecorderKit) -> None:
    kit.facts.refused = 5
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    kit.recorder.lost(kit.home, run, at(10), at(70))
    await kit.write()
    row = await kit.only()
    assert (row.id, row.started_at, row.lost_at) == (run.broadcast_id, T0, at(10))
    assert row.encoder["software"] == "OBS"
    assert [fact.name() for fact in kit.facts.held] == ["broadcast.started", "encoder.lost"]


async def test_a_sign_of_life_moves_the_row_on_and_tells_nothing(kit: RecorderKit) -> None:
    run = BroadcastRun(T0, "Baking", (await kit.rows.start(kit.home, "Baking", T0, {})))
    kit.recorder.alive(kit.home, run, at(5))
    await kit.write()
    row = await kit.only()
    assert (row.seen_at, row.peak_viewers) == (at(5), 3)
    assert kit.facts.emitted == []


async def test_a_sign_of_life_adds_nothing_to_what_waits(kit: RecorderKit) -> None:
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    for second in range(5):
        kit.recorder.alive(kit.home, run, at(second))
    assert kit.queue.waiting == 1
    await kit.write()
    assert (await kit.only()).seen_at == T0


async def test_a_sign_of_life_writes_a_broadcast_that_was_given_up(kit: RecorderKit) -> None:
    run = BroadcastRun(T0, "Baking")
    kit.recorder.alive(kit.home, run, at(5))
    await kit.write()
    row = await kit.only()
    assert (row.id, row.started_at, row.seen_at) == (run.broadcast_id, T0, at(5))
    assert kit.facts.held == [BroadcastStarted(kit.home, row.id, "Baking", T0)]


async def test_the_peak_that_counts_is_that_of_the_end_and_not_of_when_it_is_written(kit: RecorderKit) -> None:
    run = BroadcastRun(T0, "Baking")
    kit.recorder.started(kit.home, run, OBS)
    kit.recorder.ended(kit.home, run, at(60), BroadcastEndReason.FINISHED)
    kit.recorder.started(kit.home, BroadcastRun(at(61), "Again"), OBS)
    assert kit.audience.turns == ["begun", "ended", "begun"], "before anything is written"
    await kit.write()
    first, second = await BroadcastRow.all().order_by("started_at")
    assert (first.peak_viewers, second.peak_viewers) == (3, 0)
