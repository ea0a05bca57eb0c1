"""The time by which old data is deleted. A clock that is wrong for an hour must not delete data that is to be kept."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

STEP = timedelta(hours=1)  # a step forwards that is believed at once: a clock is corrected, a laptop wakes up
# the longest believed time since the newest data: a node that streams once a week is silent or off for as long. A clock
# that is ahead by less deletes data at most 8 days too early
GAP = timedelta(days=8)
DOUBT_S = 86_400.0  # seconds until a wall clock that stays ahead is believed


class RetentionClock:
    """Follows the wall clock. When that is suddenly far ahead, it continues from its last time for DOUBT_S seconds.

    `monotonic` returns seconds.
    """

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall, self._monotonic = now, monotonic
        self._known: tuple[datetime, float] | None = None
        self._doubted_at: float | None = None

    def doubts(self, newest: datetime | None = None) -> bool:
        """Return whether the wall clock is ahead of the believed time; `newest` as for `now`."""
        self.now(newest)
        return self.doubted

    @property
    def doubted(self) -> bool:
        """Return whether the wall clock was ahead at the last call."""
        return self._doubted_at is not None

    def now(self, newest: datetime | None = None) -> datetime:
        """Return the believed time.

        `newest` is when the newest thing that may be deleted was made: the first call does not believe a clock that is
        more than GAP ahead of it.
        """
        wall, at = self._wall(), self._monotonic()
        first = self._known is None
        if self._known is None:
            self._known = (wall if newest is None or wall - newest <= GAP else newest), at
        known, known_at = self._known
        expected = known + timedelta(seconds=at - known_at)
        believed = self._doubted_at is not None and at - self._doubted_at >= DOUBT_S
        if wall <= expected + STEP or believed:
            self._known, self._doubted_at = (wall, at), None
            return wall
        if self._doubted_at is None:
            self._doubted_at = at
            if first:  # most often the node was off for some time
                log.info("the clock may be wrong: the newest data is from %s. Old data is kept for a day", expected)
            else:
                log.warning(
                    "the clock may be wrong: %s, but %s was expected. Old data is kept for a day", wall, expected
                )
        return expected
