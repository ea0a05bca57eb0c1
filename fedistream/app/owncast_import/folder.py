"""Opens the data folder of an Owncast server: a copy of its database, checked before the first row is read.

Owncast may be running, so its database is copied by SQLite's backup function and never written to. Known are the
schemas of 0.0.13 to 0.3: the number in the table `config` up to 9, after that the migrations of goose.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATABASE = "owncast.db"
OLDEST, NEWEST = 5, 9  # the schemas of 0.0.12 and of the last version before goose
NEWEST_GOOSE = 12  # 0.3
NEEDED = ("datastore", "users", "user_access_tokens", "messages")
BATCH = 1000  # rows in memory at a time
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Go's time.Time as its SQLite driver writes it, SQLite's own CURRENT_TIMESTAMP, and RFC 3339
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(?: ?(Z|[+-]\d\d:?\d\d))?")


class BadFolder(Exception):
    """The folder cannot be imported. The text says why and what to do about it."""


def find(folder: Path) -> Path:
    """Return the data folder, given itself or the folder of the server. Raises BadFolder."""
    for each in (folder, folder / "data"):
        if (each / DATABASE).is_file():
            return each
    raise BadFolder(
        f"there is no {DATABASE} in {folder}: give the data folder of the Owncast server, in which that file lies"
    )


@contextmanager
def opened(data: Path, scratch: Path) -> Iterator["Source"]:
    """Copy the database into the folder `scratch`, check the copy, and give access to its rows. Raises BadFolder."""
    copy = scratch / DATABASE
    try:
        _copy(data / DATABASE, copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.text_factory = _text
            connection.row_factory = sqlite3.Row
            _check(connection)
            yield Source(connection, data)
    except sqlite3.DatabaseError as error:
        raise BadFolder(f"{data / DATABASE} cannot be read ({error}). {_HALF}") from error
    except OSError as error:
        raise BadFolder(f"{data / DATABASE} cannot be copied: {error.strerror or error}") from error


_HALF = (
    "It may be damaged or copied in part. Copy the folder again while Owncast is stopped, or make a sound copy with: "
    f"sqlite3 {DATABASE} '.backup copy.db'"
)


def _copy(source: Path, copy: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(source.resolve()))}?mode=ro", uri=True)) as before,
            closing(sqlite3.connect(copy)) as after,
        ):
            # in one step: with several, a server that writes meanwhile makes it begin again, for ever if it is busy
            before.backup(after, pages=-1)
    except sqlite3.OperationalError as error:
        # in a folder that cannot be written SQLite opens no database with a write-ahead log. Nobody writes there
        if "unable to open" not in str(error) and "readonly" not in str(error):
            raise
        copy.unlink(missing_ok=True)
        for ending in ("", "-wal"):
            if (part := source.with_name(source.name + ending)).is_file():
                shutil.copyfile(part, copy.with_name(copy.name + ending))


def _text(raw: bytes) -> str:
    # PostgreSQL stores no NUL
    return raw.decode("utf-8", "replace").replace("\0", "")


def _check(connection: sqlite3.Connection) -> None:
    """Raise BadFolder for a database that is damaged, incomplete, or of an unknown version."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise BadFolder(f"the database is damaged ({' '.join(str(found).split())[:200]}). {_HALF}")
    tables = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    legacy = _number(connection, tables, "config", "SELECT value FROM config WHERE key = 'version'")
    goose = _number(
        connection, tables, "goose_db_version", "SELECT max(version_id) FROM goose_db_version WHERE is_applied"
    )
    if legacy is None and goose is None:
        raise BadFolder(f"the database has no version: it is not one of Owncast's, or it is incomplete. {_HALF}")
    if (legacy or 0) > NEWEST or (goose or 0) > NEWEST_GOOSE:
        raise BadFolder(
            f"the database was written by a newer Owncast (schema {max(legacy or 0, goose or 0)}; known are "
            f"{OLDEST} to {NEWEST}, and {NEWEST_GOOSE} for 0.3). A newer Fedistream may know it."
        )
    if goose is None and (legacy or 0) < OLDEST:
        raise BadFolder(
            f"the database was written by an Owncast before 0.0.12 (schema {legacy}). Start it once with a version "
            "from 0.0.13 to 0.2.3, which brings it up to date."
        )
    if missing := [name for name in NEEDED if name not in tables]:
        raise BadFolder(f"the database is incomplete: it has no table {', '.join(missing)}. {_HALF}")


def _number(connection: sqlite3.Connection, tables: set[str], table: str, query: str) -> int | None:
    if table not in tables:
        return None
    row = connection.execute(query).fetchone()
    try:
        return None if row is None or row[0] is None else int(row[0])
    except ValueError:
        raise BadFolder("the version in the database is not a number") from None


class Source:
    """The rows of the copy. Tables and columns that a version does not have yet are empty."""

    def __init__(self, connection: sqlite3.Connection, data: Path) -> None:
        self._connection, self.data = connection, data

    def count(self, table: str) -> int:
        return 0 if not self._columns(table) else int(self._connection.execute(_count(table)).fetchone()[0])

    def rows(self, table: str, columns: Sequence[str], order: str = "rowid") -> Iterator[dict[str, Any]]:
        """Yield the rows of a table in the order of an SQL expression. Of two names for one column, "new|old", the
        first that exists is read; the key is the first name."""
        there = self._columns(table)
        if not there:
            return
        chosen = []
        for names in columns:
            known = next((f'"{name}"' for name in names.split("|") if name in there), "NULL")
            chosen.append(f'{known} AS "{names.partition("|")[0]}"')
        yield from self.query(f"SELECT {', '.join(chosen)} FROM {table} ORDER BY {order}")  # noqa: S608 names of ours

    def query(self, text: str) -> Iterator[dict[str, Any]]:
        cursor = self._connection.execute(text)
        while batch := cursor.fetchmany(BATCH):
            yield from (dict(row) for row in batch)

    def _columns(self, table: str) -> set[str]:
        return {str(row["name"]) for row in self._connection.execute(f"PRAGMA table_info({table})")}


def _count(table: str) -> str:
    return f"SELECT count(*) FROM {table}"  # noqa: S608 names of ours


def moment(value: object) -> datetime | None:
    """Return a time as Owncast stores it, without a zone in UTC; None for none, a malformed one, and years before
    1970."""
    found = _MOMENT.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, time, fraction, zone = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{time}{fraction or ''}").replace(tzinfo=_zone(zone))
        return at.astimezone(UTC) if at.year >= EPOCH.year else None
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    digits = text.replace(":", "")
    minutes = int(digits[1:3]) * 60 + int(digits[3:5])
    return timezone(timedelta(minutes=-minutes if digits[0] == "-" else minutes))


def text(value: object, longest: int) -> str:
    """Return a column as text of at most so many characters, "" for NULL and for what is no text."""
    if isinstance(value, bytes):
        value = _text(value)
    return value[:longest] if isinstance(value, str) else str(value)[:longest] if isinstance(value, int | float) else ""
