"""The order of test files where several processes run tests: `pytest -p tests.kit.scheduling --dist loadfile`.

Browsers, whole nodes and servers of other makes work in real time: where more of them run than there are processors,
all are late, and video that plays for longer costs more CPU. So at most as many of their files run at once as there are
processors; the process that is left runs plain tests.

No file is left over: a process that has a real-time file to finish counts the others alone, so it is always given the
next one. A process that was given nothing is ended by xdist when the queue is empty and the others are done.
"""

import os
import re

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

REAL_TIME = re.compile(r"^tests/(journeys|peers)/|_in_(chromium|firefox)\.py$")

HOUSE = "tests/house/"


def is_real_time(path: str) -> bool:
    return REAL_TIME.search(path) is not None


class Mixed(LoadFileScheduling):  # type: ignore[misc]
    """Real-time files come first, as they take longest; then those with the most tests."""

    def _split_scope(self, nodeid: str) -> str:
        """Put the tests of the house into one unit: the syntax trees that they share take seconds to read."""
        scope: str = super()._split_scope(nodeid)
        return HOUSE if scope.startswith(HOUSE) else scope

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give `node` the next file that it may run. Without one it waits until the others have finished one."""
        real_time = [name for name in self.workqueue if is_real_time(name)]
        plain = [name for name in self.workqueue if not is_real_time(name)]
        allowed = [*real_time, *plain] if self._real_time_elsewhere(node) < (os.cpu_count() or 1) else plain
        if allowed:
            self.workqueue.move_to_end(allowed[0], last=False)
            super()._assign_work_unit(node)

    def _real_time_elsewhere(self, node: WorkerController) -> int:
        """Return how many other processes have a real-time file to finish."""
        return sum(
            any(is_real_time(name) and not all(unit.values()) for name, unit in units.items())
            for other, units in self.assigned_work.items()
            if other is not node
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Mixed:
    return Mixed(config, log)
