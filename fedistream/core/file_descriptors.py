"""File descriptors: the limit, its division between the parts of the process, and a warning when none is left."""

import asyncio
import errno
import logging
import os
import resource
from dataclasses import dataclass

log = logging.getLogger(__name__)

MOST = 65_536  # the limit to ask for; a limit of a million would only let a flood use more memory
FILES = 256  # for the database, files, child processes and requests to other servers
ENCODERS = 1_000  # for RTMP, which has the same limit
WEB_MOST = 16_384  # connections of the web port; more would cost too much memory in one process
NETWORK_MOST = 2_048  # from one network: 600 viewers behind one address with three connections each
SPARE_MOST = 64
LOOK_S = 5.0
REMIND_S = 60.0


@dataclass(frozen=True, slots=True)
class Share:
    """The numbers of connections that the web port accepts: in total, from one network, and further ones for the
    admin."""

    total: int
    per_network: int
    spare: int


def raise_limit() -> int:
    """Raise the soft limit of descriptors to the hard limit, at most MOST. Returns the resulting limit.

    The soft limit is 1,024 on most systems, for programs that use select(2); this program does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST if soft == resource.RLIM_INFINITY else soft


def share(limit: int) -> Share:
    """Return the web port's share of `limit` descriptors. At least half of a small limit is kept for everything
    else."""
    kept = min(FILES, limit // 4) + min(ENCODERS, limit // 4)
    total = max(1, min(WEB_MOST, limit - kept))
    spare = min(SPARE_MOST, total // 8)
    return Share(total - spare, max(1, min(NETWORK_MOST, (total - spare) // 4)), spare)


def exhausted() -> bool:
    """Return whether no descriptor is left, by opening one."""
    try:
        os.close(os.dup(0))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


async def watch(look_s: float = LOOK_S, remind_s: float = REMIND_S) -> None:
    """Warn while no descriptor is left: uvloop resets new connections then, without a message."""
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
