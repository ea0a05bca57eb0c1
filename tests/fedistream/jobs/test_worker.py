"""The worker: each job is done once, also when a worker dies; a slow host delays no other; the stop is orderly."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fedistream.jobs.job import Dead, Done, Job, NewJob, Outcome, Retry
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.worker import Handler, Limits, Worker
from tests.kit.database import opened
from tests.kit.jobs import ANN, BOB
from tests.kit.jobworker import started

QUICK = Limits(poll_s=0.02, gather_s=0, beat_s=0.05, goodbye_s=5)


async def until(true: Callable[[], Awaitable[bool]], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not await true():
            await asyncio.sleep(0.02)


async def is_settled() -> bool:
    return not await OutboxRow.filter(state__in=("ready", "leased")).exists()


async def count_is(done: int) -> bool:
    return await OutboxRow.filter(state="done").count() == done


def exists(**what: object) -> Callable[[], Awaitable[bool]]:
    """Return whether there is such a row."""

    async def look() -> bool:
        return await OutboxRow.filter(**what).exists()

    return look


@asynccontextmanager
async def working(handler: Handler, limits: Limits = QUICK) -> AsyncIterator[tuple[Outbox, Worker]]:
    workers: list[Worker] = []
    outbox = Outbox(time.time, lambda: workers[0].wake())
    workers.append(Worker(outbox, {"activity": handler}, "ours", lambda: 0.5, limits=limits))
    running = asyncio.create_task(workers[0].run())
    try:
        yield outbox, workers[0]
    finally:
        workers[0].stop()
        await asyncio.wait_for(running, 30)


def jobs(count: int, target: str = ANN, group: str = "") -> list[NewJob]:
    return [NewJob("activity", {"n": number}, target, group) for number in range(count)]


@pytest.mark.slow
async def test_three_processes_do_a_thousand_jobs_once_each(database_url: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}" for number in range(3)]
    async with opened(database_url, wait_s=30):
        await Outbox(time.time).put([job for host in range(100) for job in jobs(10, f"https://h{host}.example/inbox")])
        with contextlib.ExitStack() as stack:
            for file in files:
                stack.enter_context(started(database_url, file.name, file))
            await until(is_settled, 100)
    done = Counter(line for file in files if file.exists() for line in file.read_text().split())
    assert len(done) == 1000
    assert set(done.values()) == {1}


async def test_what_a_killed_worker_held_is_done_by_another_with_the_same_id(database_url: str, tmp_path: Path) -> None:
    held, done = tmp_path / "held", tmp_path / "done"
    async with opened(database_url, wait_s=30):
        await Outbox(time.time).put(jobs(2) + jobs(2, BOB))
        with started(database_url, "killed", held, "hang"):
            async with asyncio.timeout(60):
                while not held.exists() or len(held.read_text().split()) < 4:
                    await asyncio.sleep(0.02)
        # the process is dead, by SIGKILL, and has settled nothing
        with started(database_url, "other", done):
            await until(is_settled)
    assert sorted(done.read_text().split()) == sorted(held.read_text().split())


@pytest.mark.usefixtures("database")
async def test_a_worker_that_is_told_to_end_gives_back_what_it_has_not_finished() -> None:
    async with hanging() as (outbox, begun):
        await outbox.put(jobs(1))
        await begun.wait()
    row = await OutboxRow.get()
    assert (row.state, row.attempts, row.owner) == ("ready", 0, "")


@asynccontextmanager
async def hanging() -> AsyncIterator[tuple[Outbox, asyncio.Event]]:
    begun = asyncio.Event()

    async def hang(job: Job) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with working(hang, Limits(poll_s=0.02, goodbye_s=0.1)) as (outbox, _):
        yield outbox, begun


@pytest.mark.usefixtures("database")
async def test_jobs_of_a_group_are_done_in_order_though_one_fails() -> None:
    order: list[int] = []

    async def handle(job: Job) -> Outcome:
        order.append(job.body["n"])
        return Retry(None, "not yet") if job.body["n"] == 1 and order.count(1) < 2 else Done()

    async with working(handle) as (outbox, _):
        await outbox.put(jobs(4, group="a"))
        await until(exists(last_error="not yet"))
        await asyncio.sleep(0.1)
        assert order == [0, 1]
        await OutboxRow.filter(state="ready").update(due=0)
        await until(is_settled)
    assert order == [0, 1, 1, 2, 3]


@pytest.mark.usefixtures("database")
async def test_a_slow_host_does_not_hold_up_the_others() -> None:
    go, at_once, most = asyncio.Event(), 0, 0

    async def handle(job: Job) -> Outcome:
        nonlocal at_once, most
        if job.target == ANN:
            at_once += 1
            most = max(most, at_once)
            await go.wait()
            at_once -= 1
        return Done()

    async with working(handle, Limits(at_once=8, per_host=2, poll_s=0.02)) as (outbox, _):
        await outbox.put(jobs(50) + jobs(50, BOB) + jobs(50, ""))
        await until(lambda: count_is(100))
        go.set()
        await until(is_settled)
    assert most == 2


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("outcome", "state", "says"),
    [
        (Done(), "done", ""),
        (Dead("gone"), "dead", "gone"),
        (Retry(3600, "busy"), "ready", "busy"),
        (LookupError("lost"), "ready", "LookupError: lost"),
        (TimeoutError("of its own"), "ready", "TimeoutError: of its own"),
        (asyncio.CancelledError(), "ready", "it was cancelled from within"),
    ],
)
async def test_what_became_of_a_job_is_written_down(outcome: Outcome | BaseException, state: str, says: str) -> None:
    async def handle(job: Job) -> Outcome:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async with working(handle) as (outbox, _):
        await outbox.put(jobs(1))
        await until(exists(state=state, attempts=1))
    row = await OutboxRow.get()
    assert row.last_error == says
    if isinstance(outcome, Retry):
        assert 3600 <= row.due - time.time() + 60 < 4200


@pytest.mark.usefixtures("database")
async def test_a_job_may_take_only_so_long() -> None:
    async def handle(job: Job) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    async with working(handle, Limits(poll_s=0.02, job_s=0.05)) as (outbox, _):
        await outbox.put(jobs(1))
        await until(exists(last_error="it took more than 0.05 s"))


@pytest.mark.usefixtures("database")
async def test_a_job_that_takes_longer_than_a_lease_keeps_it() -> None:
    go, begun = asyncio.Event(), asyncio.Event()

    async def handle(job: Job) -> Outcome:
        begun.set()
        await go.wait()
        return Done()

    async with working(handle) as (outbox, _):
        await outbox.put(jobs(1))
        await begun.wait()
        first = (await OutboxRow.get()).due
        await until(exists(due__gt=first))
        go.set()
        await until(is_settled)
    assert (await OutboxRow.get()).attempts == 1


@pytest.mark.usefixtures("database")
async def test_a_nudge_is_enough() -> None:
    async def handle(job: Job) -> Outcome:
        return Done()

    async with working(handle, Limits(poll_s=600)) as (outbox, _):
        await outbox.put(jobs(1))
        await until(is_settled)
        await outbox.put(jobs(300, ""))
        await until(is_settled)


async def test_jobs_are_begun_after_what_they_need_was_read_or_could_not_be(database: object) -> None:
    told: list[str] = []

    async def prepare() -> None:
        told.append("prepared")
        if len(told) == 1:
            raise LookupError

    async def handle(job: Job) -> Outcome:
        told.append("handled")
        return Done()

    outbox = Outbox(time.time)
    worker = Worker(outbox, {"activity": handle}, "ours", lambda: 0.5, limits=QUICK, prepare=prepare)
    running = asyncio.create_task(worker.run())
    for done in (1, 2):
        await outbox.put(jobs(1))
        worker.wake()
        await until(lambda done=done: count_is(done))  # type: ignore[misc]
    worker.stop()
    await asyncio.wait_for(running, 30)
    assert told == ["prepared", "handled"] * 2
