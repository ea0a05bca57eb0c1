"""The rates at which jobs are put, leased and settled, and a worker's rate: `python -m benchmarks.outbox`.

On SQLite in a temporary folder. FEDISTREAM_BENCH_DATABASE names an empty PostgreSQL database to use instead.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.reading import Reading
from fedistream.db import Database
from fedistream.jobs.job import Done, Job, NewJob, Outcome
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox, Settled, Wanted
from fedistream.jobs.worker import Worker

JOBS: Final = 10_000
HOSTS: Final = 1_000
BATCH: Final = 64
BODY: Final = {"key": "https://node.example/actor#main-key", "activity": {"content": "hello " * 230}}  # 1.4 kB
WANTED: Final = Wanted(BATCH, ("activity",))


def jobs(count: int = JOBS) -> list[NewJob]:
    return [NewJob("activity", BODY, f"https://h{number % HOSTS}.example/inbox") for number in range(count)]


@asynccontextmanager
async def outbox() -> AsyncIterator[Outbox]:
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("FEDISTREAM_BENCH_DATABASE") or f"sqlite://{Path(folder) / 'bench.db'}"
        database = Database(url)
        await database.open()
        try:
            yield Outbox(time.time)
        finally:
            await OutboxRow.all().delete()
            await database.close()


async def timed(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Seconds on the wall, and of CPU in this process."""
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return time.perf_counter() - wall, time.process_time() - cpu


async def by_hand(box: Outbox) -> None:
    """Put, lease and settle, one step after the other."""
    wall, _ = await timed(lambda: box.put(jobs()))
    print(Reading("outbox_put", round(JOBS / wall), "1/s", better="higher"), flush=True)
    one, _ = await timed(lambda: box.put(jobs(1)))
    print(Reading("outbox_put_one", round(one * 1000, 2), "ms"), flush=True)
    leasing = settling = 0.0
    count = 0
    leases: list[float] = []
    while True:
        began = time.perf_counter()
        leased = await box.lease("bench", WANTED)
        between = time.perf_counter()
        if not leased:
            break
        await box.settle("bench", [Settled(job, Done()) for job in leased])
        leases.append(between - began)
        leasing += between - began
        settling += time.perf_counter() - between
        count += len(leased)
    print(Reading("outbox_lease", round(count / leasing), "1/s", better="higher", note=f"{BATCH} at once"), flush=True)
    slow = sorted(leases)[int(len(leases) * 0.99)]
    print(Reading("outbox_lease_p99", round(slow * 1000, 1), "ms", note=f"one lease of {BATCH}"), flush=True)
    print(Reading("outbox_settle", round(count / settling), "1/s", better="higher"), flush=True)


async def by_worker(box: Outbox) -> None:
    """A worker whose handler does nothing: what the outbox itself costs."""
    done = asyncio.Event()
    left = JOBS

    async def handle(job: Job) -> Outcome:
        nonlocal left
        left -= 1
        if not left:
            done.set()
        await asyncio.sleep(0)
        return Done()

    await box.put(jobs())
    worker = Worker(box, {"activity": handle}, "worker", random.random)

    async def work() -> None:
        running = asyncio.create_task(worker.run())
        await done.wait()
        worker.stop()
        await running

    wall, cpu = await timed(work)
    # deliveries shall make 1,200 a second with 0.6 ms of CPU each; the outbox may not be what stops them
    print(Reading("outbox_worker", round(JOBS / wall), "1/s", reach=1200, better="higher"), flush=True)
    print(Reading("outbox_worker_cpu", round(cpu / JOBS * 1e6), "us"), flush=True)


async def measure() -> None:
    async with outbox() as box:
        await by_hand(box)
        await by_worker(box)


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
