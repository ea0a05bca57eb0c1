"""The database's part: whether it can be reached and written, its version, its size, and what waits in the outbox."""

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fedistream.app.doctor.finding import Finding, fail, ok, warn
from fedistream.db import named, probe
from fedistream.db.address import PostgresAddress, SqliteAddress
from fedistream.db.revisions import HEAD, KNOWN
from fedistream.settings.checks import Json

PART = "database"
WAIT_S = 5.0
LATE_S = 900.0  # a job that has waited for so long: a worker looks every minute
MIB = 1 << 20

Rows = list[tuple[Any, ...]]


@dataclass(slots=True)
class Stored:
    """The result of a look at the database: the findings, and the stored settings by name and channel."""

    findings: list[Finding]
    settings: Mapping[tuple[str, int], Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """The answers of one database, whichever kind it is."""

    revision: str
    size: int
    writable: str  # "" or why not
    jobs: Rows
    settings: Rows


_REVISION = f"SELECT version_num FROM {probe.VERSIONS}"  # noqa: S608 a name of ours
_JOBS = "SELECT state, count(*), min(due) FROM outbox GROUP BY state"
_SETTINGS = "SELECT name, channel_id, value FROM setting"


async def look(address: SqliteAddress | PostgresAddress) -> Stored:
    """Read the database without changing it: tables of another version are left as they are."""
    try:
        found = await _read(address)
    except FileNotFoundError:
        text = f"{address} does not exist yet"
        return Stored([warn(PART, text, "Start the node once, or give the right folder with --data-dir")])
    except Exception as error:
        problem = named(error, str(address))
        text = str(problem or error)
        server = "Start the database server, or correct --database-url"
        return Stored([fail(PART, text, server if isinstance(address, PostgresAddress) else _SOUND)])
    findings = [_judged(address, found)]
    if found.revision == HEAD:
        findings.append(_outbox(found.jobs))
    return Stored(findings, _settings(found.settings))


async def _read(address: SqliteAddress | PostgresAddress) -> _Read:
    if isinstance(address, PostgresAddress):
        return await _postgres(address)
    return await asyncio.to_thread(_sqlite, address)


_SOUND = "Restore a backup: fedistream restore FILE"


def _judged(address: object, found: _Read) -> Finding:
    if found.revision not in KNOWN:
        text = f"{address} was written by a newer version (tables {found.revision}; known is {HEAD})"
        return fail(PART, text, "Use the newer version, or restore a backup from before")
    if found.writable:
        return fail(
            PART, f"{address} cannot be written: {found.writable}", "See the owner of the file, or what locks it"
        )
    text = f"{address}: {found.size / MIB:.1f} MiB, tables {found.revision}"
    if found.revision != HEAD:
        advice = "Make a backup; then start the node, which upgrades the tables"
        return warn(PART, f"{text}, of an older version (this one has {HEAD})", advice)
    return ok(PART, text)


def _outbox(jobs: Rows) -> Finding:
    """Check that jobs are done, and that few have been given up."""
    counts = {str(state): int(count) for state, count, _ in jobs}
    due = min((float(first) for state, _, first in jobs if state == "ready" and first is not None), default=time.time())
    waiting, dead = counts.get("ready", 0), counts.get("dead", 0)
    late = time.time() - due
    text = f"{waiting} waiting, {dead} given up"
    if late > LATE_S:
        advice = "Is a worker running? With --workers 0, start one: fedistream worker"
        return fail("outbox", f"{text}; the oldest has been due for {late / 60:.0f} minutes", advice)
    if dead:
        return warn("outbox", text, "See Deliveries on the admin page: their servers are gone, or refuse")
    return ok("outbox", text)


def _settings(rows: Rows) -> dict[tuple[str, int], Json]:
    found: dict[tuple[str, int], Json] = {}
    for name, channel_id, value in rows:
        parsed = json.loads(value) if isinstance(value, str) else value
        if isinstance(parsed, dict) and "value" in parsed:
            found[str(name), int(channel_id)] = parsed["value"]
    return found


def _sqlite(address: SqliteAddress) -> _Read:
    if not address.path.is_file():
        raise FileNotFoundError(address.path)
    where = f"file:{quote(str(address.path.resolve()))}?mode="
    with closing(sqlite3.connect(f"{where}ro", uri=True, timeout=WAIT_S, isolation_level=None)) as database:
        revision = str(database.execute(_REVISION).fetchone()[0])
        current = revision == HEAD
        jobs = database.execute(_JOBS).fetchall() if current else []
        settings = database.execute(_SETTINGS).fetchall() if current else []
    return _Read(revision, address.path.stat().st_size, _unwritable(address, where), jobs, settings)


def _unwritable(address: SqliteAddress, where: str) -> str:
    """Take the lock of a writer for a moment. Returns why it is not given, or ""."""
    if not os.access(address.path, os.W_OK):
        return "it belongs to another user"
    try:
        with closing(sqlite3.connect(f"{where}rw", uri=True, timeout=WAIT_S, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
    except sqlite3.Error as error:
        return str(error)
    return ""


async def _postgres(address: PostgresAddress) -> _Read:
    connection = await probe.connect(address)
    try:
        if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", probe.VERSIONS):
            raise FileNotFoundError
        revision = str(await connection.fetchval(_REVISION))
        size = int(await connection.fetchval("SELECT pg_database_size(current_database())"))
        readonly = await connection.fetchval("SHOW transaction_read_only") == "on"
        current = revision == HEAD
        jobs = [tuple(row) for row in await connection.fetch(_JOBS)] if current else []
        settings = [tuple(row) for row in await connection.fetch(_SETTINGS)] if current else []
    finally:
        await connection.close()
    return _Read(revision, size, "it is a standby, or read-only" if readonly else "", jobs, settings)
