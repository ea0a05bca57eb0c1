"""The live edge of a node that does something else as well: how old its newest media is, over a time.

The age goes up and down with each part by itself, so it is the difference between two times that tells something.
"""

import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.edge import ages, percentile
from benchmarks.encoder import Publisher
from benchmarks.live_edge import EVERY_S, Poller
from benchmarks.processes import Failed
from benchmarks.servers import Server

GRID_S = 0.01


@dataclass(slots=True)
class Watch:
    """Looks at the playlist every 20 ms, in a thread of its own."""

    encoder: Publisher
    poller: Poller
    ended: bool = False
    failed: Exception | None = None

    def run(self) -> None:
        try:
            while not self.ended:
                began = time.monotonic()
                self.poller.look()
                time.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))
        except Exception as error:
            self.failed = error

    def p99_ms(self, begin: float, end: float) -> float:
        """The age that 99 of 100 moments between these times of the wall clock did not pass. Raises Failed."""
        if self.failed is not None:
            raise Failed(f"the playlist could not be fetched: {self.failed}")
        return percentile(ages(self.encoder.sent(), known(self.poller.looks, begin, end)), 99) * 1000


@contextmanager
def watching(server: Server, encoder: Publisher) -> Iterator[Watch]:
    """Somebody who looks at the server's playlist until the block ends."""
    watch = Watch(encoder, Poller(server))
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        yield watch
    finally:
        watch.ended = True
        thread.join()


def known(looks: Sequence[tuple[float, float]], begin: float, end: float) -> list[tuple[float, float]]:
    """Return what a client knows at each moment of a grid: the last answer. So a server that does not answer for a
    while counts as old during that time, and not only once."""
    times = [at for at, _ in looks]
    found = []
    for step in range(round((end - begin) / GRID_S)):
        at = begin + step * GRID_S
        last = bisect_right(times, at) - 1
        if last >= 0:
            found.append((at, looks[last][1]))
    return found
