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


CLIENT, SERVER = "client", "server"  # the sources of a report: a call of the player, or its requests for media


@dataclass(frozen=True, slots=True)
class Report:
    """A player's report. What it does not say is None, "" or 0.

    `state` is a letter: playing (p), paused (a), waiting (w), seeking (k), ended (e). `download_s` is how
    long the last segment took. `errors` and `changes` (of the quality) happened since the player's last report.
    """

    session: str = ""
    state: str = ""
    bandwidth_kbps: float | None = None
    bitrate_kbps: float | None = None
    latency_s: float | None = None
    download_s: float | None = None
    errors: int = 0
    changes: int = 0
    is_video: bool = True
    source: str = CLIENT


@dataclass(frozen=True, slots=True)
class Playback:
    """The playback of one client as of its last report. The counts are those since its first."""

    at: datetime
    state: str
    bandwidth_kbps: float | None
    bitrate_kbps: float | None
    latency_s: float | None
    download_s: float | None
    errors: int
    changes: int
    source: str = CLIENT

    @property
    def is_measured(self) -> bool:
        """Return whether the client says anything but its state."""
        return any(
            each is not None for each in (self.bandwidth_kbps, self.bitrate_kbps, self.latency_s, self.download_s)
        )


@dataclass(frozen=True, slots=True)
class Client:
    """A player of which there are reports."""

    session: str
    address: str
    user_agent: str
    first_seen: datetime
    playback: Playback
