"""Opening and closing the database. Everything that can be wrong with it is said here, before the first row is read."""

import asyncio
import logging
import time

from tortoise.context import TortoiseContext

from fedistream.db import probe
from fedistream.db.address import SqliteAddress, parse
from fedistream.db.child import migrate
from fedistream.db.orm import config
from fedistream.db.problems import DatabaseTooNew, named
from fedistream.db.revisions import HEAD, KNOWN
from fedistream.db.transaction import settle

log = logging.getLogger(__name__)


class Database:
    """One per process: models find their rows through the one that is open."""

    def __init__(self, url: str, *, wait_s: float = 5.0) -> None:
        """`wait_s`: how long to wait for a lock of another process. Raises BadAddress."""
        self.address = parse(url)
        self._url = url
        self._wait_s = wait_s
        self._context: TortoiseContext | None = None

    async def open(self) -> None:
        """Bring the tables up to date and connect. Raises DatabaseProblem, having changed nothing that was there."""
        assert self._context is None, "it is open"
        context = TortoiseContext()
        try:
            await self._migrate()
            with context:  # only while it reads the models; then it is the fallback of every task, whoever began it
                await context.init(config=config(self.address, self._wait_s), _enable_global_fallback=True)
            await context.db().execute_query("SELECT 1")
        except BaseException as error:
            await context.close_connections()
            if (problem := named(error, str(self.address))) is not None and problem is not error:
                raise problem from error
            raise
        self._context = context

    async def close(self) -> None:
        """Wait for running transactions, then disconnect. May be called twice."""
        await settle()
        if self._context is not None:
            context, self._context = self._context, None
            await context.close_connections()

    async def _migrate(self) -> None:
        revision = await self._revision()
        if revision is not None and revision not in KNOWN:
            raise DatabaseTooNew(
                f"{self.address} was written by a newer version of this program (its tables are at {revision}, "
                f"known is {HEAD}). Start that version, or restore a backup from before. Nothing was changed."
            )
        if revision != HEAD:
            began = time.monotonic()
            await asyncio.to_thread(migrate, self._url)
            log.info("tables brought from %s to %s in %.1f s", revision or "none", HEAD, time.monotonic() - began)

    async def _revision(self) -> str | None:
        if isinstance(self.address, SqliteAddress):
            return await asyncio.to_thread(probe.sqlite, self.address, self._wait_s)
        return await probe.postgres(self.address)

    async def check(self) -> str | None:
        """What is wrong with the database right now, in one line, or None."""
        if self._context is None:
            return "the database is not open"
        try:
            async with asyncio.timeout(self._wait_s):
                await self._context.db().execute_query("SELECT 1")
        except Exception as error:
            return str(named(error, str(self.address)) or f"{self.address}: {error}")
        return None
