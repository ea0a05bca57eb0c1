"""A check that the time to read a text grows only linearly with the text."""

import contextlib
import gc
import time
from collections.abc import Callable
from typing import Any

SIZES = (1, 2, 4)
# Four times the text takes four times as long, sixteen times where it is quadratic; between the two, and with room for
# a machine that does other things.
MOST_RATIO = 9.0
ATTEMPTS = 4
LEAST_S = 0.0004  # what is quicker than this for the longest text grows in noise
REPEATS, ENOUGH_S = 5, 0.04


class NotLinear(AssertionError):
    """The parser takes far longer for a text than its length explains."""


def cpu_s(parse: Callable[[Any], object], text: Any) -> float:
    """CPU seconds of the quickest of some runs: the others were disturbed. What `parse` raises counts as its answer."""
    best, spent = float("inf"), 0.0
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(REPEATS):
            began = time.process_time()
            with contextlib.suppress(Exception):  # which errors are right is for the parser's own tests
                parse(text)
            took = time.process_time() - began
            best, spent = min(best, took), spent + took
            if spent > ENOUGH_S:
                break
    finally:
        if collecting:
            gc.enable()
    return best


def linear_time(parse: Callable[[Any], object], make: Callable[[int], Any], size: int, *, most_s: float) -> None:
    """Hold a parser to the time it may take for `make(n)`, n being `size` and a half and a quarter of it.

    Raises NotLinear where the time grows faster than the text, or is more than `most_s` for the whole of it. On a busy
    machine a measurement may be wrong, but not several in a row.
    """
    texts = [make(size * part // SIZES[-1]) for part in SIZES]
    for attempt in range(ATTEMPTS):
        least, _, whole = took = [cpu_s(parse, text) for text in texts]
        if whole <= most_s and (whole < LEAST_S or whole <= MOST_RATIO * max(least, LEAST_S / 16)):
            return
        if whole > 20 * most_s or attempt == ATTEMPTS - 1:
            break
    told = ", ".join(f"{each * 1e3:.2f} ms" for each in took)
    raise NotLinear(f"{told} for a quarter, a half and all of {size}")
