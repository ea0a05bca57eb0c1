"""The last lines of the node's log, for the admin. Files and the terminal are configured elsewhere."""

import logging
import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from activitypub.bounded_dict import BoundedDict
from fedistream.core.rate_limit import Rate, TokenBucket, full_bucket

KEPT = 500
MAX_MESSAGE = 2_000  # characters; a traceback stays in the operator's log

# A token bucket for each kind of line: BURST lines are kept separately, and one more every EVERY_S seconds. Further
# lines are counted in the last entry, so that a client that causes warnings cannot displace all other lines.
BURST, EVERY_S = 20, 60.0
RATE = Rate(BURST, 1 / EVERY_S)
MAX_KINDS = 1_000  # the least recently used kind is forgotten first
NUMBERS = re.compile(r"[0-9]+")
KIND = 100  # characters of a message that identify its kind


# at DEBUG they log each statement with its values, such as private keys and tokens
DRIVERS = ("aiosqlite", "asyncpg", "tortoise")


def hush_drivers() -> None:
    """Keep the database drivers from logging statements with their values, whatever the log level."""
    for name in DRIVERS:
        logging.getLogger(name).setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log record. `level` is Python's name for it, in lower case."""

    at: datetime
    level: str
    message: str
    severity: int


@dataclass(slots=True, eq=False)
class _Entry:
    """The newest line of a kind, and how many others it stands for."""

    newest: LogLine
    more: int = 0

    def line(self) -> LogLine:
        newest = self.newest
        if not self.more:
            return newest
        return LogLine(newest.at, newest.level, f"{newest.message} (… {self.more} times more)", newest.severity)


@dataclass(slots=True)
class _Kind:
    bucket: TokenBucket
    entry: _Entry


class LogBuffer(logging.Handler):
    """Keeps the last `kept` records of INFO and above of the loggers it is attached to."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[_Entry] = deque(maxlen=kept)
        # separate, so that many INFO lines do not displace the warning that explains a refused encoder
        self._warnings: deque[_Entry] = deque(maxlen=kept)
        self._kinds: BoundedDict[tuple[str, int, str], _Kind] = BoundedDict(MAX_KINDS)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()[:MAX_MESSAGE]
        except Exception:
            # a message that does not fit its arguments is a bug, which the standard handler reports
            self.handleError(record)
            return
        line = LogLine(datetime.fromtimestamp(record.created, UTC), record.levelname.lower(), message, record.levelno)
        buffers = (self._lines, self._warnings) if record.levelno >= logging.WARNING else (self._lines,)
        entry = self._gathered(record, line)
        for buffer in buffers:
            if entry.more and entry in buffer:
                buffer.remove(entry)  # it moves to the end
            buffer.append(entry)

    def lines(self) -> tuple[LogLine, ...]:
        """Return all kept lines, the newest first."""
        return self._read(self._lines)

    def warnings(self) -> tuple[LogLine, ...]:
        """Return the lines of WARNING and above, the newest first."""
        return self._read(self._warnings)

    def _read(self, buffer: deque[_Entry]) -> tuple[LogLine, ...]:
        self.acquire()  # threads write too
        try:
            return tuple(entry.line() for entry in reversed(buffer))
        finally:
            self.release()

    def _gathered(self, record: logging.LogRecord, line: LogLine) -> _Entry:
        """Return a new entry, or the last one of its kind, which now has this line."""
        # lines of a kind have the same text before formatting
        text = str(record.msg) if record.args else NUMBERS.sub("0", line.message[:KIND])
        key = (record.name, record.levelno, text[:KIND])
        kind = self._kinds.get(key) or _Kind(full_bucket(RATE, record.created), _Entry(line))
        self._kinds[key] = kind  # the newest last
        if not kind.bucket.take(record.created):
            kind.entry = _Entry(line)
        else:
            kind.entry.newest = line
            kind.entry.more += 1
        return kind.entry
