"""Counting changes: in the transaction of the change, and of two at once both."""

import asyncio

import pytest

from fedistream.db import Database, atomic
from fedistream.db.versions import bump_version, versions


async def test_what_was_never_changed_counts_nothing(database: Database) -> None:
    assert await versions("keys", "settings") == {"keys": 0, "settings": 0}


async def test_each_change_counts_one_also_when_two_come_at_once(database: Database) -> None:
    assert await atomic(bump_version, "keys") == 1
    found = await asyncio.gather(*(atomic(bump_version, "keys") for _ in range(5)))
    assert sorted(found) == [2, 3, 4, 5, 6]
    assert await versions("keys", "settings") == {"keys": 6, "settings": 0}


async def test_a_change_that_does_not_happen_does_not_count(database: Database) -> None:
    async def fail() -> None:
        await bump_version("keys")
        raise LookupError

    with pytest.raises(LookupError):
        await atomic(fail)
    assert await versions("keys") == {"keys": 0}
