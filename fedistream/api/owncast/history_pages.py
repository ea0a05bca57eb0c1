"""GET /api/chat: pages of the log as JSON, read one at a time. Simultaneous equal requests share one page."""

import asyncio

import orjson

from fedistream.api.owncast import chat_shapes
from fedistream.chat.messages import MessageLog

MAX_BYTES = 512 * 1024  # of a page, or one message: it stays in memory while a slow client reads it

Key = tuple[int, str, str, int]


class HistoryPages:
    def __init__(self, messages: MessageLog) -> None:
        self._messages = messages
        self._turn = asyncio.Lock()
        self._begun = 0
        self._last: tuple[Key, int, bytes] | None = None

    async def page(self, key: Key, name: str) -> bytes:
        """Return messages of a channel before an id, or after one, or the newest: `limit` of them, fewer if they are
        too long together. `name` is the channel's name. Raises Invalid."""
        begun = self._begun
        async with self._turn:
            # a page that was read after this request came is new enough
            if self._last is not None and self._last[0] == key and self._last[1] > begun:
                return self._last[2]
            self._begun += 1
            number, self._last = self._begun, None
            page = await self._read(key, name)
            self._last = key, number, page
        # nobody else can have asked before it was read
        return page

    async def _read(self, key: Key, name: str) -> bytes:
        channel_id, before, after, limit = key
        found = await self._messages.history(channel_id, before=before or None, after=after or None, limit=limit)
        texts = [orjson.dumps(chat_shapes.message(each, name)) for each in found]
        forwards = bool(after)
        kept: list[bytes] = []
        size = 0
        for text in texts if forwards else reversed(texts):
            size += len(text) + 1
            if kept and size > MAX_BYTES:
                break
            kept.append(text)
        return b"[" + b",".join(kept if forwards else reversed(kept)) + b"]"
