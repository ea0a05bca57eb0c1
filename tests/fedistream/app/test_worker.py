"""The worker beside the front, as real processes: begun by the first job, nudged, killed, begun again, ended."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from fedistream.app.child_command import child_command
from fedistream.app.config import Config
from fedistream.app.platform import now
from fedistream.app.worker import build_worker
from fedistream.core.bus import Bus
from fedistream.federation.models import FollowerRow, RemoteActorRow
from fedistream.jobs.job import NewJob
from fedistream.jobs.models import OutboxRow, ScheduledRow
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.worker_process import WorkerProcess
from fedistream.settings.service import Settings
from tests.house.tree import ROOT
from tests.kit.database import empty_database, opened

pytestmark = pytest.mark.slow

JOB = NewJob(
    "fact", {"reaction": "notices.plan", "fact": {}}
)  # a fact that cannot be read, which the worker gives up at once


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(90):
        while not await true():
            await asyncio.sleep(0.05)


async def has_settled(count: int) -> bool:
    return await OutboxRow.filter(state="dead").count() == count


@asynccontextmanager
async def front(folder: Path) -> AsyncIterator[tuple[Outbox, WorkerProcess]]:
    """The part of a front that has to do with its worker."""
    url = empty_database(folder)
    async with opened(url, wait_s=30):
        command, environment = child_command(Config(data_dir=folder, database_url=url))
        child = WorkerProcess(command, environment, Outbox(time.time).waiting)
        outbox = Outbox(time.time, child.nudge)
        running = asyncio.create_task(child.run())
        try:
            yield outbox, child
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await child.close()


async def test_a_node_that_promises_nothing_has_no_worker_and_the_first_job_begins_one(tmp_path: Path) -> None:
    async with front(tmp_path) as (outbox, child):
        await asyncio.sleep(0.1)
        assert child.starts == 0
        await outbox.put([JOB])
        await until(lambda: has_settled(1))
        await outbox.put([JOB])
        await until(lambda: has_settled(2))
        assert child.starts == 1
        assert await ScheduledRow.filter(name="outbox.prune").exists()
        pid = child.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_worker_that_is_killed_is_begun_again(tmp_path: Path) -> None:
    async with front(tmp_path) as (outbox, child):
        await outbox.put([JOB])
        await until(lambda: has_settled(1))
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        await outbox.put([JOB])
        await until(lambda: has_settled(2))
        assert child.starts == 2


async def test_what_a_former_node_left_begins_a_worker_at_once(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path)):
        await Outbox(time.time).put([JOB])
    left = (tmp_path / "test.db").read_bytes()
    folder = tmp_path / "again"
    folder.mkdir()
    url = empty_database(folder)
    (folder / "test.db").write_bytes(left)
    async with opened(url, wait_s=30):
        command, environment = child_command(Config(data_dir=folder, database_url=url))
        child = WorkerProcess(command, environment, Outbox(time.time).waiting)
        running = asyncio.create_task(child.run())
        await until(lambda: has_settled(1))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await child.close()


async def without_front(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[bytes]":
    """Run a worker whose pipe from the front is at its end, until it has ended."""
    environment = {**os.environ, **environment}
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=ROOT, input=b"", stderr=subprocess.PIPE, timeout=60, check=False
    )


async def test_a_worker_ends_when_its_front_is_gone(tmp_path: Path) -> None:
    command, environment = child_command(Config(data_dir=tmp_path, database_url=empty_database(tmp_path)))
    assert (await without_front(command, environment)).returncode == 0


async def test_the_most_talkative_log_has_no_statements_with_their_values(tmp_path: Path) -> None:
    options = Config(data_dir=tmp_path, database_url=empty_database(tmp_path), log_level="debug")
    command, environment = child_command(options)
    ended = await without_front(command, environment)
    assert ended.returncode == 0
    log = ended.stderr.decode()
    assert "DEBUG" in log
    assert "INSERT" not in log
    assert "SELECT" not in log


async def test_a_worker_of_its_own_ends_when_it_is_told_to(tmp_path: Path) -> None:
    url = empty_database(tmp_path)
    command = [sys.executable, "-m", "fedistream", "worker", "--database-url", url]
    async with opened(url, wait_s=30):
        await Outbox(time.time).put([JOB])
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        await until(lambda: has_settled(1))
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0


def test_a_worker_without_a_database_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_text("no database " * 1000)
    command = [sys.executable, "-m", "fedistream", "worker", "--database-url", f"sqlite://{tmp_path / 'broken.db'}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert ended.stderr.splitlines()[-1].startswith("fedistream: ")


async def test_a_worker_that_cannot_run_is_tried_ever_more_seldom(caplog: pytest.LogCaptureFixture) -> None:
    async def waiting() -> bool:
        return True

    child = WorkerProcess(["/nowhere/python"], {}, waiting)
    running = asyncio.create_task(child.run())
    async with asyncio.timeout(30):
        while "started again in 2 s" not in caplog.text:
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await child.close()
    assert child.starts == 0
    child.nudge()


async def test_what_is_done_by_the_clock_goes_by_what_the_front_has_set_meanwhile(tmp_path: Path) -> None:
    url = empty_database(tmp_path)
    async with opened(url), contextlib.AsyncExitStack() as undo:
        front = Settings(Bus(), now)
        await front.load()
        made = await build_worker(Config(data_dir=tmp_path, database_url=url), Outbox(time.time), undo)
        await front.change("node.public_url", "https://node.example")
        await front.change("federation.enabled", True)
        # nobody is at that address, which is refused before anything is sent
        there = "https://127.0.0.1/users/ann"
        long_ago = now() - timedelta(days=30)
        ann = await RemoteActorRow.create(
            url=there, key_id=there, handle="ann@127.0.0.1", name="Ann", inbox=there, document={}, fetched_at=long_ago
        )
        await FollowerRow.create(channel_id=1, actor_id=ann.id, state="accepted", follow={}, created_at=long_ago)
        await ScheduledRow.create(name="followers.validate", due=0)
        assert await made.clock.look("followers.validate")
        assert (await RemoteActorRow.get(url=there)).failed_checks == 1
