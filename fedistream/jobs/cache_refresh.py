"""Refreshes a worker's copies of data that the web process changes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fedistream.db.versions import versions


class CacheRefresh:
    """`loads` are the functions that reload each copy, by the name of its version."""

    def __init__(self, loads: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
        self._loads = loads
        self._counts: dict[str, int] = {}
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Reload the copies whose version has changed since the last time, at first all. One query of a small table."""
        async with self._turn:
            found = await versions(*self._loads)
            for name, count in found.items():
                if self._counts.get(name) != count:
                    await self._loads[name]()
                    # after loading, so that a failed load is retried
                    self._counts[name] = count
