"""Hashing in threads: the loop goes on, and only two hashes are made at once."""

import asyncio
import threading

from argon2 import PasswordHasher

from fedistream.people.passwords import AT_ONCE, Passwords


async def test_a_password_fits_its_own_hash_only() -> None:
    passwords = Passwords()
    one, same = await passwords.hash("secret"), await passwords.hash("secret")
    assert one != same, "each has a salt of its own"
    assert await passwords.verify(one, "secret")
    assert not await passwords.verify(one, "Secret")
    assert not passwords.is_old(one)


async def test_the_loop_turns_while_a_password_is_hashed() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await Passwords().hash("secret")
    counting.cancel()
    assert turns > 10


class CountingHasher(PasswordHasher):
    """Knows how many of its hashes are being made, and how many were at the most."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8192, parallelism=1)
        object.__setattr__(self, "counts", {"now": 0, "most": 0, "made": 0})
        object.__setattr__(self, "guard", threading.Lock())

    counts: dict[str, int]
    guard: threading.Lock

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self.guard:
            self.counts["now"] += 1
            self.counts["most"] = max(self.counts["most"], self.counts["now"])
        try:
            return super().hash(password, salt=salt)
        finally:
            with self.guard:
                self.counts["now"] -= 1
                self.counts["made"] += 1


async def test_no_more_than_two_are_hashed_at_once_even_if_those_who_asked_go_away() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    asked = [asyncio.create_task(passwords.hash(f"secret {n}")) for n in range(4)]
    await asyncio.sleep(0)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await asyncio.wait_for(asyncio.gather(*[passwords.hash(f"secret {n}") for n in range(8)]), 60)
    assert 1 <= hasher.counts["most"] <= AT_ONCE == 2
    assert hasher.counts["made"] >= 8
