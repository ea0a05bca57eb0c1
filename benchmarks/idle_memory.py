"""The memory of a freshly started node without publisher and viewers: `python -m benchmarks.idle_memory`."""

import time

from benchmarks.processes import rss_mb
from benchmarks.reading import Reading
from benchmarks.servers import node

SETTLE_S = 3.0


def main() -> None:
    with node() as ours:
        time.sleep(SETTLE_S)
        print(Reading("idle_memory", round(rss_mb(ours.pid), 1), "MB", reach=120))


if __name__ == "__main__":
    main()
