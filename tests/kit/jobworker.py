"""A worker as a process of its own: `python -m tests.kit.jobworker URL OWNER FILE [hang|short] [long]`; tests use
`started`.

Each job is a line with its id in FILE. With "hang" a job never ends, so that it is held until the process is killed;
with either, a lease is two seconds, unless it is to be "long". The OWNER "here" is named as the node names its own.
"""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedistream.jobs import lease_owner as names
from fedistream.jobs.job import Done, Job, Outcome
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.worker import Worker
from tests.house.tree import ROOT
from tests.kit.database import opened


@contextmanager
def started(url: str, owner: str, file: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Killed in the end, if it still runs."""
    command = [sys.executable, "-m", "tests.kit.jobworker", url, owner, str(file), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def nobody(name: str) -> bool:
    return False


async def work(url: str, owner: str, file: Path, hang: bool, lease_s: float) -> None:
    async def handle(job: Job) -> Outcome:
        with file.open("a") as lines:
            lines.write(f"{job.id}\n")
        if hang:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return Done()

    owner, is_dead = names.own() if owner == "here" else (owner, nobody)
    async with opened(url, wait_s=30):
        outbox = Outbox(time.time, lease_s=lease_s, is_dead=is_dead)
        worker = Worker(outbox, {"activity": handle}, owner, random.random)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        print("ready", flush=True)
        await worker.run()


if __name__ == "__main__":
    url, owner, file, *more = sys.argv[1:]
    asyncio.run(work(url, owner, Path(file), "hang" in more, lease_s=2.0 if more and "long" not in more else 60.0))
