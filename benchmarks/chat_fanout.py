"""The fan-out of chat messages, ours beside Node's `ws`: `python -m benchmarks.chat_fanout`.

CPU of the server for each frame that arrives, and what clients that never read do to the others. Both servers do the
same and are asked in turn, by the same clients on the other core.
"""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.chat_crowd import FrameStats, crowd
from benchmarks.processes import ROOT, Failed, cpu_s, folder, free_port, running, until_open
from benchmarks.reading import Reading

CACHE = ROOT / ".bench-cache" / "ws"
PEER = "ws@8.23.0"
BODY = "a line of chat as people write it, neither short nor long, of 80 letters or so.."
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Load:
    clients: int
    rate: float
    seconds: float
    stalled: int = 0
    body: str = BODY

    @property
    def note(self) -> str:
        stalled = f", {self.stalled} of which never read" if self.stalled else ""
        return f"{self.clients} clients{stalled}, {self.rate:.0f} messages/s for {self.seconds:.0f} s"


MANY = Load(1000, 40, 5)
WITH_STALLED = Load(220, 300, 4, stalled=20, body="x" * 2870)
WITHOUT_STALLED = Load(200, 300, 4, body="x" * 2870)


@dataclass(frozen=True, slots=True)
class Found:
    cpu_us: float  # for each frame
    p99_ms: float
    missing: int


def package() -> Path | None:
    """Return where the peer's package is; fetched once. None without Node, or when it cannot be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    modules = CACHE / "node_modules"
    if not (modules / "ws").is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(CACHE), "--no-save", "--ignore-scripts", "--no-audit", PEER]
        if subprocess.run(command, cwd=CACHE, capture_output=True, check=False, timeout=120).returncode:
            return None
    return modules


@contextlib.contextmanager
def server(command: list[str]) -> Iterator[tuple[int, int]]:
    """A server that takes its port as last argument: process id and port."""
    port = free_port()
    with folder() as place, running([*command, str(port)], place / "errors") as process:
        until_open(port, process, place / "errors")
        yield process.pid, port


def ours() -> list[str]:
    return [sys.executable, "-m", "benchmarks.chat_server"]


def theirs(modules: Path) -> list[str]:
    return ["env", f"NODE_PATH={modules}", "node", str(ROOT / "benchmarks" / "chat_peer.cjs")]


def measure(command: list[str], load: Load) -> Found:
    with server(command) as (pid, port), crowd(port, load.clients, load.stalled) as clients:
        say = clients.speaker(load.body)
        clients.talk(say, load.rate, 1)  # so that nothing is done for the first time
        before = cpu_s(pid)
        stats: FrameStats = clients.talk(say, load.rate, load.seconds)
        used = cpu_s(pid) - before
        if not stats.frames:
            raise Failed("nobody heard anything")
        return Found(used / stats.frames * 1e6, stats.age(0.99), stats.missing)


def main() -> None:
    modules = package()
    mine: list[Found] = []
    peers: list[Found] = []
    for _ in range(ROUNDS):
        mine.append(measure(ours(), MANY))
        if modules:
            peers.append(measure(theirs(modules), MANY))
    peer = "Node ws" if peers else ""
    cpu = [median(found.cpu_us for found in each) for each in (mine, peers) if each]
    print(
        Reading(
            "chat_frame_cpu",
            round(cpu[0], 2),
            "us a frame",
            reach=1.0 if peers else None,
            reach_of="ratio",
            peer=peer,
            peer_value=round(cpu[1], 2) if peers else None,
            note=f"{MANY.note}, the middle of {ROUNDS} rounds, in turn",
        )
    )
    _measure_stalled()


def _measure_stalled() -> None:
    without, found = measure(ours(), WITHOUT_STALLED), measure(ours(), WITH_STALLED)
    print(Reading("chat_stalled_missing", found.missing, "frames", reach=0, note=f"{WITH_STALLED.note}, 3 kB each"))
    print(
        Reading(
            "chat_stalled_p99", round(found.p99_ms, 2), "ms", note=f"without stalled clients {without.p99_ms:.2f} ms"
        )
    )


if __name__ == "__main__":
    main()
