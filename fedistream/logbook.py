"""The last lines of the node's log, for the admin to read. Files and the terminal are the log set-up's business."""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

KEPT = 500
MAX_MESSAGE = 2_000  # characters; a traceback stays in the operator's log


# at DEBUG these write each statement with all its values, among which are private keys and tokens
DRIVERS = ("aiosqlite", "asyncpg", "tortoise")


def hush_drivers() -> None:
    """Let the database's drivers tell nothing of what they carry, whatever level the operator asks for."""
    for name in DRIVERS:
        logging.getLogger(name).setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Line:
    """One log record. `level` is Python's name for it, in lower case."""

    at: datetime
    level: str
    message: str
    severity: int


class Logbook(logging.Handler):
    """Keeps the last `kept` records of INFO and above of the loggers it is attached to."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[Line] = deque(maxlen=kept)
        # kept apart, so that a busy hour of INFO does not push out the one line that explains a refused encoder
        self._warnings: deque[Line] = deque(maxlen=kept)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()[:MAX_MESSAGE]
        except Exception:
            # a message that does not fit its arguments is a fault of ours, which the standard handler reports
            self.handleError(record)
            return
        line = Line(datetime.fromtimestamp(record.created, UTC), record.levelname.lower(), message, record.levelno)
        self._lines.append(line)
        if record.levelno >= logging.WARNING:
            self._warnings.append(line)

    def lines(self) -> tuple[Line, ...]:
        """Newest first."""
        return tuple(reversed(self._lines))

    def warnings(self) -> tuple[Line, ...]:
        """WARNING and above, newest first."""
        return tuple(reversed(self._warnings))
