"""Hashing in threads: the loop goes on, and only two hashes are made at once."""

import asyncio
import threading
from typing import Literal

import bcrypt
import pytest
from argon2 import PasswordHasher

from fedistream.core.errors import TooMany
from fedistream.people.passwords import AT_ONCE, FIRST, MOST_WAITING, Passwords, is_bcrypt


async def test_a_password_fits_its_own_hash_only() -> None:
    passwords = Passwords()
    one, same = await passwords.hash("secret"), await passwords.hash("secret")
    assert one != same, "each has a salt of its own"
    assert await passwords.verify(one, "secret")
    assert not await passwords.verify(one, "Secret")
    assert not passwords.is_old(one)


@pytest.mark.parametrize("password", ["x", "ä" * 40, "a\0b", "long " * 100], ids=["short", "utf-8", "nul", "long"])
@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
async def test_a_bcrypt_hash_is_verified_and_is_old(password: str, prefix: str) -> None:
    hashed = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    stored = f"${prefix}{hashed[3:]}"
    assert is_bcrypt(stored)
    assert Passwords().is_old(stored)
    assert await Passwords().verify(stored, password)
    assert not await Passwords().verify(stored, f"y{password}")


@pytest.mark.parametrize(
    "stored",
    [
        "$2a$31$" + "x" * 53,
        "$2a$03$" + "x" * 53,
        "$2x$10$" + "x" * 53,
        "$2a$10$" + "x" * 52,
        "$2a$10$" + "!" * 53,
        "$2",
    ],
    ids=["years", "cheap", "faulty", "short", "letters", "none"],
)
async def test_what_only_looks_like_bcrypt_fits_no_password(stored: str) -> None:
    assert not is_bcrypt(stored)
    assert not await Passwords().verify(stored, "x")


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
        object.__setattr__(self, "checked", [])
        object.__setattr__(self, "held", threading.Event())

    counts: dict[str, int]
    guard: threading.Lock
    checked: list[str]  # in the order in which they were begun
    held: threading.Event  # each check waits for it

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 as its parent
        with self.guard:
            self.checked.append(str(password))
        self.held.wait(60)
        return True

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


async def waiting(passwords: Passwords, *ranked: tuple[str, int]) -> list[asyncio.Task[bool]]:
    """Checks with these passwords and ranks, in this order, that wait for a thread."""
    tasks = []
    for password, rank in ranked:
        tasks.append(asyncio.create_task(passwords.verify("stored", password, rank)))
        await asyncio.sleep(0)
    return tasks


async def test_a_client_with_failures_has_one_thread_and_is_served_last() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    guesses = await waiting(passwords, ("guess 1", 1), ("guess 2", 9), ("guess 3", 2))
    assert len(passwords._free) == 1, "the other thread is kept for those who were not wrong"
    rest = await waiting(passwords, ("stranger", 0), ("one more", 0), ("known", FIRST))
    async with asyncio.timeout(60):
        while len(hasher.checked) < 2:
            await asyncio.sleep(0.01)
        hasher.held.set()
        await asyncio.gather(*guesses, *rest)
    first, last = hasher.checked[:2], hasher.checked[4:]
    assert set(first) == {"guess 1", "stranger"}, "these had begun"
    assert set(hasher.checked[2:4]) == {"known", "one more"}
    assert last == ["guess 3", "guess 2"]


async def test_of_equals_one_thread_takes_the_oldest_and_the_other_the_newest() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    tasks = await waiting(passwords, *((f"{n:02}", 0) for n in range(42)))
    assert passwords._next(0) is next(job for job in passwords._waiting if job.number == 3)
    assert passwords._next(1) is next(job for job in passwords._waiting if job.number == 42)
    hasher.held.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks)
    assert sorted(hasher.checked) == [f"{n:02}" for n in range(42)]


async def test_a_full_queue_refuses_the_client_with_most_failures() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    guesses = await waiting(passwords, *((f"guess {n}", 1 + n % 5) for n in range(MOST_WAITING + 1)))
    late = await waiting(passwords, *((f"stranger {n}", 0) for n in range(20)))
    assert len(passwords._waiting) <= MOST_WAITING
    hasher.held.set()
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*guesses, *late, return_exceptions=True)
    away = [n for n, answer in enumerate(answers) if isinstance(answer, TooMany)]
    assert away
    assert {1 + n % 5 for n in away} == {5}


async def test_the_password_of_a_cancelled_request_is_not_hashed() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    running = await waiting(passwords, ("one", 0), ("two", 0))
    (gone,) = await waiting(passwords, ("three", 0))
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    hasher.held.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*running)
    assert sorted(hasher.checked) == ["one", "two"]


async def test_a_cancelled_request_in_a_full_queue_costs_nobody_their_turn() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    running = await waiting(passwords, ("one", 0), ("two", 0))
    guesses = await waiting(passwords, *((f"guess {n}", 1) for n in range(MOST_WAITING)))
    late = asyncio.ensure_future(passwords.verify("stored", "late", FIRST))
    for guess in guesses:
        guess.cancel()  # they learn of it behind the late one, and are in the queue until then
    asyncio.get_running_loop().call_soon(hasher.held.set)
    async with asyncio.timeout(60):
        assert await late
        await asyncio.gather(*running)
        await asyncio.gather(*guesses, return_exceptions=True)
