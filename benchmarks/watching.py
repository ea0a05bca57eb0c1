"""The live edge of a node that does something else as well: how old its newest media is before, and meanwhile.

The age goes up and down with each part by itself, so it is the difference between the two that tells something.
"""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.edge import ages, percentile
from benchmarks.encoder import Publisher
from benchmarks.live_edge import EVERY_S, Poller

GRID_S = 0.01


@dataclass(frozen=True, slots=True)
class Edges:
    """Percentiles 99 of the age, in ms, without the disturbance, and in the `seconds` with it."""

    before_ms: float
    meanwhile_ms: float
    seconds: float

    @property
    def worse_ms(self) -> float:
        return max(0.0, self.meanwhile_ms - self.before_ms)


def disturbed(encoder: Publisher, poller: Poller, before_s: float, disturb: Callable[[], None]) -> Edges:
    """Look for `before_s`, then while `disturb` runs, which is called in a thread of its own. Raises what it raises."""
    _look_until(poller, time.time() + before_s)
    begin = time.time()
    failed: list[BaseException] = []

    def carry_out() -> None:
        try:
            disturb()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=carry_out)
    thread.start()
    while thread.is_alive():
        _look_until(poller, time.time() + EVERY_S)
    thread.join()
    if failed:
        raise failed[0]
    sent, end = encoder.sent(), time.time()
    calm, busy = (
        percentile(ages(sent, known(poller.looks, *span)), 99) * 1000
        for span in ((begin - before_s, begin), (begin, end))
    )
    return Edges(calm, busy, end - begin)


def known(looks: Sequence[tuple[float, float]], begin: float, end: float) -> list[tuple[float, float]]:
    """What somebody who looks knows at each moment of a grid: what the last answer said. So a server that does not
    answer for a while makes all that while old, not one look."""
    times = [at for at, _ in looks]
    found = []
    for step in range(int((end - begin) / GRID_S)):
        at = begin + step * GRID_S
        last = bisect_right(times, at) - 1
        if last >= 0:
            found.append((at, looks[last][1]))
    return found


def _look_until(poller: Poller, end: float) -> None:
    while (now := time.time()) < end:
        poller.look()
        time.sleep(max(0.0, min(EVERY_S - (time.time() - now), end - time.time())))
