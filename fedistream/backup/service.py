"""Makes backups of a node that runs, and restores one that does not.

A backup has the database and those files of the data folder that cannot be made again (`FILES`). A restore unpacks and
checks everything first; then it puts the old data aside and the new data in its place.
"""

import asyncio
import errno
import logging
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fedistream.backup import archive
from fedistream.backup.archive import BadArchive, Manifest, Progress
from fedistream.db import DatabaseProblem, snapshot
from fedistream.db.address import Address, PostgresAddress, SqliteAddress
from fedistream.db.revisions import HEAD, KNOWN
from fedistream.db.snapshot import Unreadable

log = logging.getLogger(__name__)

FOLDER = "backups"  # in the data folder
HOURLY = re.compile(r"hourly-\d{8}T\d{6}Z\.tar\.gz")
DATABASE, DATA = "database", "data"  # the folders in the archive
SCRATCH = ".backup-"
# the files and folders of the data folder that are kept: keys, and what the admin has uploaded
FILES = ("node.key", "pictures/key", "emoji", "stills", "images", "public")
MAX_FILE = 64 << 20  # bytes; none of these files is larger
SPARE = 64 << 20  # bytes that stay free on the disk


class NotDone(Exception):
    """A backup was not made, or not restored. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """The data of a node: its database and its folder."""

    address: Address
    data_dir: Path

    @property
    def kind(self) -> str:
        return "postgres" if isinstance(self.address, PostgresAddress) else "sqlite"


async def make(place: Place, to: Path, stamp: tuple[datetime, str], progress: Progress) -> Manifest:
    """Make a backup. `stamp` is the time and the version of the program. Raises NotDone; then there is no file."""
    at, version = stamp
    # the copy of the database lies beside the backup, where there has to be room anyway
    with _faults(to), tempfile.TemporaryDirectory(prefix=SCRATCH, dir=to.parent) as scratch:
        revision, tables = await snapshot.copy(place.address, Path(scratch), progress)
        manifest = Manifest(at.isoformat(), version, revision, place.kind, tables)
        return await asyncio.to_thread(_write, place, Path(scratch), (to, manifest), progress)


def _write(place: Place, scratch: Path, what: tuple[Path, Manifest], progress: Progress) -> Manifest:
    to, manifest = what
    sources = {f"{DATABASE}/{path.name}": path for path in sorted(scratch.iterdir())}
    sources |= {f"{DATA}/{name}": path for name, path in _kept(place.data_dir)}
    return archive.write(to, manifest, sources, progress)


def _kept(data_dir: Path) -> Iterator[tuple[str, Path]]:
    for name in FILES:
        top = data_dir / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            inner = path.relative_to(data_dir).as_posix()
            # a link could lead to any file of the machine
            plain = path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_FILE
            if plain and archive.NAME.fullmatch(f"{DATA}/{inner}"):
                yield inner, path


async def restore(place: Place, source: Path, at: datetime, progress: Progress) -> tuple[Manifest, Path]:
    """Restore a backup. The node must not be running. Returns its manifest, and the folder with the old data.

    Raises NotDone; then the old data is in its place.
    """
    with _faults(source), _scratch_in(place.data_dir) as scratch:
        _check(archive.read_manifest(source), place, scratch)
        manifest = await asyncio.to_thread(archive.unpack, source, scratch, progress)
        old = place.data_dir / f"before-restore-{at:%Y%m%dT%H%M%SZ}"
        if isinstance(place.address, PostgresAddress):
            await asyncio.to_thread(old.mkdir, 0o700)
            if not await snapshot.is_empty_postgres(place.address):
                await make(place, old / "backup.tar.gz", (at, manifest.version), progress)
            database = scratch / DATABASE
            await snapshot.load_postgres(place.address, database, manifest.tables, manifest.revision, progress)
        else:
            await asyncio.to_thread(_replace_sqlite, place.address, scratch, old)
        await asyncio.to_thread(_replace_files, place.data_dir, scratch / DATA, old)
        return manifest, old


@contextmanager
def _scratch_in(data_dir: Path) -> Iterator[Path]:
    """Make a folder to unpack into, on the disk of the data folder; what killed restores have left is deleted."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clean(data_dir)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=data_dir) as scratch:
        yield Path(scratch)


def _check(manifest: Manifest, place: Place, scratch: Path) -> None:
    """Raise BadArchive for a backup that this program cannot use here, before anything is unpacked."""
    kind = place.kind
    if manifest.database != kind:
        raise BadArchive(f"it is of a {manifest.database} database, and this node has a {kind} one (--database-url)")
    if manifest.revision not in KNOWN:
        raise BadArchive(
            f"it was made by a newer version of this program ({manifest.version}; its tables are at "
            f"{manifest.revision}, known is {HEAD}). Use that version"
        )
    wanted = {f"{DATABASE}/{name}" for name in (manifest.tables if kind == "postgres" else (snapshot.SQLITE,))}
    names = set(manifest.files)
    if not wanted <= names or any(not name.startswith((f"{DATA}/", f"{DATABASE}/")) for name in names):
        raise BadArchive("its manifest does not name the database")
    room = shutil.disk_usage(scratch).free - SPARE
    if manifest.size > room:
        raise BadArchive(f"it needs {manifest.size >> 20} MiB of disk, and {max(room, 0) >> 20} MiB are free")


def _replace_sqlite(address: SqliteAddress, scratch: Path, old: Path) -> None:
    """Put the unpacked database in place. At every moment there is the old one or the new one."""
    fresh = scratch / DATABASE / snapshot.SQLITE
    revision = snapshot.check_sqlite(fresh)
    if revision not in KNOWN:
        raise BadArchive(f"the database in it is at {revision}, which this version does not know")
    old.mkdir(mode=0o700)
    address.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if address.path.exists():
        _settle(address.path)
        os.link(address.path, old / address.path.name)
    for ending in ("-wal", "-shm"):
        # what is left of a database that could not be settled; it would be taken for a part of the new one
        if (part := address.path.with_name(address.path.name + ending)).exists():
            part.rename(old / part.name)
    fresh.replace(address.path)


def _settle(path: Path) -> None:
    """Move what is in the write-ahead log into the database, if the database is sound enough."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        log.warning("the old database is kept as it is: %s", error)


def _replace_files(data_dir: Path, fresh: Path, old: Path) -> None:
    """Put the unpacked files in place, each kept file or folder as a whole; the old ones go to `old`."""
    for name in FILES:
        new, present = fresh / name, data_dir / name
        if not new.exists():
            continue
        if present.exists():
            (old / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            present.rename(old / name)
        present.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.rename(present)


def _clean(data_dir: Path) -> None:
    """Delete what a restore that was killed has left."""
    for left in data_dir.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn the errors of files and databases into one sentence."""
    try:
        yield
    except BadArchive as error:
        raise NotDone(f"{path} cannot be restored: {error}") from error
    except (Unreadable, DatabaseProblem) as error:
        raise NotDone(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NotDone(_full(path)) from error
        raise NotDone(f"{error.filename or path}: {error.strerror or error}") from error
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise NotDone(_full(path) if full else f"the database cannot be copied: {error}") from error


def _full(path: Path) -> str:
    return f"the disk is full: make room, or choose another place than {path}"


class HourlyBackups:
    """The backups that a worker makes by itself, the newest `kept()` of them; none if that is 0."""

    def __init__(self, place: Place, kept: Callable[[], int], now: Callable[[], datetime], version: str) -> None:
        self._place, self._kept, self._now, self._version = place, kept, now, version

    async def run(self) -> None:
        """Make one and delete those that are too many. Failures are logged: the next hour tries again."""
        kept = self._kept()
        if kept <= 0:
            return
        try:
            await self._make(kept)
        except (NotDone, OSError) as error:
            log.error("there is no backup of this hour: %s", error)
        except Exception:
            log.exception("there is no backup of this hour")

    async def _make(self, kept: int) -> None:
        folder, at = self._place.data_dir / FOLDER, self._now()
        await asyncio.to_thread(_prepared, folder)
        name = f"hourly-{at:%Y%m%dT%H%M%SZ}.tar.gz"
        await make(self._place, folder / name, (at, self._version), _quiet)
        await asyncio.to_thread(self._prune, folder, kept)

    def _prune(self, folder: Path, kept: int) -> None:
        made = sorted(path for path in folder.iterdir() if HOURLY.fullmatch(path.name))
        for path in made[: max(0, len(made) - kept)]:
            path.unlink(missing_ok=True)


def _prepared(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clean(folder)
    for left in folder.glob(".*.part"):
        left.unlink()


def _quiet(done: int, whole: int) -> None:
    """Show nothing."""
