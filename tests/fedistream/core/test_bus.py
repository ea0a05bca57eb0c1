"""The bus: everybody is told, nobody is harmed by another, and a table that cannot work is not taken."""

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from fedistream.core.bus import Bus, Reaction, WrongReaction
from fedistream.core.events import EncoderLost, EncoderReturned, Fact, PublishRefused, VisitorEnabled
from fedistream.db import atomic
from fedistream.db.transaction import within

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOST, RETURNED = EncoderLost(1, 2, NOW, NOW), EncoderReturned(1, 2, NOW)


class Listener:
    """A reaction that keeps the facts it was called with."""

    def __init__(self) -> None:
        self.told: list[Fact] = []
        self.heard = asyncio.Event()
        self.go = asyncio.Event()

    def note(self, fact: Fact) -> None:
        self.told.append(fact)

    def stumble(self, fact: Fact) -> None:
        raise LookupError(f"over {fact.name()}")

    async def hear(self, fact: Fact) -> None:
        self.told.append(fact)
        self.heard.set()

    async def wait(self, fact: Fact) -> None:
        await self.go.wait()

    async def fall(self, fact: Fact) -> None:
        raise LookupError(f"over {fact.name()}")

    async def cancel_himself(self, fact: Fact) -> None:
        raise asyncio.CancelledError

    async def carry(self, fact: Fact) -> None:
        raise AssertionError("a job is not carried out by the bus")

    async def bring(self, fact: Fact) -> None:
        raise AssertionError("nor is another")


def joined(*reactions: Reaction, **options: Any) -> Bus:
    bus = Bus(**options)
    bus.attach(reactions)
    return bus


@asynccontextmanager
async def running(bus: Bus) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(bus.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_reaction_with_a_condition_gets_matching_facts_only() -> None:
    listener, book = Listener(), Book()

    def of_one(fact: EncoderLost) -> bool:
        return fact.channel_id == 1

    bus = joined(
        Reaction("listener.note", EncoderLost, "now", listener.note, when=of_one),
        Reaction("listener.carry", EncoderLost, "job", listener.carry, when=of_one),
        enqueue=book.write,
    )
    other = EncoderLost(2, 2, NOW, NOW)
    for fact in (other, LOST):
        await bus.emit(fact)
    assert listener.told == [LOST]
    assert [fact for fact, _ in book.written] == [LOST]
    bus.publish(other)
    assert listener.told == [LOST]


async def test_immediate_reactions_are_done_when_publish_returns() -> None:
    listener = Listener()
    bus = joined(Reaction("listener.note", EncoderLost, "now", listener.note))
    bus.publish(LOST)
    bus.publish(RETURNED)
    assert listener.told == [LOST]


async def test_live_reactions_come_in_order_and_later() -> None:
    listener = Listener()
    bus = joined(
        Reaction("listener.hear", EncoderLost, "live", listener.hear),
        Reaction("listener.hear", EncoderReturned, "live", listener.hear),
    )
    bus.publish(LOST)
    bus.publish(RETURNED)
    assert listener.told == []
    async with running(bus):
        await listener.heard.wait()
        await asyncio.sleep(0)
        assert listener.told == [LOST, RETURNED]


class Book:
    """A store of jobs: facts with the ids of reactions. It may be full."""

    def __init__(self, full: bool = False) -> None:
        self.written: list[tuple[Fact, list[str]]] = []
        self.batches = 0
        self.full = full

    async def write(self, promised: Sequence[tuple[Fact, Sequence[str]]]) -> None:
        if self.full:
            raise OSError("no room")
        self.batches += 1
        self.written += [(fact, list(reactions)) for fact, reactions in promised]


async def test_a_job_is_written_down_with_the_id_by_which_it_is_found_again() -> None:
    book, listener = Book(), Listener()
    job, now = (
        Reaction("listener.carry", EncoderLost, "job", listener.carry),
        Reaction("listener.note", EncoderLost, "now", listener.note),
    )
    bus = joined(job, now, enqueue=book.write)
    await bus.emit(LOST)
    assert book.written == [(LOST, ["listener.carry"])]
    assert listener.told == [LOST]
    assert bus.reactions() == (job, now)


async def test_the_jobs_of_a_batch_are_written_down_at_once_and_all_are_told_in_order() -> None:
    book, listener = Book(), Listener()
    bus = joined(
        Reaction("listener.carry", EncoderLost, "job", listener.carry, when=lambda fact: fact.channel_id == 1),
        Reaction("listener.bring", EncoderReturned, "job", listener.bring),
        Reaction("listener.note", EncoderLost, "now", listener.note),
        Reaction("listener.note", EncoderReturned, "now", listener.note),
        enqueue=book.write,
    )
    other, later = EncoderLost(2, 3, NOW, NOW), EncoderLost(1, 4, NOW, NOW)
    await bus.emit_all([LOST, other, RETURNED, later])
    assert book.written == [(LOST, ["listener.carry"]), (RETURNED, ["listener.bring"]), (later, ["listener.carry"])]
    assert book.batches == 1
    assert listener.told == [LOST, other, RETURNED, later]


async def test_rows_are_stored_for_all_facts_of_a_batch_that_matter_before_anything_else_is_told() -> None:
    stored: list[Sequence[Fact]] = []
    listener = Listener()

    async def store(facts: Sequence[Fact]) -> None:
        assert listener.told == []
        stored.append(facts)

    bus = joined(
        Reaction("one.store", EncoderLost, "store", store, when=lambda fact: fact.channel_id == 1),
        Reaction("one.store", EncoderReturned, "store", store),
        Reaction("listener.note", EncoderLost, "now", listener.note),
    )
    other = EncoderLost(2, 3, NOW, NOW)
    await bus.emit_all([LOST, other, RETURNED])
    assert stored == [(LOST, RETURNED)]
    assert listener.told == [LOST, other]


async def test_a_fact_whose_rows_cannot_be_stored_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener()
    bus = joined(
        Reaction("listener.fall", EncoderLost, "store", listener.fall),
        Reaction("listener.note", EncoderLost, "now", listener.note),
    )
    with pytest.raises(AttributeError):  # it was called with a tuple
        await bus.emit(LOST)
    assert listener.told == []
    bus.publish(LOST)
    assert "encoder.lost was published and not emitted" in caplog.text


async def test_nothing_is_written_down_for_facts_that_no_job_waits_for() -> None:
    book, listener = Book(full=True), Listener()
    bus = joined(
        Reaction("listener.carry", EncoderLost, "job", listener.carry, when=lambda fact: False),
        Reaction("listener.note", EncoderReturned, "now", listener.note),
        enqueue=book.write,
    )
    await bus.emit_all([LOST, RETURNED])
    await bus.emit_all([])
    assert listener.told == [RETURNED]


async def test_what_cannot_be_promised_is_not_told_either() -> None:
    listener = Listener()
    reactions = (
        Reaction("listener.carry", EncoderLost, "job", listener.carry),
        Reaction("listener.note", EncoderLost, "now", listener.note),
    )
    bus = joined(*reactions, enqueue=Book(full=True).write)
    with pytest.raises(OSError, match="no room"):
        await bus.emit(LOST)
    assert listener.told == []


async def test_a_fact_that_hangs_on_a_job_and_is_only_published_is_complained_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    book, listener = Book(), Listener()
    bus = joined(Reaction("listener.carry", EncoderLost, "job", listener.carry), enqueue=book.write)
    bus.publish(LOST)
    assert book.written == []
    assert "encoder.lost was published and not emitted" in caplog.text


async def test_a_reaction_that_raises_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    before, after = Listener(), Listener()
    bus = joined(
        Reaction("before.note", EncoderLost, "now", before.note),
        Reaction("before.stumble", EncoderLost, "now", before.stumble),
        Reaction("before.fall", EncoderLost, "live", before.fall),
        Reaction("before.cancel_himself", EncoderLost, "live", before.cancel_himself),
        Reaction("after.note", EncoderLost, "now", after.note),
        Reaction("after.hear", EncoderLost, "live", after.hear),
    )
    with caplog.at_level(logging.WARNING):
        async with running(bus):
            bus.publish(LOST)
            assert (before.told, after.told) == ([LOST], [LOST])
            await asyncio.wait_for(after.heard.wait(), 30)
    assert after.told == [LOST, LOST]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR", "WARNING"]
    assert "before.stumble failed on encoder.lost" in caplog.text


async def test_a_reaction_that_hangs_is_given_up_and_the_others_run(caplog: pytest.LogCaptureFixture) -> None:
    slow, other = Listener(), Listener()
    bus = joined(
        Reaction("slow.wait", EncoderLost, "live", slow.wait),
        Reaction("other.hear", EncoderLost, "live", other.hear),
        limit_s=0.05,
    )
    async with running(bus):
        bus.publish(LOST)
        await asyncio.wait_for(other.heard.wait(), 30)
    assert "slow.wait failed on encoder.lost" in caplog.text


async def test_what_nobody_has_time_for_is_dropped_and_counted() -> None:
    listener = Listener()
    bus = joined(
        Reaction("listener.hear", EncoderLost, "live", listener.hear),
        Reaction("listener.note", EncoderLost, "now", listener.note),
        capacity=3,
    )
    for _ in range(5):
        bus.publish(LOST)
    assert bus.dropped == 2
    assert listener.told == [LOST] * 5


class Stage(Listener):
    """A listener who is slow in channel 1."""

    async def act(self, fact: EncoderLost) -> None:
        if fact.channel_id == 1:
            await self.go.wait()
        await self.hear(fact)


async def test_a_slow_reaction_in_one_channel_holds_up_no_other_channel() -> None:
    stage = Stage()
    bus = joined(
        Reaction("stage.act", EncoderLost, "live", stage.act),
        Reaction("stage.hear", EncoderReturned, "live", stage.hear),
        Reaction("stage.hear", VisitorEnabled, "live", stage.hear),
    )
    theirs = [EncoderLost(2, 3, NOW, NOW), EncoderReturned(2, 3, NOW), EncoderLost(2, 4, NOW, NOW)]
    of_no_channel = VisitorEnabled("ann", "admin", NOW)
    async with running(bus):
        for fact in (LOST, RETURNED, *theirs, of_no_channel):
            bus.publish(fact)
        async with asyncio.timeout(30):
            while len(stage.told) < 4:
                await asyncio.sleep(0)
        assert [fact for fact in stage.told if fact != of_no_channel] == theirs
        stage.go.set()
        async with asyncio.timeout(30):
            while len(stage.told) < 6:
                await asyncio.sleep(0)
    assert stage.told[-2:] == [LOST, RETURNED]


async def test_a_channel_for_which_too_much_waits_takes_no_place_from_another() -> None:
    stage = Stage()
    bus = joined(Reaction("stage.act", EncoderLost, "live", stage.act), capacity=3)
    other = EncoderLost(2, 3, NOW, NOW)
    for fact in (LOST, LOST, LOST, LOST, other, LOST):
        bus.publish(fact)
    assert bus.dropped == 2
    async with running(bus):
        await asyncio.wait_for(stage.heard.wait(), 30)
        assert stage.told == [other]


async def test_what_waits_when_the_bus_is_stopped_is_done_when_it_runs_again() -> None:
    stage = Stage()
    bus = joined(Reaction("stage.act", EncoderLost, "live", stage.act))
    later = EncoderLost(1, 3, NOW, NOW)
    bus.publish(LOST)
    bus.publish(later)
    async with running(bus):
        await asyncio.sleep(0.01)
    stage.go.set()
    async with running(bus):
        await asyncio.wait_for(stage.heard.wait(), 30)
    assert stage.told == [later]


@pytest.mark.usefixtures("database")
async def test_a_live_reaction_is_in_no_transaction_though_the_fact_was_published_in_one() -> None:
    seen: list[bool] = []
    done = asyncio.Event()

    async def look(fact: EncoderLost) -> None:
        seen.append(within())
        done.set()

    bus = joined(Reaction("test.look", EncoderLost, "live", look))

    async def change() -> None:
        assert within()
        bus.publish(LOST)

    async with running(bus):
        await atomic(change)
        await asyncio.wait_for(done.wait(), 30)
    assert seen == [False]


async def test_the_bus_stops_when_it_is_cancelled_in_the_middle_of_a_reaction() -> None:
    listener = Listener()
    bus = joined(Reaction("listener.wait", EncoderLost, "live", listener.wait))
    async with running(bus) as task:
        bus.publish(LOST)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def a_name(fact: Fact) -> None: ...


async def another_name(fact: Fact) -> None: ...


class Rumour(Fact):
    """A fact that is not in the table."""


@pytest.mark.parametrize(
    ("reactions", "why"),
    [
        ([Reaction("one.act", EncoderLost, "soon", a_name)], "unknown kind"),  # type: ignore[arg-type]
        ([Reaction("one.act", EncoderLost, "live", a_name)], "is live"),
        ([Reaction("another.act", EncoderLost, "now", another_name)], "is now"),
        ([Reaction("one.act", EncoderLost, "job", a_name)], "is job"),
        ([Reaction("another.act", EncoderLost, "job", another_name)], "no outbox"),
        ([Reaction("another.act", PublishRefused, "job", another_name)], "no transaction"),
        ([Reaction("another.act", PublishRefused, "store", another_name)], "no transaction"),
        ([Reaction("one.act", EncoderLost, "store", a_name)], "is store"),
        ([Reaction("one.act", EncoderLost, "now", a_name), Reaction("one.act", EncoderLost, "now", a_name)], "twice"),
        ([Reaction("one.act", EncoderLost, "now", functools.partial(a_name))], "has no name"),
        ([Reaction(f"{__name__}.a_name", EncoderLost, "now", a_name)], "is no id"),
        ([Reaction("one." + 40 * "x", EncoderLost, "now", a_name)], "is no id"),
        ([Reaction("one.act", Rumour, "now", a_name)], "no fact of the table"),
    ],
)
def test_a_table_that_cannot_work_is_not_taken(reactions: list[Reaction], why: str) -> None:
    listener = Listener()
    bus = joined(Reaction("listener.note", EncoderLost, "now", listener.note))
    with pytest.raises(WrongReaction, match=why):
        bus.attach(reactions)
    bus.publish(LOST)
    assert listener.told == [LOST]  # the old one still holds


def test_two_jobs_of_one_id_could_not_be_told_apart() -> None:
    enqueue = Book().write
    one, other = Listener(), Listener()
    job = Reaction("one.carry", EncoderLost, "job", one.carry)
    for fact in (EncoderLost, EncoderReturned):
        with pytest.raises(WrongReaction, match="two functions"):
            joined(job, Reaction("one.carry", fact, "job", other.carry), enqueue=enqueue)
        joined(job, Reaction("other.carry", fact, "job", other.carry), enqueue=enqueue)
    with pytest.raises(WrongReaction, match="twice"):
        joined(job, Reaction("other.carry", EncoderLost, "job", one.carry), enqueue=enqueue)


@pytest.mark.parametrize("act", [Listener.note, a_name])
def test_one_may_react_to_several_facts(act: Callable[..., None]) -> None:
    joined(Reaction("one.act", EncoderLost, "now", act), Reaction("one.act", EncoderReturned, "now", act))
