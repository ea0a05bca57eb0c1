"""Hashing of passwords: slow on purpose, so in threads of their own, and few."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

log = logging.getLogger(__name__)

AT_ONCE = 2  # each takes a core and MEMORY_KIB while it lasts
MEMORY_KIB = 19 * 1024  # with two passes and one lane: OWASP's smallest setting for Argon2id
PASSES = 2

HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


class Passwords:
    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        # not a semaphore around the loop's threads: a caller who goes away would let the next one in too early
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")

    async def hash(self, password: str) -> str:
        """The PHC string to store, with a salt of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, stored: str, password: str) -> bool:
        """Whether the password is the one behind this hash. A hash that cannot be read fits no password."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, stored, password)

    def is_old(self, stored: str) -> bool:
        """Whether it was made with other costs than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            log.error("a stored password hash cannot be read: %s", error)
            return False
