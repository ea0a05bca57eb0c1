"""The name by which a worker holds its leases, from which others on the machine can tell whether it still lives.

A worker that is killed leaves its leases, and the jobs would wait until they expire. Process ids are used again, and
containers count their own: so the name has the boot, the namespace of the ids, the id, and when that process began.
Leases that cannot be judged from here, of other machines and containers, end by time.
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
    """`began` is the kernel's clock tick at which the process began; `mark` tells apart those of one process."""

    boot: str
    namespace: str
    pid: int
    began: str
    mark: str

    def __str__(self) -> str:
        return f"{self.boot}/{self.namespace}/{self.pid}/{self.began}/{self.mark}"


def parse(text: str) -> Owner | None:
    """None for a name of another form: of an older version, say."""
    parts = text.split("/")
    if len(parts) != 5 or not parts[2].isascii() or not parts[2].isdecimal() or "" in parts:
        return None
    return Owner(parts[0], parts[1], int(parts[2]), parts[3], parts[4])


def here(mark: str, proc: Path = PROC) -> Owner:
    """Return the identity of this process. Where there is no /proc nothing is known, and nobody is ever found dead."""
    pid = os.getpid()
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((proc / "self/ns/pid").stat().st_ino)
    except OSError:
        boot = namespace = UNKNOWN
    return Owner(boot, namespace, pid, began_at(pid, proc) or UNKNOWN, mark)


def began_at(pid: int, proc: Path = PROC) -> str | None:
    """When the process with this id began; "" when there is none, or only a zombie; None when we may not know."""
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
    """Whether the process is known to be gone: one of this boot and this namespace, whose id nobody has any more, or
    somebody else."""
    if UNKNOWN in (me.boot, me.began, owner.began) or (owner.boot, owner.namespace) != (me.boot, me.namespace):
        return False
    found = began(owner.pid)
    return found is not None and found != owner.began


def own() -> tuple[str, Callable[[str], bool]]:
    """A name for this process that nobody had before, and whether the owner of another name is known to be dead."""
    me = here(secrets.token_hex(4))

    def judge(name: str) -> bool:
        found = parse(name)
        return found is not None and is_dead(found, me)

    return str(me), judge
