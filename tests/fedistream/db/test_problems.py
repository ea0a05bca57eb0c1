"""Drivers' errors, by their codes, to problems with a line for the operator."""

import errno
import socket
import sqlite3
from collections.abc import Callable

import asyncpg  # type: ignore[import-untyped]  # it has no types
import psycopg
import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from fedistream.db import (
    DatabaseCorrupt,
    DatabaseLocked,
    DatabaseProblem,
    DatabaseUnreachable,
    DiskFull,
    NotWritable,
)
from fedistream.db.problems import ALL, TEXTS, named


def wrapped(error: Exception) -> Exception:
    """Return the error as Tortoise raises it: wrapped as an argument."""
    return OperationalError(error)


def chained(error: Exception) -> Exception:
    try:
        try:
            raise error
        except Exception as cause:
            raise RuntimeError("while doing something") from cause
    except RuntimeError as outer:
        return outer


def looped(error: Exception) -> Exception:
    error.__context__ = RuntimeError("of a circle")
    error.__context__.__context__ = error
    return error


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("words that may change")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("disguise", [lambda error: error, wrapped, chained, looped])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), DatabaseLocked),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), DatabaseLocked),
        (sqlite_error(sqlite3.SQLITE_NOTADB), DatabaseCorrupt),
        (sqlite_error(sqlite3.SQLITE_FULL), DiskFull),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), DiskFull),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), NotWritable),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), NotWritable),
        (asyncpg.DiskFullError("full"), DiskFull),
        (asyncpg.InvalidPasswordError("no"), DatabaseUnreachable),
        (asyncpg.ConnectionDoesNotExistError("gone"), DatabaseUnreachable),
        (asyncpg.ReadOnlySQLTransactionError("standby"), NotWritable),
        (psycopg.errors.LockNotAvailable("waited"), DatabaseLocked),
        (psycopg.errors.InsufficientPrivilege("no"), NotWritable),
        (psycopg.errors.IndexCorrupted("bad"), DatabaseCorrupt),
        (psycopg.errors.CannotConnectNow("starting up"), DatabaseUnreachable),
        (psycopg.OperationalError("connection refused"), DatabaseUnreachable),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), DatabaseUnreachable),
        (socket.gaierror(socket.EAI_NONAME, "no such name"), DatabaseUnreachable),
        (TimeoutError(), DatabaseUnreachable),
        (OSError("Multiple exceptions: [Errno 111] ..., [Errno 111] ..."), DatabaseUnreachable),
        (OSError(errno.ENOSPC, "no space"), DiskFull),
        (PermissionError(errno.EACCES, "denied"), NotWritable),
    ],
)
def test_an_error_is_known_by_its_code_however_it_is_wrapped(
    error: Exception, kind: type[DatabaseProblem], disguise: Callable[[Exception], Exception]
) -> None:
    error.__cause__ = error.__context__ = None
    problem = named(disguise(error), "data/node.db")
    assert type(problem) is kind
    assert "data/node.db" in str(problem)
    assert len(str(problem).splitlines()) == 1


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        IntegrityError(sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE)),
        sqlite3.OperationalError("no such table"),
        sqlite3.ProgrammingError("wrong number of arguments"),
        asyncpg.UniqueViolationError("twice"),
        asyncpg.InterfaceError("the server expects 2 arguments"),
        psycopg.errors.UndefinedTable("none"),
        OSError(errno.EBADF, "a bug"),
        KeyError("x"),
    ],
)
def test_what_is_no_problem_of_the_database_stays_what_it_is(error: Exception) -> None:
    assert named(error) is None


def test_a_problem_is_not_named_twice() -> None:
    problem = DiskFull("no room")
    assert named(problem) is problem


def test_of_many_lines_the_first_is_told() -> None:
    problem = named(psycopg.OperationalError("connection failed\nIs the server running?\n"))
    assert str(problem) == "The database cannot be reached: connection failed"


def test_every_problem_can_be_told_across_processes() -> None:
    assert ALL.keys() >= {kind.__name__ for kind in (*TEXTS, DatabaseProblem)}
    assert set(ALL.values()) == {DatabaseProblem, *DatabaseProblem.__subclasses__()}
