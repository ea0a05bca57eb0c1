"""The use of CPU, memory and disk over time: one reading a minute, in a ring in memory.

psutil is loaded with the first reading, so that a node that has just started does not need the memory for it.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from activitypub.lazy_module import LazyModule
from fedistream.metrics.values import Figure, HardwareReading, ProcessUse

if TYPE_CHECKING:
    import psutil
else:
    psutil = LazyModule("psutil")

PERIOD_S = 60.0
FIRST_S = 10.0  # from the start to the reading with which the first figure compares
READINGS = 1_440  # a day
MAX_PROCESSES = 64
ENCODERS = ("ffmpeg",)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hardware:
    """The figures of the machine, the oldest first, and the processes of the node at the last reading."""

    cpu: tuple[Figure, ...]
    memory: tuple[Figure, ...]
    disk: tuple[Figure, ...]
    processes: tuple[ProcessUse, ...]


class HardwareMonitor:
    """Reads the machine every minute. `read` blocks, and runs in a thread."""

    def __init__(self, now: Callable[[], datetime], read: Callable[[], HardwareReading]) -> None:
        self._now, self._read = now, read
        self._readings: deque[tuple[datetime, HardwareReading]] = deque(maxlen=READINGS)

    def figures(self) -> Hardware:
        """Return all readings that are kept."""
        kept = tuple(self._readings)
        return Hardware(
            tuple(Figure(at, reading.cpu) for at, reading in kept),
            tuple(Figure(at, reading.memory) for at, reading in kept),
            tuple(Figure(at, reading.disk) for at, reading in kept),
            kept[-1][1].processes if kept else (),
        )

    @property
    def latest(self) -> HardwareReading | None:
        """The last reading, or None in the first minute."""
        return self._readings[-1][1] if self._readings else None

    async def sample(self) -> None:
        """Take one reading and keep it."""
        reading = await asyncio.to_thread(self._read)
        self._readings.append((self._now(), reading))

    async def run(self) -> None:
        """Take a reading every PERIOD_S seconds until cancelled. The first, which has nothing to compare with, is left
        out."""
        await asyncio.sleep(FIRST_S)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._read)
        while True:
            await asyncio.sleep(PERIOD_S)
            try:
                await self.sample()
            except OSError as error:
                log.warning("the use of the machine could not be read: %s", error)


class Machine:
    """Reads this machine. The use of CPU is that since the reading before."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._known: dict[int, psutil.Process] = {}

    def read(self) -> HardwareReading:
        """Return the present use of the machine and of this process with its children. Blocks."""
        return HardwareReading(
            psutil.cpu_percent(interval=None),
            psutil.virtual_memory().percent,
            psutil.disk_usage(str(self._data_dir)).percent,
            self._processes(),
        )

    def _processes(self) -> tuple[ProcessUse, ...]:
        own = psutil.Process()
        try:
            found = [own, *own.children(recursive=True)][:MAX_PROCESSES]
        except psutil.Error:
            found = [own]
        # the object of the reading before knows the times with which the new ones are compared; two are equal when
        # the number was not given to another process meanwhile
        before, self._known = self._known, {each.pid: each for each in found}
        self._known.update({pid: known for pid, known in before.items() if self._known.get(pid) == known})
        uses = []
        for process in self._known.values():
            try:
                uses.append(
                    ProcessUse(
                        process.pid,
                        "node" if process.pid == own.pid else role(process.name(), process.cmdline()),
                        process.cpu_percent(interval=None),
                        process.memory_info().rss,
                    )
                )
            except psutil.Error:  # it has ended meanwhile, or is a zombie
                continue
        return tuple(uses)


def role(name: str, command: list[str]) -> str:
    """Return what a child process does: "worker", "encoder", or its name."""
    if any(name.startswith(encoder) for encoder in ENCODERS):
        return "encoder"
    if any(part == "worker" or part.endswith("worker_command") for part in command[1:4]):
        return "worker"
    return name[:40]
