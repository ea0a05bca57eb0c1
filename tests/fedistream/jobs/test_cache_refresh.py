"""A worker's copies of what the front may change."""

import asyncio

import pytest

from fedistream.db import Database, atomic
from fedistream.db.versions import bump_version, versions
from fedistream.jobs.cache_refresh import CacheRefresh


class Copies:
    """Counts how often each was read; the one that is named in `broken` cannot be."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.broken = ""

    async def keys(self) -> None:
        await self._note("keys")

    async def settings(self) -> None:
        await self._note("settings")

    async def _note(self, name: str) -> None:
        if name == self.broken:
            raise LookupError(name)
        self.read.append(name)


@pytest.fixture
def copies(database: Database) -> Copies:
    return Copies()


def cache_refresh(copies: Copies) -> CacheRefresh:
    return CacheRefresh({"keys": copies.keys, "settings": copies.settings})


async def test_what_was_changed_is_read_again_and_nothing_else_is(copies: Copies) -> None:
    fresh = cache_refresh(copies)
    await fresh.refresh()
    assert copies.read == ["keys", "settings"]
    await fresh.refresh()
    await atomic(bump_version, "settings")
    await asyncio.gather(fresh.refresh(), fresh.refresh())
    assert copies.read == ["keys", "settings", "settings"]


async def test_what_could_not_be_read_is_read_the_next_time(copies: Copies) -> None:
    fresh = cache_refresh(copies)
    copies.broken = "settings"
    with pytest.raises(LookupError):
        await fresh.refresh()
    copies.broken = ""
    await fresh.refresh()
    assert copies.read == ["keys", "settings"]


async def test_what_the_copies_have_already_is_not_read_again(copies: Copies) -> None:
    await atomic(bump_version, "settings")
    fresh = CacheRefresh({"keys": copies.keys, "settings": copies.settings}, await versions("keys", "settings"))
    await fresh.refresh()
    assert copies.read == []
    await atomic(bump_version, "keys")
    await fresh.refresh()
    assert copies.read == ["keys"]


async def test_refreshing_goes_on_after_a_failure(copies: Copies, caplog: pytest.LogCaptureFixture) -> None:
    copies.broken = "settings"
    running = asyncio.create_task(cache_refresh(copies).run(0.001))
    async with asyncio.timeout(10):
        while "could not be read" not in caplog.text:
            await asyncio.sleep(0.001)
        copies.broken = ""
        while "settings" not in copies.read:
            await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
