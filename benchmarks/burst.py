"""One post to 10,000 followers on 1,000 inboxes, 50 of them dead: `python -m benchmarks.burst`.

A real node with its real worker, asked by an admin over HTTP; the far servers are a process of their own. The worker is
not running yet when the post is made: its start counts.
"""

import asyncio
import base64
import http.client
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import far, followed
from benchmarks.far import Far
from benchmarks.processes import Failed, cpu_s, folder, rss_mb
from benchmarks.reading import Reading
from benchmarks.servers import PASSWORD, Server, node

FOLLOWERS, LIVE, DEAD = 10_000, 950, 50
ENOUGH = int(LIVE * 0.95)
LOOK_S = 0.05
MOST_S = 40.0
UNTRIED = "SELECT count(*) FROM outbox WHERE state = 'leased' OR (state = 'ready' AND attempts = 0)"


@dataclass(frozen=True, slots=True)
class Burst:
    """A node with followers, not started by anything yet, and the servers that they are on."""

    ours: Server
    far: Far
    database: Path

    @property
    def errors(self) -> Path:
        """A file for the last words of what is started beside the node."""
        return self.database.with_name("errors")

    def untried(self) -> int:
        """Jobs that have not been tried once."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as rows:
            return int(rows.execute(UNTRIED).fetchone()[0])

    def worker(self) -> int | None:
        """The process that delivers, once there is one."""
        children = psutil.Process(self.ours.pid).children()
        return children[0].pid if children else None

    def reached(self) -> list[float]:
        """Return when each of the living inboxes was reached, in order."""
        living, first = {name.partition(":")[0] for name in self.far.live}, dict[str, float]()
        for one in self.far.taken():
            if one.host in living:
                first.setdefault(one.host, one.at)
        return sorted(first.values())


@contextmanager
def ready(followers: int = FOLLOWERS, live: int = LIVE, dead: int = DEAD, *more: str) -> Iterator[Burst]:
    """Yield a node with followers on living and dead inboxes; `more` are flags for it."""
    with folder() as place, far.servers(place, live, dead) as there:
        hosts = (*there.live, *there.dead)
        (place / "data").mkdir()
        asyncio.run(_prepare(place / "data", hosts, followers))
        with node("--federation-allow", ",".join(hosts), *more, data=place / "data") as ours:
            yield Burst(ours, there, place / "data" / "fedistream.db")


async def _prepare(data: Path, hosts: tuple[str, ...], followers: int) -> None:
    async with followed.written(data) as channel_id:
        await followed.add_followers(channel_id, hosts, followers)


def post(ours: Server, text: str) -> float:
    """Have the node post something to its followers. Returns when it was asked. Raises Failed."""
    secret = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", ours.port, timeout=30)
    at = time.time()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
    connection.request("POST", "/api/admin/federation/send", json.dumps({"value": text}), headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise Failed(f"the post was not taken: {answer.status} {answer.read()[:200]!r}")
    connection.close()
    return at


def main() -> None:
    with ready() as burst:
        asked = post(burst.ours, "We are live, come and see.")
        answered = time.time()
        spent: list[tuple[int, float]] = []  # inboxes reached, and what the worker had used by then
        while len(times := burst.reached()) < LIVE and time.time() < asked + MOST_S:
            if times and (pid := burst.worker()):
                spent.append((len(times), cpu_s(pid)))
            time.sleep(LOOK_S)
        while burst.untried() and time.time() < asked + MOST_S:
            time.sleep(LOOK_S)
        tried = time.time()
        pid = burst.worker()
        memory = rss_mb(pid) if pid else 0.0
        if len(times) < ENOUGH:
            raise Failed(f"only {len(times)} of {LIVE} living inboxes were reached")
    _report(asked, answered, tried, times)
    counts, used = spent[-1][0] - spent[0][0], spent[-1][1] - spent[0][1]
    rate = f"a connection for each; {counts / (times[-1] - times[0]):.0f} a second"
    print(Reading("burst_cpu", round(used / max(1, counts) * 1e6), "us", note=rate))
    print(Reading("burst_worker_memory", round(memory, 1), "MB", note="after the burst"))


def _report(asked: float, answered: float, tried: float, times: list[float]) -> None:
    what = f"{FOLLOWERS} followers on {LIVE + DEAD} inboxes, {DEAD} of them silent; the worker's start included"
    more = f"all that live after {times[-1] - asked:.2f} s; the admin's call took {answered - asked:.2f} s"
    print(Reading("burst_95", round(times[ENOUGH - 1] - asked, 2), "s", reach=10, note=f"{what}; {more}"))
    print(Reading("burst_tried", round(tried - asked, 2), "s", note="until the silent ones are given up for this time"))


if __name__ == "__main__":
    main()
