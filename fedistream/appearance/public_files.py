"""The files that the operator puts into the folder `public` of the data folder, for everybody to load."""

import asyncio
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fedistream.appearance.values import ImageProblem
from fedistream.core.errors import NotFound

MAX_PATH = 500  # characters

MEDIA_TYPES = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".avif": "image/avif",
    ".ico": "image/vnd.microsoft.icon",
    ".svg": "image/svg+xml",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
}
OTHER = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class PublicFile:
    path: Path
    media_type: str
    facts: os.stat_result


class PublicFiles:
    """The files in `folder` and its folders. Hidden files and symbolic links are not published."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def find(self, path: str) -> PublicFile:
        """Return the file with this path, which has to be its exact name. Raises NotFound."""
        parts = path.split("/")
        if len(path) > MAX_PATH or any(not part or part.startswith(".") or set(part) & set("\\\0") for part in parts):
            raise NotFound(ImageProblem.NO_FILE)
        return await asyncio.to_thread(self._find, parts)

    def _find(self, parts: list[str]) -> PublicFile:
        at = self._folder
        try:
            for part in parts:
                at /= part
                facts = at.lstat()
                if stat.S_ISLNK(facts.st_mode):  # it could lead to any file of the machine
                    raise NotFound(ImageProblem.NO_FILE)
        except (OSError, ValueError) as error:
            raise NotFound(ImageProblem.NO_FILE) from error
        if not stat.S_ISREG(facts.st_mode):
            raise NotFound(ImageProblem.NO_FILE)
        return PublicFile(at, MEDIA_TYPES.get(PurePosixPath(parts[-1]).suffix.lower(), OTHER), facts)
