"""Requests for `/api/status` a second, beside a bare route of Starlette: `python -m benchmarks.status_rate`.

Every page and every client asks for it every few seconds. The two servers are asked in turn, by the same clients.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.bare_route import PATH
from benchmarks.chat_fanout import server
from benchmarks.processes import ROOT, Failed, cpu_s
from benchmarks.reading import Reading
from benchmarks.servers import node

ROUNDS, REQUESTS, CONNECTIONS = 5, 2000, 16


def ask(port: int, count: int) -> float:
    """Ask in a process of its own. Returns the seconds that it took."""
    command = [sys.executable, "-m", "benchmarks.fetch", str(port), PATH, str(count), str(CONNECTIONS)]
    done = subprocess.run(command, cwd=Path(ROOT), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"port {port}: {done.stderr[-500:]}")
    return float(json.loads(done.stdout)["seconds"])


def measure(servers: Mapping[int, int], rounds: int = ROUNDS, count: int = REQUESTS) -> dict[int, tuple[float, float]]:
    """Return the requests a second, and the CPU of one in us, by the port. `servers` are ports by process id."""
    seconds, used = dict.fromkeys(servers.values(), 0.0), dict.fromkeys(servers.values(), 0.0)
    for port in servers.values():
        ask(port, 10 * CONNECTIONS)  # so that nothing is done for the first time
    for _ in range(rounds):
        for pid, port in servers.items():
            before = cpu_s(pid)
            seconds[port] += ask(port, count)
            used[port] += cpu_s(pid) - before
    asked = rounds * (count // CONNECTIONS * CONNECTIONS)
    return {port: (asked / seconds[port], used[port] / asked * 1e6) for port in servers.values()}


def main() -> None:
    with node() as ours, server([sys.executable, "-m", "benchmarks.bare_route"]) as (pid, port):
        found = measure({ours.pid: ours.port, pid: port})
    (rate, cpu), (bare, bare_cpu) = found[ours.port], found[port]
    what = f"{ROUNDS * REQUESTS} requests over {CONNECTIONS} connections"
    note = f"{what}; CPU {cpu:.0f} us, of the bare route {bare_cpu:.0f} us"
    print(
        Reading(
            "status_rate",
            round(rate),
            "1/s",
            reach=0.7,
            better="higher",
            reach_of="ratio",
            peer="bare Starlette route",
            peer_value=round(bare),
            note=note,
        )
    )


if __name__ == "__main__":
    main()
