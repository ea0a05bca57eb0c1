"""60 MB of headers, trailers, one URL and one field: `python -m benchmarks.http_floods`.

What they leave in the node's memory, and how long the node holds its loop: how long somebody else waits for /healthz,
asked every few milliseconds meanwhile.
"""

import time

from benchmarks.floods import FLOODS, asking, send
from benchmarks.processes import rss_mb
from benchmarks.reading import Reading
from benchmarks.servers import node

SIZE = 60 * 1000 * 1000
SETTLE_S = 3.0


def main() -> None:
    memory: dict[str, float] = {}
    waits: dict[str, float] = {}
    connections = 0
    with node() as ours:
        with asking(ours.port):  # so that nothing is done for the first time
            for flood in FLOODS.values():
                send(ours.port, flood, SIZE // 20)
            time.sleep(SETTLE_S)
        for name, flood in FLOODS.items():
            before = rss_mb(ours.pid)
            with asking(ours.port) as others:
                connections += send(ours.port, flood, SIZE)
            waits[name] = max(others.seconds) * 1e3
            memory[name] = rss_mb(ours.pid) - before
    note = f"60 MB each, over {connections} connections; "
    spread = ", ".join(f"{name} {value:.1f}" for name, value in memory.items())
    print(Reading("http_flood_memory", round(max(memory.values()), 1), "MB", reach=5, note=note + spread))
    spread = ", ".join(f"{name} {value:.0f}" for name, value in waits.items())
    print(Reading("http_flood_wait", round(max(waits.values()), 1), "ms", reach=50, note=spread))


if __name__ == "__main__":
    main()
