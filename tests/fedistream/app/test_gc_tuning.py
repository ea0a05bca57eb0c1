"""The garbage collector's settings. Each test has a process of its own, because they apply to the whole process."""

import json
import subprocess
import sys

PROGRAM = """
import gc, json, weakref
from fedistream.app import gc_tuning

class Ring:
    pass

kept = [Ring() for _ in range(10_000)]
gc_tuning.freeze()
frozen = gc.get_freeze_count()
seen = [0, 0, 0]
gc.callbacks.append(lambda phase, info: seen.__setitem__(info["generation"], seen[info["generation"]] + 1))
pairs = []
for number in range(400_000):
    one, other = Ring(), Ring()
    one.other, other.other = other, one
    if not number:
        lost = weakref.ref(one)
print(json.dumps({"frozen": frozen, "thresholds": gc.get_threshold(), "lost": lost() is None, "looks": seen}))
"""


def test_what_is_there_when_the_node_is_up_is_not_looked_at_again_and_later_rings_are_found() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(done.stdout)
    assert found["frozen"] > 10_000
    assert found["lost"] is True
    young, middle, full = found["looks"]
    assert young > middle > 0
    assert full <= middle // 10, "everything is looked at too often"
