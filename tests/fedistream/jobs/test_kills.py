"""kill -9 at any moment: no change without its promise, no promise without its change, no job lost."""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

from fedistream.broadcasts.models import BroadcastRow
from fedistream.jobs.job import NewJob
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox
from tests.house.tree import ROOT
from tests.kit.database import opened
from tests.kit.jobworker import started

JOBS, KILLS, AT_ONCE = 1500, 4, 64


async def test_a_change_and_its_promises_are_there_together_or_not_at_all(database_url: str) -> None:
    command = [sys.executable, "-m", "tests.kit.emit_until_killed", database_url]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    try:
        async with opened(database_url, wait_s=30), asyncio.timeout(60):
            while await BroadcastRow.all().count() < 100:
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        await process.wait()
    async with opened(database_url, wait_s=30):
        begun = {row.id for row in await BroadcastRow.all()}
        promised = [json.loads(row.body)["fact"]["broadcast_id"] for row in await OutboxRow.all()]
    assert len(promised) == len(begun) >= 100
    assert set(promised) == begun


async def test_workers_that_are_killed_in_a_burst_lose_nothing(database_url: str, tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.touch()

    def lines() -> int:
        return done.read_bytes().count(b"\n")

    async with opened(database_url, wait_s=30), asyncio.timeout(100):
        await Outbox(time.time).put([NewJob("activity", {}, f"https://h{n % 100}.example/") for n in range(JOBS)])
        for number in range(KILLS):
            reached = (number + 1) * JOBS // (KILLS + 2)
            with started(database_url, f"killed {number}", done, "short"):
                while lines() < reached:
                    await asyncio.sleep(0.005)
        with started(database_url, "last", done, "short"):
            while await OutboxRow.filter(state="done").count() < JOBS:
                await asyncio.sleep(0.05)
    times = Counter(done.read_text().split())
    assert len(times) == JOBS
    doubles = [count - 1 for count in times.values() if count > 1]
    # what was in hand, and what was finished and not yet written down
    assert sum(doubles) <= KILLS * 2 * AT_ONCE


async def test_the_next_worker_takes_the_jobs_of_one_that_was_killed_at_once(database_url: str, tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.touch()
    async with opened(database_url, wait_s=30), asyncio.timeout(50):  # a lease lasts for a minute
        await Outbox(time.time).put([NewJob("activity", {}, f"https://h{n}.example/") for n in range(20)])
        with started(database_url, "here", done, "hang", "long") as killed:
            while await OutboxRow.filter(state="leased").count() < 20:
                await asyncio.sleep(0.02)
            with started(database_url, "here", tmp_path / "idle", "hang", "long") as idle:
                assert idle.stdout is not None
                await asyncio.to_thread(idle.stdout.readline)
            assert await OutboxRow.filter(state="leased").count() == 20, "nothing is taken from one that lives"
            killed.kill()
            killed.wait()
        with started(database_url, "here", done):
            while await OutboxRow.filter(state="done").count() < 20:
                await asyncio.sleep(0.02)
    assert set(Counter(done.read_text().split()).values()) == {2}
