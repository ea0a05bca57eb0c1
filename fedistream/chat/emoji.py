"""Custom emoji: image files in a folder, shown in messages for `:name:`. The admin may also copy files into the
folder. Beside them is a default set, which the admin can hide."""

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import aiofiles
import aiofiles.os

from fedistream.chat.render import EMOJI_PATH
from fedistream.chat.values import ChatProblem
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.core.image_types import MEDIA_TYPES, sniff

MAX_BYTES = 256 * 1024  # of one image
MAX_EMOJI = 1_000
NAME = re.compile(r"[A-Za-z0-9_+-]{1,64}")
ENDINGS = {".png": "png", ".gif": "gif", ".webp": "webp", ".jpg": "jpg", ".jpeg": "jpg"}


@dataclass(frozen=True, slots=True)
class Picture:
    """The image of one emoji. `file` is its name in the folder, `url` the path under which browsers load it."""

    name: str
    file: str

    @property
    def url(self) -> str:
        return EMOJI_PATH + self.file


class Emoji:
    """The custom emoji in `folder`, which is made when the first emoji is added.

    `defaults` is the folder of the default set, which is part of the node; `default_shown` says whether it is offered.
    An emoji of the admin's takes the place of a default one with its name.
    """

    def __init__(
        self, folder: Path, defaults: Path | None = None, default_shown: Callable[[], bool] = lambda: True
    ) -> None:
        self._folder, self._default_shown = folder, default_shown
        self._defaults: Mapping[str, Picture] = {}
        self._default_folder = defaults or folder
        if defaults is not None and defaults.is_dir():
            self._defaults = {file.stem: Picture(file.stem, file.name) for file in sorted(defaults.glob("*.svg"))}
        self._offered: tuple[bool, Mapping[str, str]] | None = None
        self._changed_ns = -1
        self._pictures: dict[str, Picture] = {}
        self._urls: Mapping[str, str] = MappingProxyType({})

    def all(self) -> tuple[Picture, ...]:
        """Return all emoji, sorted by name."""
        self._look()
        if not self._default_shown():
            return tuple(self._pictures.values())
        return tuple(picture for _, picture in sorted({**self._defaults, **self._pictures}.items()))

    def own(self) -> tuple[Picture, ...]:
        """Return the admin's emoji, sorted by name."""
        self._look()
        return tuple(self._pictures.values())

    def urls(self) -> Mapping[str, str]:
        """Return the URL path of each emoji, by its name in lower case."""
        self._look()
        shown = self._default_shown()
        if self._offered is None or self._offered[0] != shown:
            urls = {name: picture.url for name, picture in self._defaults.items()} if shown else {}
            self._offered = (shown, MappingProxyType({**urls, **self._urls}))
        return self._offered[1]

    async def read(self, file: str) -> tuple[bytes, str]:
        """Return the bytes and the media type of the image with this file name. Raises NotFound, also for a file that
        is not an image."""
        if any(picture.file == file for picture in self._defaults.values()):
            # also while the set is hidden: older messages show them
            return await _default(self._default_folder / file), "image/svg+xml"
        self._look()
        if not any(picture.file == file for picture in self._pictures.values()):
            raise NotFound(ChatProblem.NO_EMOJI)
        data = await _read(self._folder / file)
        if data is None or (kind := sniff(data)) is None:
            raise NotFound(ChatProblem.NO_EMOJI)
        return data, MEDIA_TYPES[kind]

    async def put(self, name: str, data: bytes) -> Picture:
        """Store an image under this name.

        The file format comes from the content; a file ending in the name is ignored. Raises Invalid for a bad name or
        image, Conflict for a name that is taken.
        """
        stem = _stem(name)
        if len(data) > MAX_BYTES:
            raise Invalid("emoji", ChatProblem.EMOJI_SIZE, kib=MAX_BYTES // 1024)
        kind = sniff(data)
        if kind is None:
            raise Invalid("emoji", ChatProblem.EMOJI_FORMAT)
        self._look()
        if stem.lower() in self._pictures:
            raise Conflict(ChatProblem.EMOJI_TAKEN, name=stem)
        if len(self._pictures) >= MAX_EMOJI:
            raise Invalid("emoji", ValueProblem.MANY, most=MAX_EMOJI)
        picture = Picture(stem, f"{stem}.{kind}")
        await self._write(picture.file, data)
        self._changed_ns = -1
        return picture

    async def delete(self, name: str) -> None:
        """Delete the emoji with this name, file name or URL path. Raises Invalid, NotFound."""
        stem = _stem(name.rpartition("/")[2] if name.startswith(EMOJI_PATH) else name)
        self._look()
        picture = self._pictures.get(stem.lower())
        if picture is None:
            raise NotFound(ChatProblem.NO_EMOJI)
        with suppress(FileNotFoundError):
            await aiofiles.os.unlink(self._folder / picture.file)
        self._changed_ns = -1

    def _look(self) -> None:
        """Read the folder again if its modification time has changed."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:
            changed = 0
        if changed == self._changed_ns:
            return
        self._changed_ns = changed
        self._offered = None
        found: dict[str, Picture] = {}
        for file in sorted(os.listdir(self._folder)) if changed else ():
            stem, ending = os.path.splitext(file)
            if ending.lower() in ENDINGS and NAME.fullmatch(stem) and len(found) < MAX_EMOJI:
                found.setdefault(stem.lower(), Picture(stem, file))
        self._pictures = found
        self._urls = MappingProxyType({name: picture.url for name, picture in found.items()})

    async def _write(self, file: str, data: bytes) -> None:
        await aiofiles.os.makedirs(self._folder, exist_ok=True)
        # under another name first, so that no request reads half an image
        half = self._folder / f".{file}.new"
        async with aiofiles.open(half, "wb") as picture:
            await picture.write(data)
        await aiofiles.os.replace(half, self._folder / file)


async def _default(path: Path) -> bytes:
    async with aiofiles.open(path, "rb") as picture:
        return await picture.read()


async def _read(path: Path) -> bytes | None:
    """Return the bytes of a file, or None when it may not be shown."""
    # a symbolic link could lead to any file of the machine, and a huge file would fill the memory
    try:
        if await aiofiles.os.path.islink(path) or await aiofiles.os.path.getsize(path) > MAX_BYTES:
            return None
        async with aiofiles.open(path, "rb") as picture:
            return await picture.read()
    except OSError:
        return None


def _stem(name: str) -> str:
    stem, ending = os.path.splitext(name)
    stem = stem if ending.lower() in ENDINGS else name
    if not NAME.fullmatch(stem):
        raise Invalid("emoji name", ChatProblem.EMOJI_NAME)
    return stem
