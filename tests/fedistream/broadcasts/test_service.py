"""Broadcasts on a real database: what is written, what is told, and what a restarted node makes of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.service import Broadcasts, BroadcastsContext
from fedistream.broadcasts.session import BroadcastRun
from fedistream.broadcasts.values import State
from fedistream.broadcasts.write_queue import Kind, Write
from fedistream.channels.service import Channels
from fedistream.core.bus import Bus
from fedistream.core.events import BroadcastEnded, BroadcastStarted, EncoderLost, EncoderReturned, Fact, PublishRefused
from fedistream.db import Database, after_commit
from fedistream.settings.service import Settings
from media import Unplayable, flv
from media.rtmp import Connection, EndReason, Publication, PublishRequest, Refused
from tests.kit.asking import Clock
from tests.kit.database import kept_database
from tests.kit.footage import flv_tags

KEY = "the-key-of-home"


@dataclass
class Wire:
    """The end of a connection that a publication can close."""

    address: str = "192.0.2.1"
    closed: str = ""

    def close(self, why: str) -> None:
        self.closed = why


@dataclass
class Audience:
    """Three viewers at most, and which sessions they watched."""

    turns: list[str] = field(default_factory=list)

    def begin_session(self, channel_id: int) -> None:
        self.turns.append("begun")

    def end_session(self, channel_id: int) -> None:
        self.turns.append("ended")

    def session_peak(self, channel_id: int) -> int:
        return 3


@dataclass
class Facts:
    told: list[Fact] = field(default_factory=list)

    def publish(self, fact: Fact) -> None:
        self.told.append(fact)

    async def emit(self, fact: Fact) -> None:
        after_commit(lambda: self.publish(fact))

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            await self.emit(fact)

    @property
    def names(self) -> list[str]:
        return [fact.name() for fact in self.told]


@dataclass
class Station:
    broadcasts: Broadcasts
    rows: BroadcastRepository
    facts: Facts
    settings: Settings
    home: int
    clock: Clock
    audience: Audience

    async def publish(self, key: str = KEY) -> tuple[Publication, Wire]:
        wire = Wire()
        request = PublishRequest("live", key, {}, wire.address, "FMLE/3.0", "rtmp://node/live", secure=False)
        connection: Connection = wire  # type: ignore[assignment]
        return await self.broadcasts.authorize(request, connection), wire

    async def written(self) -> None:
        """Wait until all that happened so far is in the database."""
        async with asyncio.timeout(20):
            while self.broadcasts.unwritten:
                await asyncio.sleep(0.005)


def send(publication: Publication, *, later_ms: int = 0) -> None:
    for tag in flv_tags():
        if tag.kind is flv.TagKind.VIDEO:
            publication.video(tag.timestamp_ms + later_ms, tag.payload)
        elif tag.kind is flv.TagKind.AUDIO:
            publication.audio(tag.timestamp_ms + later_ms, tag.payload)


@asynccontextmanager
async def station(folder: Path, clock: Clock | None = None, *, killed: bool = False) -> AsyncIterator[Station]:
    """A node's broadcasts on the database in `folder`; `killed` leaves them as a process that dies does."""
    clock = clock or Clock(datetime(2026, 5, 1, 20, 0, tzinfo=UTC))
    async with on(kept_database(folder / "rows.db"), clock, killed=killed) as node:
        yield node


@asynccontextmanager
async def on(url: str, clock: Clock, *, killed: bool = False, wait_s: float = 5.0) -> AsyncIterator[Station]:
    """The same on any database."""
    database = Database(url, wait_s=wait_s)
    await database.open()
    facts, tokens = Facts(), iter(f"token{n}" for n in range(100))
    settings, channels = Settings(Bus(), clock.now), Channels(clock.now, lambda n: "k" * 2 * n)
    await settings.load()
    await channels.open(KEY)
    rows = BroadcastRepository()
    audience = Audience()
    context = BroadcastsContext(settings, facts, audience, channels.find_by_key, clock.now, lambda: next(tokens))
    broadcasts = Broadcasts(rows, context)
    home = channels.home().id
    await broadcasts.resume(home)
    running = asyncio.create_task(broadcasts.run())
    try:
        yield Station(broadcasts, rows, facts, settings, home, clock, audience)
    finally:
        if killed:
            running.cancel()
        else:
            broadcasts.close()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


async def test_a_broadcast_is_a_row_from_its_first_frame_to_its_end(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        await node.settings.change("channel.title", "Baking", node.home)
        publication, _ = await node.publish()
        assert node.broadcasts.live_status(node.home).state is State.OFFLINE
        send(publication)
        await node.written()
        live_status = node.broadcasts.live_status(node.home)
        row = await node.rows.last(node.home)
        assert row is not None
        assert (row.id, row.title, row.ended_at) == (live_status.broadcast_id, "Baking", None)
        assert row.encoder["software"] == "FMLE/3.0"
        node.clock.advance(60)
        publication.ended(EndReason.FINISHED, "FCUnpublish")
        await node.written()
        row = await node.rows.last(node.home)
        assert row is not None
        assert (row.ended_at, row.end_reason, row.peak_viewers) == (node.clock.now(), "finished", 3)
        assert node.facts.names == ["broadcast.started", "broadcast.ended"]


async def test_a_drop_and_a_return_are_written_and_told_in_order(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        first, _ = await node.publish()
        send(first)
        first.ended(EndReason.LOST, "the socket is gone")
        await node.written()
        row = await node.rows.last(node.home)
        assert row is not None
        assert row.lost_at == node.clock.now()
        second, _ = await node.publish()
        send(second)
        await node.written()
        row = await node.rows.last(node.home)
        assert row is not None
        assert row.lost_at is None
        kinds = [type(fact) for fact in node.facts.told]
        assert kinds == [BroadcastStarted, EncoderLost, EncoderReturned]
        lost = node.facts.told[1]
        assert isinstance(lost, EncoderLost)
        assert lost.until - lost.at == timedelta(seconds=60)


async def test_a_wrong_key_is_refused_and_told(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        with pytest.raises(Refused) as refused:
            await node.publish("a-wrong-key")
        assert refused.value.code == "NetStream.Publish.BadName"
        assert node.facts.told == [PublishRefused("192.0.2.1", "wrong-key", node.clock.now())]


async def test_an_encoder_with_a_codec_nobody_can_play_disturbs_no_running_broadcast(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        good, wire = await node.publish()
        send(good)
        bad, _ = await node.publish()
        with pytest.raises(Unplayable, match="HEVC"):
            bad.video(0, b"\x90hvc1" + bytes(40))
        bad.ended(EndReason.CLOSED, "refused")
        assert node.broadcasts.live_status(node.home).state is State.LIVE
        assert wire.closed == ""


async def test_why_an_encoder_was_refused_is_told_until_one_is_on_the_air_or_for_ten_minutes(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        for ends in (lambda: node.clock.advance(601), None):
            bad, _ = await node.publish()
            with pytest.raises(Unplayable):
                bad.video(0, b"\x90hvc1" + bytes(40))
            bad.ended(EndReason.CLOSED, "refused")
            (told,) = node.broadcasts.live_status(node.home).warnings
            assert "HEVC" in told
            if ends is not None:
                ends()
            else:
                good, _ = await node.publish()
                send(good)
            assert node.broadcasts.live_status(node.home).warnings == ()


async def test_an_encoder_that_never_sends_a_keyframe_begins_nothing(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        publication, _ = await node.publish()
        publication.ended(EndReason.LOST, "idle")
        await node.written()
        assert await node.rows.last(node.home) is None
        assert node.facts.told == []


async def test_a_takeover_closes_the_first_encoder_and_keeps_the_broadcast(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        first, wire = await node.publish()
        send(first)
        second, _ = await node.publish()
        send(second)
        first.ended(EndReason.CLOSED, "taken over")
        await node.written()
        assert "took over" in wire.closed
        assert node.facts.names == ["broadcast.started"]
        assert node.broadcasts.live_status(node.home).state is State.LIVE


async def test_the_admin_ends_a_broadcast(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        publication, wire = await node.publish()
        send(publication)
        assert await node.broadcasts.disconnect(node.home)
        assert not await node.broadcasts.disconnect(node.home)
        await node.written()
        assert "admin" in wire.closed
        assert node.facts.names == ["broadcast.started", "broadcast.ended"]


async def test_a_killed_node_takes_the_returning_encoder_into_the_same_broadcast(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 5, 1, 20, 0, tzinfo=UTC))
    async with station(tmp_path, clock, killed=True) as node:
        publication, _ = await node.publish()
        send(publication)
        await node.written()
        broadcast_id = node.broadcasts.live_status(node.home).broadcast_id
    clock.advance(20)
    async with station(tmp_path, clock) as node:
        live_status = node.broadcasts.live_status(node.home)
        assert (live_status.state, live_status.broadcast_id) == (State.WAITING, broadcast_id)
        assert live_status.until == clock.now() + timedelta(seconds=40)
        publication, _ = await node.publish()
        send(publication)
        await node.written()
        assert node.broadcasts.live_status(node.home).broadcast_id == broadcast_id
        assert node.facts.names == ["encoder.returned"]
        presentation = node.broadcasts.presentation(node.home)
        assert presentation is not None
        assert presentation.source.window.segments[0].number == 20


async def test_a_broadcast_whose_grace_passed_while_the_node_was_down_is_ended_when_it_was_last_seen(
    tmp_path: Path,
) -> None:
    clock = Clock(datetime(2026, 5, 1, 20, 0, tzinfo=UTC))
    async with station(tmp_path, clock, killed=True) as node:
        publication, _ = await node.publish()
        send(publication)
        await node.written()
    died = clock.now()
    clock.advance(3_600)
    async with station(tmp_path, clock) as node:
        assert node.broadcasts.live_status(node.home).state is State.OFFLINE
        row = await node.rows.last(node.home)
        assert row is not None
        assert (row.ended_at, row.end_reason) == (died, "node-stopped")
        assert node.broadcasts.live_status(node.home).last_ended_at == died
        (ended,) = node.facts.told
        assert isinstance(ended, BroadcastEnded)


async def test_a_node_that_stops_in_order_leaves_the_broadcast_to_the_next_process(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 5, 1, 20, 0, tzinfo=UTC))
    async with station(tmp_path, clock) as node:
        publication, wire = await node.publish()
        send(publication)
        await node.written()
    assert "shutting down" in wire.closed
    clock.advance(5)
    async with station(tmp_path, clock) as node:
        assert node.broadcasts.live_status(node.home).state is State.WAITING


async def test_a_heartbeat_is_written_for_what_is_live_and_nothing_else(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        publication, _ = await node.publish()
        send(publication)
        await node.written()
        node.clock.advance(30)
        node.broadcasts.beat()
        await node.written()
        row = await node.rows.last(node.home)
        assert row is not None
        assert row.seen_at == node.clock.now()
        publication.ended(EndReason.LOST, "gone")
        seen = node.clock.now()
        node.clock.advance(30)
        node.broadcasts.beat()
        await node.written()
        row = await node.rows.last(node.home)
        assert row is not None
        assert row.seen_at == seen


async def test_a_row_that_cannot_be_written_stops_neither_the_media_nor_the_rows_behind_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with station(tmp_path) as node:

        async def broken() -> None:
            raise LookupError("a mistake of ours")

        node.broadcasts._write_queue.put(Write(Kind.ALIVE, BroadcastRun(node.clock.now(), "of a mistake"), broken))
        publication, _ = await node.publish()
        send(publication)
        await node.written()
        assert "could not be written" in caplog.text
        assert await node.rows.last(node.home) is not None
