"""How often Python looks for garbage that reference counts do not find, in a process that must not stand still.

A full look touches every object that is kept: with 5,000 chat sockets open it took a quarter of a second, in which no
part of the video left the house, and it came every ten seconds.
"""

import gc

# Containers made and not yet freed until the young are looked at, looks at the young until the middle-aged are, and of
# those until all are (which Python moreover leaves until a quarter as many have come as there were). Python's own
# numbers are 700, 10, 10.
THRESHOLDS = (2_000, 10, 20)


def freeze() -> None:
    """Call it once all that stays until the end is there: modules, routes, templates. It is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
