"""The worker is killed ten times in the middle of a burst: `python -m benchmarks.kills`.

What is lost, and what comes twice? Workers with the node's own handlers, as processes of their own, each killed (9) as
soon as the next tenth of the inboxes has been reached, and the next one started at once. A lease is 5 s here and not a
minute, so that nobody has to wait for the last of them; nothing else is shortened.
"""

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from benchmarks.burst import Burst, post, ready
from benchmarks.far import Taken
from benchmarks.processes import Failed, last_words
from benchmarks.reading import Reading
from fedistream.app.config import Config
from fedistream.app.worker import build_worker
from fedistream.db import Database
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.worker import Limits, Worker

FOLLOWERS, INBOXES = 10_000, 1000
KILLS = 10
LEASE_S = 5.0
MOST_S = 60.0
AT_ONCE = Limits().at_once


@dataclass(frozen=True, slots=True)
class Losses:
    """`doubles` are deliveries beyond the first of the same activity. Of what was delivered again, nothing had been
    delivered more than `unwritten_s` before a kill. `strange` are deliveries of another activity than the post's."""

    lost: int
    doubles: int
    strange: int
    unwritten_s: float


def losses(taken: Sequence[Taken], hosts: Sequence[str], kills: Sequence[float]) -> Losses:
    """Return the losses of one post to all these hosts. The post's activity is the first that arrived."""
    times: dict[str, list[float]] = defaultdict(list)
    strange = 0
    for one in taken:
        if one.activity == taken[0].activity:
            times[one.host].append(one.at)
        else:
            strange += 1
    repeated = [at for each in times.values() for at in sorted(each)[:-1]]
    unwritten = max((min((kill - at for kill in kills if kill >= at), default=inf) for at in repeated), default=0.0)
    return Losses(len(set(hosts) - set(times)), len(repeated), strange, unwritten)


def main() -> None:
    with ready(FOLLOWERS, INBOXES, 0, "--workers", "0") as burst:
        asked = post(burst.ours, "We are live, come and see.")
        killed: list[float] = []
        for number in range(KILLS):
            with worker(burst, number) as process:
                reached = (number + 1) * INBOXES // (KILLS + 2)
                wait(process, burst, lambda reached=reached: len(burst.reached()) >= reached)  # type: ignore[misc]
                process.kill()
                killed.append(time.time())
        with worker(burst, KILLS) as process:
            wait(process, burst, lambda: burst.untried() == 0)
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        took = time.time() - asked
        found = losses(burst.far.taken(), [name.partition(":")[0] for name in burst.far.live], killed)
    what = f"{INBOXES} inboxes, {KILLS} kills, a lease of {LEASE_S:.0f} s; all done after {took:.0f} s"
    print(Reading("kills_lost", found.lost, "inboxes", reach=0, note=what))
    print(Reading("kills_strange", found.strange, "deliveries", reach=0))
    note = f"of at most {KILLS} x {AT_ONCE} in hand"
    print(Reading("kills_doubles", found.doubles, "deliveries", reach=KILLS * 2 * AT_ONCE, note=note))
    note = "from its first delivery to the kill, at the most"
    print(Reading("kills_unwritten", round(found.unwritten_s, 3), "s", reach=LEASE_S, note=note))


@contextlib.contextmanager
def worker(burst: Burst, number: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Killed in the end, if it still runs."""
    command = [sys.executable, "-m", "benchmarks.kills", "worker", str(burst.database.parent), str(number)]
    with burst.errors.open("wb") as errors:
        process = subprocess.Popen([*command, ",".join(burst.far.live)], stderr=errors)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait(process: "subprocess.Popen[bytes]", burst: Burst, true: Callable[[], bool]) -> None:
    """Wait until it is true. Raises Failed when the worker ends before, or after a minute."""
    until = time.monotonic() + MOST_S
    while not true():
        if process.poll() is not None or time.monotonic() > until:
            raise Failed(f"the worker did not do it: {last_words(burst.errors)}")
        time.sleep(0.005)


async def work(data: Path, number: int, allowed: str) -> None:
    """A worker of the node with this data folder, but for the length of its leases."""
    options = Config(data_dir=data, federation_allow=allowed)
    async with contextlib.AsyncExitStack() as undo:
        database = Database(options.database, wait_s=30)
        undo.push_async_callback(database.close)
        await database.open()
        outbox = Outbox(time.time, lease_s=LEASE_S)
        services = await build_worker(options, outbox, undo)
        name = f"benchmark {number}"
        made = Worker(outbox, services.handlers, name, random.random, prepare=services.cache_refresh.refresh)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, made.stop)
        await made.run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        asyncio.run(work(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
    else:
        main()
