"""File descriptors: how many the process may have open, what they are kept for, and a warning when none is left."""

import asyncio
import errno
import logging
import os
import resource
from dataclasses import dataclass

log = logging.getLogger(__name__)

MOST = 65_536  # wanted of the system; a limit of a million would only let a flood take more memory
FILES = 256  # kept for the database, files, child processes and what is fetched from other servers
ENCODERS = 1_000  # kept for RTMP, which has this limit of its own
WEB_MOST = 16_384  # connections of the web port: what a process of this kind serves, and what their memory may cost
NETWORK_MOST = 2_048  # of one network: a hall of 600 viewers behind one address holds three connections each
SPARE_MOST = 64
LOOK_S = 5.0
REMIND_S = 60.0


@dataclass(frozen=True, slots=True)
class Share:
    """How many connections the web port takes: in all, of one network, and for the admin when all are taken."""

    total: int
    per_network: int
    spare: int


def raise_limit() -> int:
    """Ask the system for as many descriptors as the hard limit allows, at most MOST. Returns what the process has.

    The soft limit is 1,024 on most systems, for programs that use select(2); this one does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST if soft == resource.RLIM_INFINITY else soft


def share(limit: int) -> Share:
    """The web port's part of `limit` descriptors. At least half of a small limit stays for everything else."""
    kept = min(FILES, limit // 4) + min(ENCODERS, limit // 4)
    total = max(1, min(WEB_MOST, limit - kept))
    spare = min(SPARE_MOST, total // 8)
    return Share(total - spare, max(1, min(NETWORK_MOST, (total - spare) // 4)), spare)


def exhausted() -> bool:
    """Whether no descriptor is left, tried with one."""
    try:
        os.close(os.dup(0))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


async def watch(look_s: float = LOOK_S, remind_s: float = REMIND_S) -> None:
    """Warn while no descriptor is left: uvloop resets the connections that come then, and says nothing."""
    loop = asyncio.get_running_loop()
    next_warning = loop.time()
    while True:
        if loop.time() >= next_warning and exhausted():
            next_warning = loop.time() + remind_s
            log.warning(
                "no file descriptor is left of %d: new connections are reset; raise the limit (LimitNOFILE, ulimit -n)",
                resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            )
        await asyncio.sleep(look_s)
