"""Fetches remote images and keeps them in a folder for a while.

So the visitors of a page are not revealed to other servers, and other servers are asked once, not by every visitor.
Images are served unchanged, and only if their first bytes are those of a format that cannot hold scripts.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiofiles
import aiofiles.os

from activitypub.bounded_dict import BoundedDict
from activitypub.network import redirects
from activitypub.network.guard import Blocked
from activitypub.network.redirects import RedirectRefused
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.urls import BadUrl
from fedistream.core.errors import NotFound, TooMany
from fedistream.core.image_types import MEDIA_TYPES, sniff
from fedistream.core.supervisor import go
from fedistream.remote_media.signed_paths import KEY, SignedPaths
from fedistream.remote_media.values import PictureProblem

log = logging.getLogger(__name__)

ACCEPT = (("Accept", "image/webp, image/png, image/jpeg, image/gif"),)
MAX_FAILED = 10_000  # URLs remembered for having no image


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the proxy. Sizes in bytes, times in seconds."""

    picture: int = 1024 * 1024  # bytes
    folder: int = 64 * 1024 * 1024
    at_once: int = 4
    waiting: int = 200
    fresh_s: float = 7 * 86_400.0  # then it is fetched again, because avatars change
    failed_s: float = 600.0  # until a failed URL is tried again


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of an image and its media type."""

    data: bytes
    media_type: str


class MediaProxy:
    """The proxy. `folder` is the one that holds the key of `paths`. `clock` returns Unix seconds."""

    def __init__(
        self,
        transport: Transport,
        paths: SignedPaths,
        folder: Path,
        clock: Callable[[], float],
        limits: Limits | None = None,
    ) -> None:
        self._transport, self._paths, self._folder, self._clock = transport, paths, folder, clock
        self._limits = limits or Limits()
        self._turn = asyncio.Semaphore(self._limits.at_once)
        self._fetching: dict[str, asyncio.Task[Image]] = {}
        self._failed: BoundedDict[str, float] = BoundedDict(MAX_FAILED)
        self._kept: int | None = None  # bytes in the folder; counted at the first write

    def path(self, url: str) -> str:
        """Return the path under which the image with this URL is served, or "" for a text that is not a URL."""
        return self._paths.path(url)

    async def read(self, mac: str, source: str) -> Image:
        """Return the image of a path. Raises NotFound, and TooMany when too many images are being fetched."""
        url = self._paths.url(mac, source)
        file = self._folder / hashlib.sha256(url.encode()).hexdigest()
        kept, at = await _read(file)
        if kept is not None and self._clock() - at < self._limits.fresh_s:
            return kept
        if self._failed.get(url, 0.0) <= self._clock():
            try:
                return await asyncio.shield(self._fetch(url, file))
            except NotFound:
                log.debug("no image came from %s", url)
        if kept is None:
            raise NotFound(PictureProblem.NO_PICTURE)
        return kept  # an outdated avatar is better than none

    async def close(self) -> None:
        """Cancel all running fetches."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fetch(self, url: str, file: Path) -> "asyncio.Task[Image]":
        """Return the task that fetches this URL; all requests for one URL share it. Raises TooMany."""
        task = self._fetching.get(url)
        if task is None:
            if len(self._fetching) >= self._limits.waiting:
                raise TooMany(1)
            task = self._fetching[url] = go("picture", self._bring(url, file), expected=(NotFound,))
            task.add_done_callback(lambda done: self._brought(url, done))
        return task

    def _brought(self, url: str, task: "asyncio.Task[Image]") -> None:
        del self._fetching[url]
        if task.cancelled() or task.exception() is None:
            return
        self._failed[url] = self._clock() + self._limits.failed_s

    async def _bring(self, url: str, file: Path) -> Image:
        async with self._turn:
            try:
                answer = await self._get(url)
            except (BadUrl, Blocked, RedirectRefused, ResponseTooLarge, Unreachable) as why:
                raise NotFound(PictureProblem.NOT_FETCHED, detail=str(why)) from why
        kind = sniff(answer.body)
        if answer.status != 200 or kind is None:
            raise NotFound(PictureProblem.NOT_A_PICTURE, status=answer.status)
        await self._keep(file, answer.body)
        return Image(answer.body, MEDIA_TYPES[kind])

    async def _get(self, url: str) -> Response:
        return (await redirects.get(self._transport, url, ACCEPT, max_body=self._limits.picture)).response

    async def _keep(self, file: Path, data: bytes) -> None:
        try:
            grown = await _write(file, data, self._clock())
            self._kept = await asyncio.to_thread(_size, self._folder) if self._kept is None else self._kept + grown
            if self._kept > self._limits.folder:
                self._kept = await asyncio.to_thread(_thin, self._folder, self._limits.folder // 2)
        except OSError as error:
            # such as a full disk: the image is served all the same
            log.warning("an image could not be stored: %s", error)


async def _read(file: Path) -> tuple[Image | None, float]:
    """Return the stored image, or None, and when it was stored (Unix seconds)."""
    try:
        async with aiofiles.open(file, "rb") as kept:
            data = await kept.read()
        at = await aiofiles.os.path.getmtime(file)
    except OSError:
        return None, 0.0
    kind = sniff(data)
    return (None if kind is None else Image(data, MEDIA_TYPES[kind])), at


async def _write(file: Path, data: bytes, at: float) -> int:
    """Store a file. Returns by how many bytes the folder has grown."""
    before = await aiofiles.os.path.getsize(file) if await aiofiles.os.path.exists(file) else 0
    fresh = file.with_suffix(".new")
    async with aiofiles.open(fresh, "wb") as kept:
        await kept.write(data)
    await asyncio.to_thread(os.utime, fresh, (at, at))
    await aiofiles.os.replace(fresh, file)
    return len(data) - before


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.name != KEY)


def _thin(folder: Path, most: int) -> int:
    """Delete the oldest files until at most `most` bytes are left. Returns how many are left."""
    found = sorted((file.stat().st_mtime, file.stat().st_size, file) for file in folder.iterdir() if file.name != KEY)
    left = sum(size for _, size, _ in found)
    for _, size, file in found:
        if left <= most:
            break
        file.unlink(missing_ok=True)
        left -= size
    return left
