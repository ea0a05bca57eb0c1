"""Animated previews of live broadcasts, made of the last thumbnails when somebody asks for one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from fedistream.thumbnails.service import Picture
from media.codec import NoThumbnail

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """An animated GIF. `mark` changes with its bytes."""

    gif: bytes
    mark: str


class Previews:
    """The previews of all channels. `pictures` returns a channel's last thumbnails, `animate` makes a GIF of JPEGs.

    A preview is made once for each new thumbnail at most, however many ask for it; the others wait for it.
    """

    def __init__(
        self,
        pictures: Callable[[int], Sequence[Picture]],
        animate: Callable[[Sequence[bytes]], Awaitable[bytes]],
    ) -> None:
        self._pictures, self._animate = pictures, animate
        self._made: dict[int, tuple[Picture, Preview | None]] = {}
        self._turn = asyncio.Lock()

    async def of(self, channel_id: int) -> Preview | None:
        """Return the preview of a live broadcast, or None before its second thumbnail, and when none can be made."""
        async with self._turn:
            pictures = self._pictures(channel_id)
            if len(pictures) < 2:
                self._made.pop(channel_id, None)
                return None
            newest, preview = self._made.get(channel_id, (None, None))
            if newest is not pictures[-1]:
                preview = await self._make(channel_id, pictures)
                self._made[channel_id] = (pictures[-1], preview)
            return preview

    async def _make(self, channel_id: int, pictures: Sequence[Picture]) -> Preview | None:
        try:
            gif = await self._animate([each.jpeg for each in pictures])
        except NoThumbnail as error:
            log.warning("no preview of channel %d could be made: %s", channel_id, error)
            return None
        return Preview(gif, sha256(gif).hexdigest()[:16])
