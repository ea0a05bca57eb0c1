"""The last lines of the node's log, for the admin to read. Files and the terminal are the log set-up's business."""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

KEPT = 500
MAX_MESSAGE = 2_000  # characters; a traceback stays in the operator's log
ALIKE = 30  # lines that one place in the code may write within ...
ALIKE_S = 60.0

# at DEBUG these write each statement with all its values, among which are private keys and tokens
DRIVERS = ("aiosqlite", "asyncpg", "tortoise")


def hush_drivers() -> None:
    """Let the database's drivers tell nothing of what they carry, whatever level the operator asks for."""
    for name in DRIVERS:
        logging.getLogger(name).setLevel(logging.INFO)


@dataclass(slots=True)
class _Alike:
    since: float
    count: int = 0
    untold: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One log record. `level` is Python's name for it, in lower case."""

    at: datetime
    level: str
    message: str
    severity: int


class Logbook(logging.Handler):
    """Keeps the last `kept` records of INFO and above of the loggers it is attached to.

    What strangers can cause at will must not push out what the admin has to read: of one place in the code at most
    ALIKE lines are kept within ALIKE_S, and the next one says how many were left out.
    """

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[Line] = deque(maxlen=kept)
        # kept apart, so that a busy hour of INFO does not push out the one line that explains a refused encoder
        self._warnings: deque[Line] = deque(maxlen=kept)
        self._alike: dict[tuple[str, int], _Alike] = {}  # by file and line: as many as there are calls of a logger

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()[:MAX_MESSAGE]
        except Exception:
            # a message that does not fit its arguments is a fault of ours, which the standard handler reports
            self.handleError(record)
            return
        if (untold := self._left_out(record)) is None:
            return
        if untold:
            message = f"{message} (and {untold} more like it)"
        line = Line(datetime.fromtimestamp(record.created, UTC), record.levelname.lower(), message, record.levelno)
        self._lines.append(line)
        if record.levelno >= logging.WARNING:
            self._warnings.append(line)

    def _left_out(self, record: logging.LogRecord) -> int | None:
        """How many lines of the same place were left out before this one; None when this one is left out too."""
        alike = self._alike.setdefault((record.pathname, record.lineno), _Alike(record.created))
        if not 0 <= record.created - alike.since < ALIKE_S:
            alike.since, alike.count = record.created, 0
        alike.count += 1
        if alike.count > ALIKE:
            alike.untold += 1
            return None
        untold, alike.untold = alike.untold, 0
        return untold

    def lines(self) -> tuple[Line, ...]:
        """Newest first."""
        return tuple(reversed(self._lines))

    def warnings(self) -> tuple[Line, ...]:
        """WARNING and above, newest first."""
        return tuple(reversed(self._warnings))
