"""Problems of a database with a line for the operator, and how drivers' errors are mapped to them.

The mapping uses codes, not texts: SQLite's result codes and PostgreSQL's SQLSTATE are stable, messages are translated.
"""

import errno
import socket
import sqlite3
from collections.abc import Iterator

from fedistream.core.errors import Outage


class DatabaseProblem(Outage):
    """The database cannot be used in its present state. The text is one line for the operator. No data was
    overwritten."""


class BadAddress(DatabaseProblem):
    """The database URL is malformed."""


class DriverMissing(DatabaseProblem):
    """The libraries for this kind of database are not installed."""


class DatabaseTooNew(DatabaseProblem):
    """A newer version of the program has written the database."""


class DatabaseForeign(DatabaseProblem):
    """The database has tables of another program."""


class DatabaseLocked(DatabaseProblem):
    """Another process has locked the database."""


class DatabaseCorrupt(DatabaseProblem):
    """The file is damaged or is not a database."""


class DatabaseUnreachable(DatabaseProblem):
    """The server does not answer or refuses the connection."""


class DiskFull(DatabaseProblem):
    """The disk is full."""


class NotWritable(DatabaseProblem):
    """The database cannot be written."""


ALL = {
    kind.__name__: kind
    for kind in (
        *(DatabaseProblem, BadAddress, DriverMissing, DatabaseTooNew, DatabaseForeign, DatabaseLocked),
        *(DatabaseCorrupt, DatabaseUnreachable, DiskFull, NotWritable),
    )
}

# {where} is the database without its password, {why} the first line of the driver's message
TEXTS: dict[type[DatabaseProblem], str] = {
    DatabaseLocked: "{where} is locked: another process holds it ({why}). Stop that one, then try again.",
    DatabaseCorrupt: "{where} is damaged or no database ({why}). Restore a backup; nothing was changed.",
    DatabaseUnreachable: "{where} cannot be reached: {why}",
    DiskFull: "There is no room left to write {where} ({why}). Make room, then try again.",
    NotWritable: "{where} cannot be written ({why}). Check owner and permissions of the file and its folder.",
}

# public words, which do not reveal where the database is
WORDS: dict[type[DatabaseProblem], str] = {
    DatabaseLocked: "locked",
    DatabaseCorrupt: "damaged",
    DatabaseUnreachable: "unreachable",
    DiskFull: "full",
    NotWritable: "read-only",
}

SQLITE: dict[int, type[DatabaseProblem]] = {
    sqlite3.SQLITE_BUSY: DatabaseLocked,
    sqlite3.SQLITE_LOCKED: DatabaseLocked,
    sqlite3.SQLITE_CORRUPT: DatabaseCorrupt,
    sqlite3.SQLITE_NOTADB: DatabaseCorrupt,
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_READONLY: NotWritable,
    sqlite3.SQLITE_PERM: NotWritable,
    sqlite3.SQLITE_CANTOPEN: NotWritable,
    # file size limits and most quotas are I/O errors; so are defective disks, hence {why} in the text
    sqlite3.SQLITE_IOERR: DiskFull,
}

# by SQLSTATE or, shorter, its class (PostgreSQL, appendix A); psycopg and asyncpg both carry it
POSTGRES: dict[str, type[DatabaseProblem]] = {
    "53100": DiskFull,
    "55P03": DatabaseLocked,
    "55000": DatabaseUnreachable,  # no connections allowed (ALLOW_CONNECTIONS false), as during a copy or restore
    "25006": NotWritable,
    "42501": NotWritable,
    "XX001": DatabaseCorrupt,
    "XX002": DatabaseCorrupt,
    "08": DatabaseUnreachable,
    "28": DatabaseUnreachable,  # no such role, wrong password, not allowed by pg_hba.conf
    "3D": DatabaseUnreachable,  # no such database
    "53": DatabaseUnreachable,  # too many connections, out of memory
    "57P": DatabaseUnreachable,  # shutting down, starting up
}

SYSTEM: dict[int, type[DatabaseProblem]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), DiskFull),
    # no such socket: a server on this machine is not running
    **dict.fromkeys((errno.ENOENT, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH), DatabaseUnreachable),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR, errno.EEXIST), NotWritable),
}


def named(error: BaseException, where: str = "The database") -> DatabaseProblem | None:
    """Return the problem behind a driver's error, or None when it is another error (a violated constraint, a bug)."""
    for each in _causes(error):
        if isinstance(each, DatabaseProblem):
            return each
        if kind := _kind(each):
            lines = str(each).splitlines() or [type(each).__name__]
            return kind(TEXTS[kind].format(where=where, why=lines[0].strip()))
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes: ORMs keep the driver's error as cause, context or argument."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [*each.args, getattr(each, "orig", None), each.__cause__, each.__context__]


def _kind(error: BaseException) -> type[DatabaseProblem] | None:
    if isinstance(error, sqlite3.Error):
        return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)  # the low byte is the primary code
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return next((POSTGRES[state[:n]] for n in (5, 3, 2) if state[:n] in POSTGRES), None)
    module = type(error).__module__.partition(".")[0]
    if module == "psycopg" and type(error).__name__ in ("OperationalError", "ConnectionTimeout"):
        return DatabaseUnreachable  # libpq could not connect, so there is no SQLSTATE
    if isinstance(error, socket.gaierror | ConnectionError | TimeoutError):
        return DatabaseUnreachable
    if isinstance(error, OSError):
        # asyncio's "Multiple exceptions: [Errno 111] ..." for a name with two addresses has no number
        return SYSTEM.get(error.errno or 0) or (DatabaseUnreachable if error.errno is None else None)
    return None
