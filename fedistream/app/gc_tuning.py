"""The garbage collector's thresholds, for a process that must not pause.

A full collection visits every object: with 5,000 chat sockets it took 250 ms, in which no video was sent, and it ran
every ten seconds.
"""

import ctypes
import gc

# The thresholds of the three generations. Python skips a full collection in addition until the new objects are a
# quarter of the old ones. Python's defaults are 700, 10, 10.
THRESHOLDS = (2_000, 10, 20)


def freeze() -> None:
    """Exclude all present objects from collection. Call this once modules, routes and templates are loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    _give_back()


def _give_back() -> None:
    """Return what the start has freed to the system: 1 MB, which glibc would keep between the blocks in use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
    if trim is not None:
        trim(0)
