"""The environment of a measurement: the machine, its load, and the versions of other programs."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

BUSY_LOAD = 0.5  # what a run may find before it begins; more, and its numbers are somebody else's too

PEERS: Sequence[tuple[str, str]] = (("nginx", "-v"), ("chromium", "--version"))


@dataclass(frozen=True, slots=True)
class Machine:
    processor: str
    cores: int
    memory_gb: int
    system: str
    python: str
    versions: tuple[str, ...]
    load: float  # processes that wanted a core in the minute before the run

    def __str__(self) -> str:
        hardware = f"{self.processor}, {self.cores} cores, {self.memory_gb} GB"
        return f"{hardware}; {'; '.join((self.system, self.python, *self.versions))}; load at the start {self.load:.1f}"


def this() -> Machine:
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gb=round(psutil.virtual_memory().total / 1e9),
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=f"Python {platform.python_version()}",
        versions=tuple(_versions()),
        load=os.getloadavg()[0],
    )


def revision(folder: Path) -> str:
    """The commit that was measured, with a + if files differ from it; empty outside a checkout."""
    command = ["git", "-C", str(folder), "describe", "--always", "--exclude=*", "--dirty=+"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    match = re.search(r"^model name\s*: (.+)$", path.read_text(), re.MULTILINE) if path.exists() else None
    return match[1].strip() if match else platform.processor() or "unknown processor"


def _versions() -> list[str]:
    found = []
    for name, flag in PEERS:
        program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is not None:
            said = subprocess.run([program, flag], capture_output=True, text=True, check=False)
            if match := re.search(r"(\d+(\.\d+)+)", said.stdout + said.stderr):
                found.append(f"{name} {match[1]}")
    return found
