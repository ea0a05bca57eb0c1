"""The name of a worker in its leases, by which other processes of the machine see whether it still runs.

The leases of a killed worker would otherwise block their jobs until they expire. Process ids are reused, and containers
have their own. So the name has the boot id, the PID namespace, the process id and its start time. Leases of other
machines and containers cannot be judged; they end by time.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Owner:
    """`began` is the process's start time in kernel clock ticks; `mark` distinguishes owners within one process."""

    boot: str
    namespace: str
    pid: int
    began: str
    mark: str

    def __str__(self) -> str:
        return f"{self.boot}/{self.namespace}/{self.pid}/{self.began}/{self.mark}"


def parse(text: str) -> Owner | None:
    """Return the owner, or None for a name in another form, such as that of an older version."""
    parts = text.split("/")
    if len(parts) != 5 or not parts[2].isascii() or not parts[2].isdecimal() or "" in parts:
        return None
    return Owner(parts[0], parts[1], int(parts[2]), parts[3], parts[4])


def here(mark: str, proc: Path = PROC) -> Owner:
    """Return the identity of this process. Without /proc it is unknown, and no owner is ever judged dead."""
    pid = os.getpid()
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((proc / "self/ns/pid").stat().st_ino)
    except OSError:
        boot = namespace = UNKNOWN
    return Owner(boot, namespace, pid, began_at(pid, proc) or UNKNOWN, mark)


def began_at(pid: int, proc: Path = PROC) -> str | None:
    """Return the start time of a process, "" when it does not exist or is a zombie, None when it cannot be known."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return ""
    except PermissionError:
        pass
    try:
        stat = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None  # gone at this moment, or /proc is mounted with hidepid
    # proc(5): the name is in parentheses and may hold any character; then the state, and 22 is the start time
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]


def is_dead(owner: Owner, me: Owner, began: Callable[[int], str | None] = began_at) -> bool:
    """Return whether the process is known to be gone: same boot and namespace, and its id is free or used by another
    process."""
    if UNKNOWN in (me.boot, me.began, owner.began) or (owner.boot, owner.namespace) != (me.boot, me.namespace):
        return False
    found = began(owner.pid)
    return found is not None and found != owner.began


def own() -> tuple[str, Callable[[str], bool]]:
    """Return a new name for this process, and a function that returns whether the owner with a name is known to be
    dead."""
    me = here(secrets.token_hex(4))

    def judge(name: str) -> bool:
        found = parse(name)
        return found is not None and is_dead(found, me)

    return str(me), judge
