"""Opens, checks and closes the database. Every problem with it is reported before the first row is read."""

import asyncio
import logging
import time

from tortoise.context import TortoiseContext

from fedistream.core.slow_steps import Steps, untold
from fedistream.core.supervisor import go
from fedistream.db import newest, probe
from fedistream.db.address import Address, SqliteAddress, parse
from fedistream.db.migration_process import migrate
from fedistream.db.orm import config
from fedistream.db.problems import WORDS, DatabaseTooNew, named
from fedistream.db.revisions import HEAD, KNOWN
from fedistream.db.transaction import atomic, settle
from fedistream.db.versions import bump_version

log = logging.getLogger(__name__)

CHECK_S = 4.0  # seconds for one check, during which the caller waits
FRESH_S = 1.0  # seconds for which a result is reused: anybody may ask, and each check writes
WATCH_S = 30.0  # seconds between two checks by `watch`
CLOSE_S = 10.0  # seconds for running transactions at the end
READINESS = "readiness"  # the version that each check writes

_prepared: set[type[Address]] = set()  # the kind of database that the models of this process are prepared for


class Database:
    """The database of this process; only one may be open. Models use the open one."""

    def __init__(self, url: str, *, wait_s: float = 5.0, steps: Steps = untold) -> None:
        """`wait_s` is how long to wait for a lock of another process, in seconds. `steps` tells of slow steps of
        `open`. Raises BadAddress."""
        self.address = parse(url)
        self._steps = steps
        self._url = url
        self._wait_s = wait_s
        self._context: TortoiseContext | None = None
        self._file: tuple[int, int] | None = None  # SQLite only: device and inode of the open file
        self._look: asyncio.Task[tuple[str | None, str]] | None = None
        self._looked_at = 0.0
        self._closing: asyncio.Task[None] | None = None
        self._told = ""

    async def open(self) -> None:
        """Bring the tables up to date and connect. Raises DatabaseProblem; then existing data was not changed."""
        assert self._context is None, "it is open"
        context = TortoiseContext()
        try:
            await self._migrate()
            with self._steps(f"waiting for the database {self.address}"):
                with context:  # only during init; then it is the fallback context of all tasks
                    await _init(context, self.address, self._wait_s)
                await context.db().execute_query("SELECT 1")
        except BaseException as error:
            await context.close_connections()
            if (problem := named(error, str(self.address))) is not None and problem is not error:
                raise problem from error
            raise
        self._context = context
        self._file = await asyncio.to_thread(self._identity)

    async def close(self, within_s: float = CLOSE_S) -> None:
        """Wait for running transactions, then disconnect, each for at most `within_s` seconds.

        May be called twice. Disconnecting continues in the background when the database answers again.
        """
        try:
            async with asyncio.timeout(within_s):
                await settle()
        except TimeoutError:
            log.error("%s does not answer: running transactions are abandoned", self.address)
        if self._context is not None:
            context, self._context = self._context, None
            self._closing = go("closing the database", context.close_connections())
        if self._closing is not None and not (await asyncio.wait([self._closing], timeout=within_s))[0]:
            log.error("%s does not answer, and is not closed yet", self.address)

    async def _migrate(self) -> None:
        revision = await self._revision()
        if revision is None and await self._make():
            return
        if revision is None:
            revision = await self._revision()  # another process made the tables meanwhile
        if revision is not None and revision not in KNOWN:
            raise DatabaseTooNew(
                f"{self.address} was written by a newer version of this program (its tables are at {revision}, "
                f"known is {HEAD}). Start that version, or restore a backup from before. Nothing was changed."
            )
        if revision != HEAD:
            began = time.monotonic()
            log.info("upgrading the tables of %s from %s to %s", self.address, revision or "none", HEAD)
            with self._steps(f"upgrading the tables of {self.address}, which may take minutes"):
                await migrate(self._url)
            log.info("the tables are upgraded, after %.1f s", time.monotonic() - began)

    async def _make(self) -> bool:
        """Make the newest tables in an empty database. Returns whether they were made."""
        with self._steps(f"making the tables of {self.address}"):
            if isinstance(self.address, SqliteAddress):
                return await asyncio.to_thread(newest.make_sqlite, self.address, self._wait_s)
            return await newest.make_postgres(self.address)

    async def _revision(self) -> str | None:
        with self._steps(f"waiting for the database {self.address}"):
            if isinstance(self.address, SqliteAddress):
                return await asyncio.to_thread(probe.sqlite, self.address, self._wait_s)
            return await probe.postgres(self.address)

    async def check(self) -> str | None:
        """Return None when rows can be written, else a word for the problem that is safe to publish.

        The details are logged once.
        """
        if self._context is None:
            return "closed"
        if self._look is None or (self._look.done() and time.monotonic() - self._looked_at >= FRESH_S):
            self._looked_at = time.monotonic()
            self._look = go("database check", self._try())
        done, _ = await asyncio.wait([self._look], timeout=CHECK_S)
        word, why = self._look.result() if done else ("slow", f"{self.address} did not answer within {CHECK_S:g} s")
        if why and why != self._told:
            log.error("nothing can be written to %s: %s", self.address, why)
        elif self._told and not why:
            log.info("the database can be written again")
        self._told = why
        return word

    async def watch(self) -> None:
        """Check every WATCH_S seconds until cancelled, so that problems are logged without requests."""
        while True:
            await self.check()
            await asyncio.sleep(WATCH_S)

    async def _try(self) -> tuple[str | None, str]:
        """Write a row. Returns the public word for the problem, or None, and the text for the operator."""
        try:
            if await asyncio.to_thread(self._identity) != self._file:
                return "replaced", (
                    f"{self.address} is not the file any more that was opened: it was deleted, moved or replaced, and "
                    "what is written now is lost. Stop the node, put the right file there, and start it again."
                )
            await atomic(bump_version, READINESS)
        except Exception as error:
            problem = named(error, str(self.address))
            return WORDS.get(type(problem), "failed") if problem else "failed", str(problem or f"{error!r}")
        return None, ""

    def _identity(self) -> tuple[int, int] | None:
        """Return device and inode of the file at the SQLite path, or None."""
        if not isinstance(self.address, SqliteAddress):
            return None
        try:
            found = self.address.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


async def _init(context: TortoiseContext, address: Address, wait_s: float) -> None:
    """Join the models with the context.

    They are prepared once for each kind of database: the filters and the SQL of 40 models take 10 ms, and stay.
    """
    kind = type(address)
    prepare = kind not in _prepared
    if prepare:
        _prepared.clear()
    # without `init_connections` the models stay as they are, and the connection is made by the first statement
    await context.init(config=config(address, wait_s), init_connections=prepare, _enable_global_fallback=True)
    _prepared.add(kind)
