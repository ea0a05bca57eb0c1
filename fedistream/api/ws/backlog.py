"""The newest chat events of a channel, encoded as they were sent, for clients that return after a short time. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

MAX_BYTES = 256 * 1024
MAX_TEXTS = 1000


@dataclass(frozen=True, slots=True)
class BacklogEntry:
    """A text for all sockets of a channel. `mark` is the id of a message, "" for other events; ids sort by time."""

    text: bytes
    mark: str = ""


class Backlog:
    """The newest texts, by position: the first ever said has 0. No more than MAX_TEXTS with MAX_BYTES together."""

    def __init__(self) -> None:
        self._entries: deque[BacklogEntry] = deque()
        self._bytes = 0
        self._behind: dict[str, int] = {}  # by mark: the position behind it
        self.end = 0

    def add(self, entry: BacklogEntry) -> None:
        self._entries.append(entry)
        self._bytes += len(entry.text)
        self.end += 1
        if entry.mark:
            self._behind[entry.mark] = self.end
        while len(self._entries) > MAX_TEXTS or self._bytes > MAX_BYTES:
            oldest = self._entries.popleft()
            self._bytes -= len(oldest.text)
            self._behind.pop(oldest.mark, None)

    def behind(self, mark: str) -> int | None:
        """The position behind a message, after which nothing is missing; None when it is not kept any more."""
        return self._behind.get(mark)

    def keeps(self, position: int) -> bool:
        """Return whether everything from this position on is still kept."""
        return position >= self.end - len(self._entries)

    def messages(self, position: int) -> int:
        """Return the number of messages from a position on that is still kept."""
        return sum(1 for entry in islice(self._entries, position - (self.end - len(self._entries)), None) if entry.mark)

    def since(self, position: int, mark: str, most: int) -> tuple[Sequence[bytes], int, str]:
        """The texts from a position on that is still kept, but no message up to `mark`: at most so many bytes, or one
        text. And the position behind them, with the mark of the newest message up to there."""
        texts: list[bytes] = []
        size, newest = 0, mark
        for entry in islice(self._entries, position - (self.end - len(self._entries)), None):
            if not entry.mark or entry.mark > mark:
                if texts and size + len(entry.text) > most:
                    break
                texts.append(entry.text)
                size += len(entry.text)
                newest = entry.mark or newest
            position += 1
        return texts, position, newest
