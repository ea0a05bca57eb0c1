"""The file of a backup: a gzipped tar with a manifest, which has the size and the SHA-256 of each file.

An archive is checked as one that somebody else may have changed: only regular files that the manifest names are
unpacked, under names of a plain form, and never more bytes than it says.
"""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

FORMAT = 1
MANIFEST = "manifest.json"
MAX_MANIFEST = 16 << 20  # bytes
MAX_FILES = 100_000
BLOCK = 1 << 20
LEVEL = 3  # of gzip: 5 would take twice as long for a tenth less
# parts are names without a leading dot, so that none leads out of the folder; 100 characters fit into a plain header
NAME = re.compile(r"(?=.{1,100}\Z)(?:[A-Za-z0-9_+-][A-Za-z0-9._+-]*/){0,6}[A-Za-z0-9_+-][A-Za-z0-9._+-]*")

Progress = Callable[[int, int], None]


class BadArchive(Exception):
    """The file is not a backup, or not a sound one. The text says why."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a backup. `tables` are the columns of each table, for PostgreSQL."""

    made_at: str
    version: str
    revision: str
    database: str
    tables: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, FileEntry] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.files.values())


def write(path: Path, manifest: Manifest, sources: Mapping[str, Path], progress: Progress) -> Manifest:
    """Write a backup of these files, by their names in it. Returns the manifest with their sizes and digests.

    The file appears under its name when it is complete and on disk. Raises OSError and FileExistsError.
    """
    if path.exists():
        raise FileExistsError(17, "there is a file of this name", str(path))
    files = {name: _entry(source) for name, source in sources.items()}
    whole = Manifest(manifest.made_at, manifest.version, manifest.revision, manifest.database, manifest.tables, files)
    half = path.with_name(f".{path.name}.part")
    try:
        with half.open("wb") as raw:
            os.fchmod(raw.fileno(), 0o600)  # it has keys and password hashes
            with (
                gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as zipped,
                tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as tar,
            ):
                _write_members(tar, whole, sources, progress)
            raw.flush()
            os.fsync(raw.fileno())
        half.rename(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    return whole


def _write_members(tar: tarfile.TarFile, manifest: Manifest, sources: Mapping[str, Path], progress: Progress) -> None:
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1, sort_keys=True).encode()
    _add(tar, MANIFEST, len(text), io.BytesIO(text))
    done = 0
    for name, source in sources.items():
        with source.open("rb") as file:
            _add(tar, name, manifest.files[name].size, file)
        done += manifest.files[name].size
        progress(done, manifest.size)


def _add(tar: tarfile.TarFile, name: str, size: int, file: BinaryIO) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, file)


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileEntry(file.tell(), digest)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest, without a look at the files. Raises BadArchive and OSError."""
    with _opened(path) as members:
        return _manifest(next(members, None))


def unpack(path: Path, to: Path, progress: Progress) -> Manifest:
    """Unpack a backup into an empty folder, and compare every file with the manifest. Raises BadArchive and OSError."""
    with _opened(path) as members:
        manifest = _manifest(next(members, None))
        found: set[str] = set()
        done = 0
        for member in members:
            entry = manifest.files.get(member.name)
            if entry is None or member.name in found:
                raise BadArchive(f"it has a file that its manifest does not name once: {member.name[:200]!r}")
            found.add(member.name)
            _unpack_one(member, entry, to / member.name)
            done += entry.size
            progress(done, manifest.size)
        if missing := manifest.files.keys() - found:
            raise BadArchive(f"it is incomplete: {sorted(missing)[0]} is missing")
    return manifest


def _unpack_one(member: "_Member", entry: FileEntry, to: Path) -> None:
    if member.size != entry.size:
        raise BadArchive(f"{member.name} has another size than the manifest says")
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with to.open("xb") as out:
        os.fchmod(out.fileno(), 0o600)
        while block := member.read(BLOCK):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != entry.sha256:
        raise BadArchive(f"{member.name} was changed: it does not have the checksum of the manifest")


class _Member:
    """One file in an archive; its bytes can be read once, in order."""

    def __init__(self, source: gzip.GzipFile, header: tarfile.TarInfo) -> None:
        self.name, self.size = header.name, header.size
        self._source, self._left = source, header.size

    def read(self, most: int) -> bytes:
        block = self._source.read(min(most, self._left))
        if not block and self._left:
            raise BadArchive(f"it ends in the middle of {self.name}")
        self._left -= len(block)
        return block

    def skip(self) -> None:
        while self.read(BLOCK):
            pass
        self._source.read(-self.size % tarfile.BLOCKSIZE)


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[_Member]]:
    """Give the members of an archive one after the other. Errors of the formats become BadArchive."""
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as zipped:
            yield _members(zipped)
    except (tarfile.HeaderError, zlib.error, gzip.BadGzipFile, EOFError, UnicodeError) as error:
        raise BadArchive(f"it is damaged or not a backup ({error})") from error


def _members(zipped: gzip.GzipFile) -> Iterator[_Member]:
    """Yield the members. Not by TarFile: it reads extended headers of any length into memory, and this needs none."""
    for _ in range(MAX_FILES + 2):
        block = zipped.read(tarfile.BLOCKSIZE)
        if len(block) < tarfile.BLOCKSIZE:
            raise BadArchive("it is cut off")
        if not block.strip(b"\0"):
            # the checksum of gzip is at the end
            while zipped.read(BLOCK):
                pass
            return
        header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        if header.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or header.size < 0:
            raise BadArchive(f"it has something that is not a file: {header.name[:200]!r}")
        member = _Member(zipped, header)
        yield member
        member.skip()
    raise BadArchive(f"it has more than {MAX_FILES} files")


def _manifest(first: _Member | None) -> Manifest:
    if first is None or first.name != MANIFEST:
        raise BadArchive("it has no manifest: it is not a backup of a node")
    if first.size > MAX_MANIFEST:
        raise BadArchive("its manifest is too long")
    text = b""
    while block := first.read(BLOCK):
        text += block
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadArchive("its manifest cannot be read") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        form = found.get("format") if isinstance(found, dict) else None
        raise BadArchive(f"its form is {form!r}, and this version reads form {FORMAT}")
    return _parsed(found)


def _parsed(found: dict[str, Any]) -> Manifest:
    try:
        files = {str(name): FileEntry(int(each["size"]), str(each["sha256"])) for name, each in found["files"].items()}
        tables = {str(name): [str(column) for column in names] for name, names in found["tables"].items()}
        texts = {name: str(found[name]) for name in ("made_at", "version", "revision", "database")}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadArchive("its manifest is incomplete") from error
    if len(files) > MAX_FILES or any(not NAME.fullmatch(name) or entry.size < 0 for name, entry in files.items()):
        raise BadArchive("its manifest names a file that no backup has")
    if any(not re.fullmatch(r"[a-z_]{1,63}", name) for name in tables):
        raise BadArchive("its manifest names a table that no backup has")
    return Manifest(**texts, tables=tables, files=files)
