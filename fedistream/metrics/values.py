"""The values of the figures."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """A number at a moment."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """The use of one process of the node: `cpu` in percent of one processor, `memory` in bytes of resident memory."""

    pid: int
    role: str
    cpu: float
    memory: int


@dataclass(frozen=True, slots=True)
class HardwareReading:
    """The use of the machine in percent: `cpu` of all processors, `disk` of the one with the node's data."""

    cpu: float
    memory: float
    disk: float
    processes: tuple[ProcessUse, ...] = ()
