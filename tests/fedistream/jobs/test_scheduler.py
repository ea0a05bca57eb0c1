"""Each firing happens once, in whatever number of processes; what was missed happens once, late."""

import asyncio
import logging
import time
from datetime import UTC, datetime

import pytest

from fedistream.jobs.models import ScheduledRow
from fedistream.jobs.scheduler import ScheduledTask, Scheduler, daily, every

pytestmark = pytest.mark.usefixtures("database")


class Bell:
    def __init__(self) -> None:
        self.rung = 0
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()
        self.heard = asyncio.Event()

    async def ring(self) -> None:
        self.rung += 1
        self.heard.set()

    async def crack(self) -> None:
        self.rung += 1
        raise LookupError("cracked")

    def clock(self) -> Scheduler:
        return Scheduler([ScheduledTask("bell", every(60), self.ring)], lambda: self.now)


async def opened(*clocks: Scheduler) -> None:
    """Their rows written, and no looking of themselves."""
    for clock in clocks:
        await clock.open()
        clock.close()


async def test_of_concurrent_processes_one_runs_the_task() -> None:
    bell = Bell()
    clocks = [bell.clock() for _ in range(5)]
    await opened(*clocks)
    for _ in range(3):
        bell.now += 60
        done = await asyncio.gather(*[clock.look("bell") for clock in clocks])
        assert sum(done) == 1
    assert bell.rung == 3
    assert (await ScheduledRow.get()).runs == 3


async def test_nothing_is_done_before_it_is_due() -> None:
    bell = Bell()
    clock = bell.clock()
    await opened(clock)
    bell.now += 59.9
    assert not await clock.look("bell")
    assert bell.rung == 0


async def test_what_was_due_while_nobody_ran_happens_once() -> None:
    bell = Bell()
    await opened(bell.clock())
    bell.now += 10_000
    later = bell.clock()
    await opened(later)
    assert [await later.look("bell") for _ in range(3)] == [True, False, False]
    assert (await ScheduledRow.get()).due == bell.now + 60


async def test_a_time_of_the_day_is_kept() -> None:
    bell = Bell()
    clock = Scheduler([ScheduledTask("bell", daily(4, 30), bell.ring)], lambda: bell.now)
    await opened(clock)
    due = datetime.fromtimestamp((await ScheduledRow.get()).due, UTC)
    assert due == datetime(2026, 5, 2, 4, 30, tzinfo=UTC)
    bell.now = due.timestamp()
    assert await clock.look("bell")
    assert (await ScheduledRow.get()).due == due.timestamp() + 86_400


async def test_what_fails_is_done_again_when_it_is_due(caplog: pytest.LogCaptureFixture) -> None:
    bell = Bell()
    clock = Scheduler([ScheduledTask("bell", every(60), bell.crack)], lambda: bell.now)
    await opened(clock)
    bell.now += 60
    with caplog.at_level(logging.ERROR):
        assert await clock.look("bell")
    assert "bell failed" in caplog.text
    bell.now += 60
    assert await clock.look("bell")
    assert bell.rung == 2


async def test_it_looks_by_itself_and_at_once_when_somebody_is_in_a_hurry() -> None:
    bell = Bell()
    clock = Scheduler([ScheduledTask("often", every(0.05), bell.ring)], time.time)
    await clock.open()
    try:
        async with asyncio.timeout(30):
            while bell.rung < 3:
                await asyncio.sleep(0.02)
    finally:
        clock.close()
    bell.heard.clear()
    slow = Scheduler([ScheduledTask("seldom", every(3600), bell.ring)], time.time)
    await slow.open()
    try:
        await slow.run_by("seldom")
        await asyncio.wait_for(bell.heard.wait(), 30)
    finally:
        slow.close()


async def test_a_firing_can_be_hurried_to_a_time_but_never_put_off() -> None:
    bell = Bell()
    clock = bell.clock()
    await opened(clock)

    async def due_in() -> float:
        return (await ScheduledRow.get()).due - bell.now

    for at, due in ((90, 60), (20, 20), (40, 20), (-10, 0)):
        await clock.run_by("bell", bell.now + at)
        assert await due_in() == due
    assert await clock.look("bell")
    assert await due_in() == 60
    await clock.run_by("of another process", bell.now)


async def test_a_task_brought_forward_is_run_at_its_new_time() -> None:
    bell = Bell()
    clock = Scheduler([ScheduledTask("bell", every(3600), bell.ring)], time.time)
    await clock.open()
    try:
        began = time.time()
        await clock.run_by("bell", began + 0.5)
        await clock.run_by("bell", began + 30)
        await asyncio.wait_for(bell.heard.wait(), 30)
        assert 0.5 <= time.time() - began < 25
    finally:
        clock.close()


async def test_a_task_brought_forward_while_it_runs_is_run_again(caplog: pytest.LogCaptureFixture) -> None:
    done: list[float] = []
    twice = asyncio.Event()

    async def act() -> None:
        done.append(time.time())
        if len(done) == 1:
            await clock.run_by("bell")
            await clock.run_by("bell", time.time() + 0.3)
        else:
            twice.set()

    clock = Scheduler([ScheduledTask("bell", every(3600), act)], time.time)
    await clock.open()
    try:
        await clock.run_by("bell")
        await asyncio.wait_for(twice.wait(), 30)
    finally:
        clock.close()
    assert len(done) == 2
    assert "maximum number of running instances" not in caplog.text
