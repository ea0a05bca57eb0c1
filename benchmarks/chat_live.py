"""A full chat on a node that is live: 5,000 clients, 15 messages a second: `python -m benchmarks.chat_live`.

How old a message is when it arrives, what the node holds in memory, and what all that does to the video. The messages
go through rules, database and broadcaster. 4,900 of the clients read four times a second and throw it away, the
frames of the other hundred are looked at (`chat_mass.py`, `chat_probe.py`).
"""

import asyncio
import json
import secrets
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import followed
from benchmarks.clip import FULL_HD
from benchmarks.encoder import publisher
from benchmarks.processes import Failed, cpu_s, folder, last_words, rss_mb, running
from benchmarks.reading import Reading
from benchmarks.servers import Server, node
from benchmarks.watching import watching
from fedistream.chat.visitors import Visitors
from fedistream.core.clocks import Clocks

CLIENTS, PROBES, RATE, SECONDS = 5000, 100, 15, 12.0
WARM_S, BEFORE_S = 4, 8.0
MOST_S = 60.0


async def prepare(data: Path) -> list[str]:
    """A node with visitors. Returns the path of the socket for each."""
    async with followed.written(data, {"chat.join_messages": False}):
        later = asyncio.get_running_loop().call_later
        visitors = Visitors(Clocks(followed.now, time.monotonic, secrets.token_bytes, later))
        made = [await visitors.make(f"visitor {number:03}") for number in range(PROBES)]
    return [f"/ws?accessToken={token}" for _, token in made]


def probe(ours: Server, paths: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.chat_probe", str(ours.port), str(paths), str(RATE), str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOST_S)
    if done.returncode:
        raise Failed(done.stderr[-300:])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    with folder() as place:
        (place / "data").mkdir()
        paths = asyncio.run(prepare(place / "data"))
        (place / "paths").write_text("\n".join(paths))
        with node(data=place / "data") as ours, publisher(ours, seconds=MOST_S * 2) as encoder:
            encoder.wait_for_frames(WARM_S * FULL_HD.fps)
            with watching(ours, encoder) as watch:
                begin = time.time()
                time.sleep(BEFORE_S)
                end = time.time()
                mass = [sys.executable, "-m", "benchmarks.chat_mass", str(ours.port), str(CLIENTS - PROBES), paths[0]]
                with running(mass, place / "errors", output=subprocess.PIPE) as crowd:
                    assert crowd.stdout is not None
                    if not crowd.stdout.readline():
                        raise Failed(f"not all were let in: {last_words(place / 'errors')}")
                    cpu, at = cpu_s(ours.pid), time.time()
                    found = probe(ours, place / "paths")
                    used = (cpu_s(ours.pid) - cpu) / (time.time() - at)
                    memory = rss_mb(ours.pid)
                    if crowd.poll() is not None:
                        raise Failed(f"not all stayed: {last_words(place / 'errors')}")
                before, then = watch.p99_ms(begin, end), watch.p99_ms(found["begin"], found["end"])
    what = f"{CLIENTS} clients, {RATE} messages/s for {SECONDS:.0f} s, on the node while it is live"
    more = f"p50 {found['p50_ms']:.0f} ms; the node used {used * 100:.0f} % of a core; {found['missing']:.0f} missing"
    print(Reading("chat_many_p99", round(found["p99_ms"], 1), "ms", reach=60, note=f"{what}; {more}"))
    print(Reading("chat_many_memory", round(memory, 1), "MB", reach=200, note="the whole node, with the stream"))
    note = f"p99 {before:.0f} ms without clients, {then:.0f} ms with them"
    print(Reading("chat_edge", round(max(0.0, then - before), 1), "ms", reach=50, note=note))


if __name__ == "__main__":
    main()
