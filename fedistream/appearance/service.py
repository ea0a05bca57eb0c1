"""The channel's logo and the node's favicon: files in a folder, each named by its content.

A setting holds the name of the file in use, so that a change is seen by both processes and followers' servers are told.
An SVG is refused: it may contain scripts, other servers do not show it, and nothing here could turn it into a PNG.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiofiles
import aiofiles.os

from fedistream.appearance.image_headers import is_svg, read
from fedistream.appearance.values import MEDIA_TYPES, Image, ImageProblem
from fedistream.core.errors import Invalid
from fedistream.core.ports import SettingsWriter

log = logging.getLogger(__name__)

LOGO, FAVICON = "channel.logo", "node.favicon"
MAX_LOGO = 1024 * 1024  # bytes; other servers take more, and scale an avatar to 400 pixels
MAX_FAVICON = 200 * 1024  # what other streaming servers take
MAX_LOGO_SIDE, MAX_FAVICON_SIDE = 4096, 1024  # pixels: 64 MiB when decoded, and 4 MiB
LOGO_KINDS, FAVICON_KINDS = frozenset(("png", "jpg", "gif", "webp")), frozenset(("png", "ico"))


def logo_file(data: bytes) -> str:
    """Return the name of the file for a logo. Raises Invalid."""
    if len(data) > MAX_LOGO:
        raise Invalid("file", ImageProblem.IMAGE_BYTES, kib=MAX_LOGO // 1024)
    header = read(data)
    if header is None or header.kind not in LOGO_KINDS:
        raise Invalid("logo", ImageProblem.LOGO_SVG if is_svg(data) else ImageProblem.LOGO_FORMAT)
    _check_side("logo", header.width, header.height, MAX_LOGO_SIDE)
    return _named(data, header.kind)


def favicon_file(data: bytes) -> str:
    """Return the name of the file for a favicon. Raises Invalid."""
    if len(data) > MAX_FAVICON:
        raise Invalid("file", ImageProblem.IMAGE_BYTES, kib=MAX_FAVICON // 1024)
    header = read(data)
    if header is None or header.kind not in FAVICON_KINDS:
        raise Invalid("favicon", ImageProblem.FAVICON_FORMAT)
    _check_side("favicon", header.width, header.height, MAX_FAVICON_SIDE)
    return _named(data, header.kind)


class Images:
    """The images in `folder`, which is made with the first one. `channel_ids` returns the ids of all channels."""

    def __init__(self, settings: SettingsWriter, folder: Path, channel_ids: Callable[[], tuple[int, ...]]) -> None:
        self._settings, self._folder, self._channel_ids = settings, folder, channel_ids
        self._turn = asyncio.Lock()

    async def logo(self, channel_id: int) -> Image | None:
        """Return the channel's logo, or None when it has none of its own."""
        return await self._read(str(self._settings.value(LOGO, channel_id)))

    async def favicon(self) -> Image | None:
        return await self._read(str(self._settings.value(FAVICON)))

    async def set_logo(self, channel_id: int, data: bytes) -> None:
        """Store a logo. Raises Invalid."""
        await self._change(LOGO, channel_id, data, logo_file(data))

    async def set_favicon(self, data: bytes) -> None:
        """Store a favicon. Raises Invalid."""
        await self._change(FAVICON, None, data, favicon_file(data))

    async def remove_logo(self, channel_id: int) -> None:
        await self._change(LOGO, channel_id)

    async def remove_favicon(self) -> None:
        await self._change(FAVICON, None)

    async def _change(self, name: str, channel_id: int | None, data: bytes = b"", file: str = "") -> None:
        async with self._turn:  # of two changes at once, neither deletes the file of the other
            if file:
                await self._write(file, data)
            await self._settings.change(name, file, channel_id)
            await self._tidy()

    async def _write(self, file: str, data: bytes) -> None:
        await aiofiles.os.makedirs(self._folder, exist_ok=True)
        # under another name first, so that no request reads half an image
        half = self._folder / f".{file}.new"
        async with aiofiles.open(half, "wb") as written:
            await written.write(data)
        await aiofiles.os.replace(half, self._folder / file)

    async def _tidy(self) -> None:
        """Delete the files that no setting names any more."""
        used = {self._settings.value(LOGO, each) for each in (None, *self._channel_ids())}
        used.add(self._settings.value(FAVICON))
        with suppress(FileNotFoundError):
            for file in await aiofiles.os.listdir(self._folder):
                if file not in used:
                    await aiofiles.os.unlink(self._folder / file)

    async def _read(self, file: str) -> Image | None:
        stem, _, kind = file.partition(".")
        if not file or kind not in MEDIA_TYPES:
            return None
        try:
            async with aiofiles.open(self._folder / file, "rb") as stored:
                return Image(await stored.read(MAX_LOGO), MEDIA_TYPES[kind], stem)
        except OSError as error:
            log.warning("the image %s could not be read, and the default is shown: %s", file, error)
            return None


def _named(data: bytes, kind: str) -> str:
    return f"{hashlib.sha256(data).hexdigest()[:32]}.{kind}"


def _check_side(field: str, width: int, height: int, most: int) -> None:
    if not (0 < width <= most and 0 < height <= most):
        raise Invalid(field, ImageProblem.IMAGE_PIXELS, most=most)
