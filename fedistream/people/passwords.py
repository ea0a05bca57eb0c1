"""Hashing of passwords: slow on purpose, so in few threads of their own, and in a fair order.

A guesser can ask for more hashes than there is time for. So that somebody with the right password does not wait behind
all of them, whoever was wrong less often comes first, and one of the threads hashes nothing for those who were wrong.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from fedistream.core.errors import TooMany

log = logging.getLogger(__name__)

AT_ONCE = 2  # each takes a core and MEMORY_KIB while it lasts
MEMORY_KIB = 19 * 1024  # with two passes and one lane: OWASP's smallest setting for Argon2id
PASSES = 2
MOST_WAITING = 256  # some seconds of both threads
AGAIN_S = 5.0  # when to ask again, if there was no room

FIRST = -1  # the rank of those who were right before; of others it is how often they were wrong

HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


@dataclass(slots=True, eq=False)
class _Job:
    rank: int
    number: int
    work: Callable[[], Any]
    done: asyncio.Future[Any]


class Passwords:
    """Thread 0 takes the lowest rank and of that the oldest. Thread 1 takes ranks up to 0 only, and of the lowest the
    newest: whichever end of a crowd of first attempts somebody stands at, one of the threads begins there."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        # not a semaphore around the loop's threads: a caller who goes away would let the next one in too early
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._free = set(range(AT_ONCE))
        self._waiting: list[_Job] = []
        self._made = 0

    async def hash(self, password: str) -> str:
        """The PHC string to store, with a salt of its own. Raises TooMany."""
        hashed: str = await self._run(FIRST, lambda: self._hasher.hash(password))
        return hashed

    async def verify(self, stored: str, password: str, rank: int = 0) -> bool:
        """Whether the password is the one behind this hash. A hash that cannot be read fits no password. Raises TooMany
        when too many wait who are not behind this rank."""
        right: bool = await self._run(rank, lambda: self._verify(stored, password))
        return right

    def is_old(self, stored: str) -> bool:
        """Whether it was made with other costs than today's."""
        return self._hasher.check_needs_rehash(stored)

    async def _run(self, rank: int, work: Callable[[], Any]) -> Any:
        self._made += 1
        job = _Job(rank, self._made, work, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._start()
        if len(self._waiting) > MOST_WAITING:
            self._turn_one_away()
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
        if not job.done.done():  # the caller may have gone away
            error = done.exception()
            if error is None:
                job.done.set_result(done.result())
            else:
                job.done.set_exception(error)
        self._start()

    def _turn_one_away(self) -> None:
        """The one in the middle of the worst rank, whose turn would come last."""
        worst = max(job.rank for job in self._waiting)
        those = [job for job in self._waiting if job.rank == worst]
        job = those[len(those) // 2]
        self._waiting.remove(job)
        if not job.done.done():  # the caller may have gone away in this turn of the loop
            job.done.set_exception(TooMany(AGAIN_S))

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            log.error("a stored password hash cannot be read: %s", error)
            return False
