"""Thumbnails of live broadcasts: the latest in memory, and one file for each broadcast's page.

`media.codec` renders them. A failed rendering is logged, and the next one is tried as usual.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import aiofiles
import aiofiles.os

from fedistream.broadcasts.values import LiveStatus
from fedistream.core.events import BroadcastStarted, EncoderReturned
from media import Keyframe, LastKeyframe, jpeg
from media.codec import NoThumbnail, Thumbnail

log = logging.getLogger(__name__)

PERIOD_S = 20.0  # an older image on a card looks wrong; an image costs 0.1 s of CPU
FIRST_S = 1.0  # until the next look for the first keyframe of a broadcast
RECENT = 10  # images in memory for the preview, of about 60 KB each
KEEP = 200  # files, of about 60 KB each
MAX_FILE = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG image of a broadcast; sizes in pixels. `mark` changes with its bytes."""

    width: int
    height: int
    jpeg: bytes
    at: datetime

    @property
    def mark(self) -> str:
        return sha256(self.jpeg).hexdigest()[:16]


@dataclass(slots=True)
class Latest:
    """The newest keyframe and image of a channel's broadcast."""

    broadcast_id: int
    keyframe: Keyframe | None = None
    picture: Picture | None = None
    recent: deque[Picture] = field(default_factory=lambda: deque(maxlen=RECENT))


class Thumbnails:
    """The thumbnails of all channels, made every `period_s` seconds. `run` must be running.

    `live` returns a channel's live status, `channel_ids` the ids of all channels. `render` returns a JPEG image of a
    keyframe, or raises NoThumbnail. `folder` is made when the first file is stored.
    """

    def __init__(
        self,
        live: Callable[[int], LiveStatus],
        channel_ids: Callable[[], tuple[int, ...]],
        render: Callable[[Keyframe], Awaitable[Thumbnail]],
        now: Callable[[], datetime],
        folder: Path,
        period_s: float = PERIOD_S,
    ) -> None:
        self._live, self._channel_ids, self._render, self._now = live, channel_ids, render, now
        self._folder, self._period_s = folder, period_s
        self._latest: dict[int, Latest] = {}
        self._keyframes: dict[int, LastKeyframe] = {}
        self._wake = asyncio.Event()

    def wake(self, fact: BroadcastStarted | EncoderReturned) -> None:
        """Wake `run`, because a broadcast is live."""
        self._wake.set()

    def tap(self, live_status: LiveStatus) -> LastKeyframe:
        """Return the tap that receives the keyframes of a new live session; see Broadcasts.attach."""
        tap = self._keyframes[live_status.channel_id] = LastKeyframe()
        return tap

    def latest(self, channel_id: int) -> Picture | None:
        """Return the newest image of the running broadcast, or None without a broadcast or before its first image."""
        found = self._latest.get(channel_id)
        if found is None or found.broadcast_id != self._live(channel_id).broadcast_id:
            return None
        return found.picture

    def recent(self, channel_id: int) -> tuple[Picture, ...]:
        """Return the last images of the running broadcast, the newest at the end."""
        return tuple(self._latest[channel_id].recent) if self.latest(channel_id) is not None else ()

    async def of(self, broadcast_id: int) -> Picture | None:
        """Return the last image of a broadcast, running or not, or None when there is none or it was deleted."""
        for each in self._latest.values():
            if each.broadcast_id == broadcast_id and each.picture is not None:
                return each.picture
        return await _read(self._path(broadcast_id))

    async def run(self) -> None:
        """Make images until cancelled. Sleeps while nothing is live."""
        while True:
            self._wake.clear()
            pause_s = await self.round()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()

    async def round(self) -> float | None:
        """Make an image of every live broadcast, one after the other.

        Returns the seconds until the next round, or None to wait for a broadcast.
        """
        pauses = [pause for each in self._channel_ids() if (pause := await self._look(each)) is not None]
        return min(pauses, default=None)

    async def _look(self, channel_id: int) -> float | None:
        broadcast_id = self._live(channel_id).broadcast_id
        keyframes = self._keyframes.get(channel_id)
        keyframe = keyframes.newest if keyframes is not None else None
        if broadcast_id is None:
            self._latest.pop(channel_id, None)
            return None
        latest = self._latest.get(channel_id)
        if latest is None or latest.broadcast_id != broadcast_id:
            latest = self._latest[channel_id] = Latest(broadcast_id)
        if keyframe is None:
            return FIRST_S
        # without an encoder there is no new keyframe
        if keyframe is not latest.keyframe:
            latest.keyframe = keyframe
            await self._make(latest, keyframe)
        return self._period_s

    async def _make(self, latest: Latest, keyframe: Keyframe) -> None:
        try:
            still = await self._render(keyframe)
        except NoThumbnail as error:
            log.warning("no thumbnail of broadcast %d could be made: %s", latest.broadcast_id, error)
            return
        latest.picture = Picture(still.width, still.height, still.jpeg, self._now())
        latest.recent.append(latest.picture)
        try:
            await _write(self._path(latest.broadcast_id), still.jpeg)
        except OSError as error:
            log.warning("the thumbnail of broadcast %d could not be stored: %s", latest.broadcast_id, error)

    def _path(self, broadcast_id: int) -> Path:
        return self._folder / f"{broadcast_id}.jpg"


async def _read(path: Path) -> Picture | None:
    try:
        async with aiofiles.open(path, "rb") as file:
            data = await file.read(MAX_FILE)
        at = datetime.fromtimestamp(await aiofiles.os.path.getmtime(path), UTC)
        return Picture(*jpeg.size(data), data, at)
    except (OSError, jpeg.BadJpeg):
        return None


async def _write(path: Path, data: bytes) -> None:
    """Store a file atomically. With the first file of a broadcast, the oldest beyond KEEP are deleted."""
    new = not await aiofiles.os.path.exists(path)
    await aiofiles.os.makedirs(path.parent, exist_ok=True)
    half = path.with_suffix(".new")
    async with aiofiles.open(half, "wb") as file:
        await file.write(data)
    await aiofiles.os.replace(half, path)
    if new:
        for old in await asyncio.to_thread(_oldest, path.parent):
            with suppress(FileNotFoundError):
                await aiofiles.os.unlink(old)


def _oldest(folder: Path) -> list[Path]:
    numbers: Mapping[Path, int] = {each: int(each.stem) for each in folder.glob("*.jpg") if each.stem.isdecimal()}
    return sorted(numbers, key=lambda each: numbers[each])[:-KEEP]
