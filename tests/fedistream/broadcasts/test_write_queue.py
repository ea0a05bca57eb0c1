"""The turns of broadcasts, written in order: what fails is tried again, what waits is bounded, nobody overtakes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from fedistream.broadcasts.session import BroadcastRun
from fedistream.broadcasts.write_queue import ATTEMPTS, MAX_PAUSE_S, MAX_WRITES, Kind, Write, WriteQueue
from fedistream.db import DatabaseLocked
from tests.kit.virtual_time import in_no_time

NOW = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)


async def there() -> None:
    """The database can be read."""


def turn(kind: Kind, run: BroadcastRun, told: list[str] | None = None) -> Write:
    async def write() -> None:
        if told is None:
            raise DatabaseLocked("it is away")
        told.append(f"{run.title} {kind.value}")

    return Write(kind, run, write)


def failing(times: int, error: Exception, told: Callable[[float], None]) -> Write:
    """A turn that fails so often; `told` is called with the time of each attempt."""
    left = times

    async def write() -> None:
        nonlocal left
        told(asyncio.get_running_loop().time())
        left -= 1
        if left >= 0:
            raise error

    return Write(Kind.STARTED, BroadcastRun(NOW, "one"), write)


def test_turns_are_written_in_the_order_in_which_they_came() -> None:
    async def story() -> None:
        queue, told, run = WriteQueue(there), list[str](), BroadcastRun(NOW, "one")
        running = asyncio.create_task(queue.run())
        for kind in (Kind.STARTED, Kind.LOST, Kind.RETURNED):
            queue.put(turn(kind, run, told))
        await asyncio.sleep(1)
        assert told == ["one started", "one lost", "one returned"]
        assert queue.waiting == 0
        queue.put(turn(Kind.ENDED, run, told))
        queue.close()
        await running
        assert told[3:] == ["one ended"]

    in_no_time(story())


def test_what_was_put_is_written_before_the_end_and_a_queue_without_turns_ends_at_once() -> None:
    async def story() -> None:
        queue, told = WriteQueue(there), list[str]()
        queue.put(turn(Kind.ENDED, BroadcastRun(NOW, "one"), told))
        queue.close()
        await queue.run()
        assert told == ["one ended"]
        empty = WriteQueue(there)
        empty.close()
        await empty.run()

    in_no_time(story())


def test_a_turn_that_fails_stays_the_first_and_is_tried_ever_more_slowly() -> None:
    async def story() -> None:
        times, told, queue = list[float](), list[str](), WriteQueue(there)
        queue.put(failing(8, DatabaseLocked("it is away"), times.append))
        queue.put(turn(Kind.ENDED, BroadcastRun(NOW, "one"), told))
        queue.close()
        await queue.run()
        pauses = [round(after - before, 3) for before, after in pairwise(times)]
        assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S]
        assert told == ["one ended"]

    in_no_time(story())


def test_it_is_behind_from_the_second_failure_on_until_the_turn_is_written() -> None:
    async def story() -> None:
        queue, times = WriteQueue(there), list[float]()
        queue.put(failing(2, DatabaseLocked("it is away"), times.append))
        running = asyncio.create_task(queue.run())
        found = []
        for _ in range(9):  # at 0 and 0.25 s it fails, at 0.75 s it is done
            await asyncio.sleep(0.1)
            found.append(await queue.check())
        assert found == [None, None, *["behind"] * 5, None, None]
        queue.close()
        await running

    in_no_time(story())


def test_retry_writes_the_first_step_at_once() -> None:
    async def story() -> None:
        queue, times = WriteQueue(there), list[float]()
        queue.put(failing(6, DatabaseLocked("it is away"), times.append))
        queue.close()
        running = asyncio.create_task(queue.run())
        while not running.done():
            queue.retry()
            await asyncio.sleep(0.01)
        assert len(times) == 7
        assert times[-1] < 0.25

    in_no_time(story())


def test_the_turns_of_a_mistake_are_given_up_and_those_behind_them_are_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        queue, times, told = WriteQueue(there), list[float](), list[str]()
        queue.put(failing(100, LookupError("a mistake of ours"), times.append))
        queue.put(turn(Kind.STARTED, BroadcastRun(NOW, "good"), told))
        queue.close()
        await queue.run()
        assert len(times) == ATTEMPTS
        assert told == ["good started"]

    in_no_time(story())
    assert "is given up" in caplog.text


def test_what_the_database_itself_refuses_is_never_given_up() -> None:
    async def story() -> None:
        queue, times = WriteQueue(there), list[float]()
        queue.put(failing(10 * ATTEMPTS, DatabaseLocked("it is away"), times.append))
        queue.close()
        await queue.run()
        assert len(times) == 10 * ATTEMPTS + 1

    in_no_time(story())


def test_an_error_without_a_name_is_no_reason_to_give_up_while_the_database_is_away() -> None:
    answers = iter([False] * 3 + [True] * 100)

    async def look() -> None:
        if not next(answers):
            raise LookupError("what the driver says when there is no server")

    async def story() -> None:
        queue, times = WriteQueue(look), list[float]()
        error = LookupError("what the driver says when there is no server")
        queue.put(failing(ATTEMPTS + 2, error, times.append))
        queue.close()
        await queue.run()
        assert len(times) == ATTEMPTS + 3

    in_no_time(story())


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


async def test_a_gap_that_lasts_is_written_and_signs_of_life_are_left_out_first() -> None:
    write_queue, told, run = WriteQueue(there), list[str](), BroadcastRun(NOW, "one")
    write_queue.put(turn(Kind.STARTED, run, told))
    for _ in range(MAX_WRITES):
        write_queue.put(turn(Kind.ALIVE, run, told))
    write_queue.put(turn(Kind.LOST, run, told))
    assert write_queue.waiting <= MAX_WRITES
    write_queue.close()
    await asyncio.wait_for(write_queue.run(), 30)
    assert (told[0], told[-1]) == ("one started", "one lost")


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
