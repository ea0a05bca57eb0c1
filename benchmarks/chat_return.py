"""A thousand viewers who come back at once after an outage, each having missed 5,000 lines of the chat, on a node that
is live: `python -m benchmarks.chat_return`.

What the node holds in memory while it tells them, and what that does to the video. The clients read as fast as they
can (`chat_returners.py`).
"""

import asyncio
import json
import secrets
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import followed
from benchmarks.clip import FULL_HD
from benchmarks.encoder import publisher
from benchmarks.processes import Failed, cpu_s, folder, last_words, rss_mb, running
from benchmarks.reading import Reading
from benchmarks.servers import node
from benchmarks.watching import watching
from fedistream.chat import message_ids
from fedistream.chat.visitors import Visitors
from fedistream.core.clocks import Clocks

CLIENTS, LINES = 1000, 5000
AUTHORS = 200
LINE = "Something that people say while they watch, of eighty characters or so, with an x"
WARM_S, BEFORE_S, AFTER_S = 4, 8.0, 5.0
LOOK_S = 0.05
MOST_S = 90.0


async def prepare(data: Path) -> str:
    """A node with a log. Returns the path of a socket that has missed all of it but one line."""
    async with followed.written(data) as home:
        later = asyncio.get_running_loop().call_later
        visitors = Visitors(Clocks(followed.now, time.monotonic, secrets.token_bytes, later))
        people = [await visitors.make(f"visitor {number:03}") for number in range(AUTHORS)]
    first = message_ids.first_of(followed.now()) - ((LINES + 1) * 1000 << message_ids.LOW_BITS)
    rows = [
        (
            first + (n * 1000 << message_ids.LOW_BITS),
            home,
            people[n % AUTHORS][0].id,
            "chat",
            "web",
            LINE,
            f"<p>{LINE}</p>",
            1,
        )
        for n in range(LINES + 1)
    ]
    with sqlite3.connect(data / "fedistream.db") as connection:
        columns = "id, channel_id, visitor_id, kind, origin, body, html, visible"
        connection.executemany(f"INSERT INTO message({columns}) VALUES (?,?,?,?,?,?,?,?)", rows)  # noqa: S608
    connection.close()
    return f"/ws?accessToken={people[0][1]}&since={message_ids.text(first)}"


def most_mb(pid: int, process: "subprocess.Popen[str]") -> float:
    """The greatest resident memory while the other process runs. Raises Failed."""
    most, end = 0.0, time.monotonic() + MOST_S
    while process.poll() is None:
        most = max(most, rss_mb(pid))
        if time.monotonic() > end:
            raise Failed("not all have caught up")
        time.sleep(LOOK_S)
    return most


def main() -> None:
    with folder() as place:
        (place / "data").mkdir()
        path = asyncio.run(prepare(place / "data"))
        with node(data=place / "data") as ours, publisher(ours, seconds=MOST_S * 2) as encoder:
            encoder.wait_for_frames(WARM_S * FULL_HD.fps)
            with watching(ours, encoder) as watch:
                begin = time.time()
                time.sleep(BEFORE_S)
                end, memory, cpu = time.time(), rss_mb(ours.pid), cpu_s(ours.pid)
                command = [sys.executable, "-m", "benchmarks.chat_returners", str(ours.port), str(CLIENTS), path]
                with running(command, place / "errors", output=subprocess.PIPE) as crowd:
                    most = most_mb(ours.pid, crowd)
                    assert crowd.stdout is not None
                    words = crowd.stdout.read()
                    if crowd.returncode:
                        raise Failed(last_words(place / "errors"))
                used = cpu_s(ours.pid) - cpu
                found = json.loads(words)
                before, then = watch.p99_ms(begin, end), watch.p99_ms(found["begin"], found["end"])
                time.sleep(AFTER_S)
                left = rss_mb(ours.pid)
    seconds = found["end"] - found["begin"]
    what = f"{CLIENTS} sockets that missed {LINES} lines each, {found['bytes'] / 1e6:.0f} MB in {seconds:.1f} s"
    note = f"{what}; {memory:.0f} MB before, {left:.0f} MB when they have gone; {used:.1f} s of CPU"
    print(Reading("chat_return_memory", round(max(0.0, most - memory), 1), "MB", reach=60, note=note))
    note = f"p99 {before:.0f} ms without them, {then:.0f} ms while they catch up"
    print(Reading("chat_return_edge", round(max(0.0, then - before), 1), "ms", reach=50, note=note))


if __name__ == "__main__":
    main()
