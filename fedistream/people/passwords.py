"""Hashes passwords: slow on purpose, so in threads of their own and in a fair order.

An attacker can ask for more hashes than there is time for. So requests from clients with fewer wrong passwords come
first, and one of the threads hashes nothing for clients that were wrong before.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from fedistream.core.errors import TooMany

log = logging.getLogger(__name__)

AT_ONCE = 2  # each takes a core and MEMORY_KIB
MEMORY_KIB = 19 * 1024  # with two passes and one lane: OWASP's smallest setting for Argon2id
PASSES = 2
MOST_WAITING = 256  # a few seconds of work for both threads
AGAIN_S = 5.0  # when a refused client may ask again

FIRST = -1  # the rank of clients that were right before; for others it is the number of wrong passwords

HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)

# a hash that came with a moved server: it opens once, and is then replaced by one of HASHER's
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_BCRYPT_COSTS = range(4, 15)  # powers of two; 14 takes a second, and each step doubles that
_BCRYPT_BYTES = 72  # bcrypt reads no more of a password


def is_bcrypt(stored: str) -> bool:
    """Return whether this is a bcrypt hash that can be verified in reasonable time."""
    found = _BCRYPT.fullmatch(stored)
    return found is not None and int(found[1]) in _BCRYPT_COSTS


@dataclass(slots=True, eq=False)
class _Job:
    rank: int
    number: int
    work: Callable[[], Any]
    done: asyncio.Future[Any]


class Passwords:
    """Hashes and verifies, AT_ONCE at a time. A lower rank comes first.

    Thread 0 takes the lowest rank, and of that the oldest request. Thread 1 takes only ranks up to 0, and of the lowest
    the newest request. So among many first attempts, both the oldest and the newest are served soon.
    """

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        # not a semaphore around the loop's executor: a cancelled caller would release it while the thread still works
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._free = set(range(AT_ONCE))
        self._waiting: list[_Job] = []
        self._made = 0

    async def hash(self, password: str) -> str:
        """Return the PHC string to store, with a salt of its own. Raises TooMany."""
        hashed: str = await self._run(FIRST, lambda: self._hasher.hash(password))
        return hashed

    async def verify(self, stored: str, password: str, rank: int = 0) -> bool:
        """Return whether the password belongs to this hash. A hash that cannot be read fits no password.

        Raises TooMany when too many requests wait that do not rank behind this one.
        """
        right: bool = await self._run(rank, lambda: self._verify(stored, password))
        return right

    def is_old(self, stored: str) -> bool:
        """Return whether the hash was made in another way or with other costs than the present ones."""
        return is_bcrypt(stored) or self._hasher.check_needs_rehash(stored)

    async def _run(self, rank: int, work: Callable[[], Any]) -> Any:
        self._made += 1
        job = _Job(rank, self._made, work, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._start()
        if len(self._waiting) > MOST_WAITING:
            self._refuse_one()
        try:
            return await job.done
        finally:
            if job in self._waiting:
                self._waiting.remove(job)

    def _start(self) -> None:
        for thread in sorted(self._free):
            job = self._next(thread)
            if job is None:
                continue
            self._waiting.remove(job)
            self._free.discard(thread)
            running = asyncio.get_running_loop().run_in_executor(self._threads, job.work)
            running.add_done_callback(partial(self._ended, thread, job))

    def _next(self, thread: int) -> _Job | None:
        if thread == 0:
            return min(self._waiting, key=lambda job: (job.rank, job.number), default=None)
        return min(
            (job for job in self._waiting if job.rank <= 0), key=lambda job: (job.rank, -job.number), default=None
        )

    def _ended(self, thread: int, job: _Job, done: asyncio.Future[Any]) -> None:
        self._free.add(thread)
        if not job.done.done():  # the caller may have been cancelled
            error = done.exception()
            if error is None:
                job.done.set_result(done.result())
            else:
                job.done.set_exception(error)
        self._start()

    def _refuse_one(self) -> None:
        """Refuse the request in the middle of the worst rank, which would be served last."""
        worst = max(job.rank for job in self._waiting)
        those = [job for job in self._waiting if job.rank == worst]
        job = those[len(those) // 2]
        self._waiting.remove(job)
        if not job.done.done():  # the caller may have been cancelled in this iteration of the loop
            job.done.set_exception(TooMany(AGAIN_S))

    def _verify(self, stored: str, password: str) -> bool:
        if is_bcrypt(stored):
            return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], stored.encode())
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            log.error("a stored password hash cannot be read: %s", error)
            return False
