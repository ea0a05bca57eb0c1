"""What a worker keeps in memory and the front changes: read again when the database says that it was changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fedistream.db.versions import versions


class CacheRefresh:
    """`loads` are the ways to read each copy anew, by the names under which its changes are counted."""

    def __init__(self, loads: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
        self._loads = loads
        self._counts: dict[str, int] = {}
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Read anew what was changed since the last time; the first time, all of it. One look at a small table."""
        async with self._turn:
            found = await versions(*self._loads)
            for name, count in found.items():
                if self._counts.get(name) != count:
                    await self._loads[name]()
                    # only now: what could not be read is tried again
                    self._counts[name] = count
