"""Stretches of the log as frames, read from the database once for all clients that missed the same messages."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fedistream.api.ws.broadcaster import Broadcaster
from fedistream.api.ws.connection import Frames, frames
from fedistream.chat.messages import MessageLog
from fedistream.chat.values import Message

LINES = 200  # messages of the log, read in one query
SLICE = 32 * 1024  # bytes that are written to a socket at once
KEPT_BYTES = 8 * 1024 * 1024
FULL_S, LAST_S = 10.0, 1.0  # lifetime of a stretch; of the last one, after which more messages may have come


@dataclass(frozen=True, slots=True)
class Slice:
    """Some messages, the oldest first: their ids and their frames."""

    ids: tuple[str, ...]
    messages: Frames

    @property
    def last(self) -> str:
        return self.ids[-1]

    def behind(self, cursor: str) -> tuple[Frames, str]:
        """Return the messages after this id, which is below the last one, and the id of the first of them."""
        at = bisect_right(self.ids, cursor)
        return (frames(self.messages.texts[at:]) if at else self.messages), self.ids[at]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The messages after the id `first`. With `whole` there were no more when it was read, and only the broadcaster's
    texts from `position` on may be missing."""

    first: str
    slices: tuple[Slice, ...]
    whole: bool
    position: int
    read_at: float
    changes: int

    @property
    def last(self) -> str:
        return self.slices[-1].last if self.slices else self.first

    @property
    def size(self) -> int:
        return sum(2 * len(each.messages.wire) for each in self.slices)

    def behind(self, cursor: str) -> Iterator[tuple[Frames, str, str]]:
        """Yield the slices after an id, each with the ids of its first and last message."""
        for each in self.slices:
            if each.last > cursor:
                messages, first = each.behind(cursor)
                yield messages, first, each.last


class Stretches:
    """The stretches of all channels. One is read at a time."""

    def __init__(self, messages: MessageLog, broadcaster: Broadcaster, monotonic: Callable[[], float]) -> None:
        self._messages, self._broadcaster, self._monotonic = messages, broadcaster, monotonic
        self._turn = asyncio.Lock()
        self._kept: dict[int, list[Stretch]] = {}  # by channel, each in the order of `first`
        self._starts: dict[tuple[int, int], tuple[float, str]] = {}

    async def start(self, channel_id: int, most: int) -> str:
        """Return the id after which the newest `most` messages come; "" when there are no more than that."""
        async with self._turn:
            read_at, start = self._starts.get((channel_id, most), (float("-inf"), ""))
            now = self._monotonic()
            if now - read_at > LAST_S:
                start = await self._messages.behind_newest(channel_id, most)
                if len(self._starts) > LINES:
                    self._starts.clear()
                self._starts[channel_id, most] = now, start
        return start

    async def behind(self, channel_id: int, cursor: str) -> Stretch:
        """Return the messages after an id, or a stretch that has them. Raises Invalid."""
        async with self._turn:
            found = self._find(channel_id, cursor)
            if found is None:
                found = await self._read(channel_id, cursor)
                self._keep(channel_id, found)
        return found

    def clear(self) -> None:
        """Drop all stretches."""
        self._kept.clear()
        self._starts.clear()

    def _find(self, channel_id: int, cursor: str) -> Stretch | None:
        kept = self._kept.get(channel_id, [])
        at = bisect_right(kept, cursor, key=lambda each: each.first) - 1
        if at < 0 or not self._good(channel_id, kept[at]):
            return None
        found = kept[at]
        return found if cursor < found.last or cursor == found.first or (found.whole and cursor == found.last) else None

    def _good(self, channel_id: int, stretch: Stretch) -> bool:
        age = self._monotonic() - stretch.read_at
        if stretch.changes != self._messages.changes or age > (LAST_S if stretch.whole else FULL_S):
            return False
        return not stretch.whole or self._broadcaster.recent(channel_id).keeps(stretch.position)

    async def _read(self, channel_id: int, cursor: str) -> Stretch:
        position, changes = self._broadcaster.recent(channel_id).end, self._messages.changes
        read_at = self._monotonic()
        page = await self._messages.history(channel_id, after=cursor, limit=LINES)
        slices = tuple(self._slices(channel_id, page))
        return Stretch(cursor, slices, len(page) < LINES, position, read_at, changes)

    def _slices(self, channel_id: int, page: tuple[Message, ...]) -> Iterator[Slice]:
        ids: list[str] = []
        texts: list[bytes] = []
        size = 0
        for message in page:
            text = self._broadcaster.text(channel_id, message)
            if texts and size + len(text) > SLICE:
                yield Slice(tuple(ids), frames(texts))
                ids, texts, size = [], [], 0
            ids.append(message.id)
            texts.append(text)
            size += len(text)
        if texts:
            yield Slice(tuple(ids), frames(texts))

    def _keep(self, channel_id: int, stretch: Stretch) -> None:
        kept = [each for each in self._kept.get(channel_id, []) if self._good(channel_id, each)]
        kept = [each for each in kept if each.first != stretch.first]
        while kept and sum(each.size for each in kept) + stretch.size > KEPT_BYTES:
            kept.remove(min(kept, key=lambda each: each.read_at))
        self._kept[channel_id] = sorted([*kept, stretch], key=lambda each: each.first)
