"""Refreshes a process's copies of stored data that other processes change."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from fedistream.db.versions import versions

log = logging.getLogger(__name__)


class CacheRefresh:
    """`loads` are the functions that reload each copy, by the name of its version. `before` are versions that the
    copies have already."""

    def __init__(
        self, loads: Mapping[str, Callable[[], Awaitable[object]]], before: Mapping[str, int] | None = None
    ) -> None:
        self._loads = loads
        self._counts: dict[str, int] = dict(before or {})
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

    async def run(self, every_s: float) -> None:
        """Refresh every so often, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.refresh()
            except Exception:
                # a database that is busy once must not end the refreshing
                log.exception("what other processes changed could not be read; it is tried again")
