import asyncio
from datetime import timedelta

import pytest

from fedistream.core.retention_clock import RetentionClock
from fedistream.db import Database
from fedistream.viewers.history import KEPT, MAX_POINTS, ViewerHistory, thinned
from fedistream.viewers.models import ViewerCountRow
from fedistream.viewers.service import Count, Viewers
from tests.kit.asking import Clock
from tests.kit.query_plans import full_scans, statements_run

HOME = 1


def made(clock: Clock, process: str = "one") -> tuple[Viewers, ViewerHistory]:
    viewers = Viewers(clock.monotonic, clock.now, b"0123456789abcdef")
    return viewers, ViewerHistory(viewers, RetentionClock(clock.now, clock.monotonic), process)


async def test_counts_are_still_there_after_a_restart(database: Database) -> None:
    clock = Clock()
    viewers, history = made(clock)
    for watching in (1, 2, 0):
        for number in range(watching):
            viewers.seen(HOME, f"192.0.2.{number}", "Firefox")
        await history.store()
        clock.advance(60)
    _, history = made(clock)
    with statements_run() as ran:
        counts = await history.over_time(HOME)
    assert [count.viewers for count in counts] == [0, 1, 2, 0]
    assert await full_scans(ran) == []
    assert await history.over_time(HOME + 1) == ()
    assert [count.viewers for count in await history.over_time(HOME, clock.now() - timedelta(minutes=2))] == [2, 0]


async def test_nothing_is_written_while_nobody_watches(database: Database) -> None:
    clock = Clock()
    viewers, history = made(clock)
    viewers.begin_session(HOME)
    for _ in range(3):
        await history.store()
        clock.advance(60)
    assert await ViewerCountRow.all().count() == 0


async def test_rows_and_memory_are_joined_without_an_overlap(database: Database) -> None:
    clock = Clock()
    viewers, history = made(clock)
    for _ in range(5):
        viewers.seen(HOME, "192.0.2.1", "Firefox")
        await history.store()
        clock.advance(60)
    viewers, history = made(clock)
    for _ in range(5):
        viewers.seen(HOME, "192.0.2.1", "Firefox")
        viewers.sample()
        await history.store()
        clock.advance(30)
    counts = await history.over_time(HOME)
    assert [count.viewers for count in counts] == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert sorted({count.at for count in counts}) == [count.at for count in counts]


async def test_an_answer_over_weeks_has_a_bounded_number_of_points_and_keeps_the_peak(database: Database) -> None:
    clock = Clock()
    began = int(clock.now().timestamp())
    rows = [
        ViewerCountRow(channel_id=HOME, at=began + 60 * minute, viewers=900 if minute == 7777 else minute % 10)
        for minute in range(15_000)
    ]
    await ViewerCountRow.bulk_create(rows, batch_size=500)
    clock.advance(60 * 15_000)
    _, history = made(clock)
    counts = await history.over_time(HOME)
    assert 300 < len(counts) <= MAX_POINTS
    assert max(count.viewers for count in counts) == 900
    assert [count.at for count in counts] == sorted(count.at for count in counts)


async def test_old_counts_are_pruned(database: Database) -> None:
    clock = Clock()
    old = int((clock.now() - KEPT).timestamp())
    for at in (old - 60, old, old + 60):
        await ViewerCountRow.create(channel_id=HOME, at=at, viewers=1)
    await ViewerCountRow.create(channel_id=HOME, at=int(clock.now().timestamp()), viewers=1)
    _, history = made(clock)
    await history.prune()
    assert await ViewerCountRow.all().count() == 3


async def test_a_clock_that_is_far_ahead_deletes_nothing(database: Database) -> None:
    clock = Clock()
    await ViewerCountRow.create(channel_id=HOME, at=int(clock.now().timestamp()), viewers=1)
    clock.advance(86_400 * 400)
    _, history = made(clock)
    await history.prune()
    assert await ViewerCountRow.all().count() == 1


async def test_the_same_minute_is_stored_once(database: Database) -> None:
    clock = Clock()
    viewers, history = made(clock)
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    await history.store()
    await made(clock)[1].store()
    viewers_again, again = made(clock)
    viewers_again.seen(HOME, "192.0.2.1", "Firefox")
    await again.store()
    assert await ViewerCountRow.all().count() == 2


async def test_the_counts_of_several_processes_are_added(database: Database) -> None:
    clock = Clock()
    for process, watching in (("one", 3), ("two", 4)):
        viewers, history = made(clock, process)
        for number in range(watching):
            viewers.seen(HOME, f"192.0.2.{number}", "Firefox")
        await history.store()
    minute = int(clock.now().timestamp()) // 60 * 60
    # of a version that knew of one process alone
    await ViewerCountRow.create(channel_id=HOME, at=minute + 60, viewers=2)
    clock.advance(120)
    counts = await made(clock)[1].over_time(HOME)
    assert [(int(count.at.timestamp()) - minute, count.viewers) for count in counts] == [(-60, 0), (0, 7), (60, 2)]


def test_thinning_keeps_the_highest_of_each_run() -> None:
    clock = Clock()
    counts = [Count(clock.now() + timedelta(minutes=at), at % 7) for at in range(100)]
    few = thinned(counts, 15)
    assert len(few) <= 15
    assert {count.viewers for count in few[:-1]} == {6}  # the last run is shorter
    assert thinned(counts, 100) == tuple(counts)
    assert thinned([], 5) == ()


async def test_it_ends_when_it_is_cancelled(database: Database) -> None:
    running = asyncio.create_task(made(Clock())[1].run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
