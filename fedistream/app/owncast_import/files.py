"""The emoji of an Owncast server as files of this node, and the files that are left."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fedistream.app.owncast_import.report import Report
from fedistream.chat.emoji import ENDINGS, MAX_BYTES, MAX_EMOJI, NAME
from fedistream.core.image_types import sniff

FOLDER = "emoji"
MAX_FILES = 20_000  # in all folders; Owncast's own set has a few hundred
MAX_LEVELS = 4


@dataclass(frozen=True, slots=True)
class EmojiFile:
    """An emoji: the file there, and its name here."""

    path: Path
    name: str


def emoji(data: Path, taken: set[str], report: Report) -> Iterator[EmojiFile]:
    """Yield the emoji to copy. Owncast has folders of emoji, this node has one: of two with one name, the first counts.
    `taken` are the names that exist here, in lower case."""
    names = set(taken)
    for path in _files(data / FOLDER):
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
