"""The emoji and public files of an Owncast server as files of this node, and the files that are left."""

import filecmp
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from fedistream.app.owncast_import.report import Report
from fedistream.chat.emoji import ENDINGS, MAX_BYTES, MAX_EMOJI, NAME
from fedistream.core.image_types import sniff

EMOJI, PUBLIC, IMAGES = "emoji", "public", "images"  # folders of a node's data folder; the first two are Owncast's too
ROOM = 1 << 30  # bytes that public files leave free on the disk
MAX_FILES = 20_000  # in all folders; Owncast's own set has a few hundred
MAX_LEVELS = 4


@dataclass(frozen=True, slots=True)
class EmojiFile:
    """An emoji: the file there, and its name here."""

    path: Path
    name: str


class Copies:
    """The files that an import writes into the node's data folder. They are removed again when what follows fails."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._made: list[Path] = []

    def __enter__(self) -> "Copies":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for path in self._made:
                path.unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder."""
        path = self._data_dir / folder
        return os.listdir(path) if path.is_dir() else []

    def copy(self, source: Path, folder: str, name: str) -> bool:
        """Copy a file to a path below a folder. Returns False when there is another file."""
        to = self._path(folder, name)
        if to.exists():
            return to.is_file() and filecmp.cmp(source, to, shallow=False)
        self._made.append(to)
        shutil.copyfile(source, to)
        return True

    def write(self, data: bytes, folder: str, name: str) -> None:
        """Write a file whose name is made from its bytes."""
        if not (to := self._path(folder, name)).exists():
            self._made.append(to)
            to.write_bytes(data)

    def room(self) -> int:
        """Return how many bytes public files may still take."""
        return shutil.disk_usage(self._data_dir).free - ROOM

    def _path(self, folder: str, name: str) -> Path:
        to = self._data_dir / folder / name
        to.parent.mkdir(parents=True, exist_ok=True)
        return to


def copy_emoji(data: Path, copies: Copies, report: Report) -> None:
    there = {os.path.splitext(name)[0].lower() for name in copies.names(EMOJI)}
    for each in emoji(data, there, report):
        copies.copy(each.path, EMOJI, each.name)
        report.take("emoji")


def copy_public(data: Path, copies: Copies, report: Report) -> None:
    room = copies.room()
    for path in public(data, report):
        name = str(path.relative_to(data / PUBLIC))
        if (size := path.stat().st_size) > room:
            report.leave("public files", "there is no room for them on the disk", name)
        elif copies.copy(path, PUBLIC, name):
            room -= size
            report.take("public files")
        else:
            report.leave("public files", "there is another one with the same name", name)


def public(data: Path, report: Report) -> Iterator[Path]:
    """Yield the files that Owncast publishes under /public."""
    for path in _files(data / PUBLIC):
        # a link could lead to any file of the machine
        if path.is_symlink() or not path.is_file():
            report.leave("public files", "not a file", path.name)
        else:
            yield path


def emoji(data: Path, taken: set[str], report: Report) -> Iterator[EmojiFile]:
    """Yield the emoji to copy. Owncast has folders of emoji, this node has one: of two with one name, the first counts.
    `taken` are the names that exist here, in lower case."""
    names = set(taken)
    for path in _files(data / EMOJI):
        stem, ending = os.path.splitext(path.name)
        why = _unfit(path, stem, ending)
        if not why and len(names) >= MAX_EMOJI:
            why = f"there can be {MAX_EMOJI} at most"
        if not why and stem.lower() in names:
            why = "there is one with the same name"
        if why:
            report.leave("emoji", why, path.name)
            continue
        names.add(stem.lower())
        yield EmojiFile(path, path.name)


def _unfit(path: Path, stem: str, ending: str) -> str:
    if ending.lower() not in ENDINGS:
        return "not a PNG, GIF, WebP or JPEG picture"
    if not NAME.fullmatch(stem):
        return "the name has other characters than Latin letters, digits, _, + and -"
    try:
        # a link could lead to any file of the machine
        if path.is_symlink() or not path.is_file():
            return "not a file"
        if path.stat().st_size > MAX_BYTES:
            return f"larger than {MAX_BYTES // 1024} KB"
        with path.open("rb") as file:
            return "" if sniff(file.read(32)) else "not a PNG, GIF, WebP or JPEG picture"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for here, folders, names in os.walk(folder):
        folders.sort()
        if len(Path(here).relative_to(folder).parts) >= MAX_LEVELS:
            folders.clear()
        for name in sorted(names):
            if (count := count + 1) > MAX_FILES:
                return
            if not name.startswith("."):
                yield Path(here) / name
