"""The time by which old things are deleted. A clock that is wrong for an hour must not delete what is to be kept."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

STEP = timedelta(hours=1)  # forwards, that is believed at once: a clock is set right, a laptop wakes up
# since the newest thing that is known of: a node that streams once a week is quiet for as long, or off. What a clock
# that is ahead by less deletes is a week younger than it should be
GAP = timedelta(days=8)
DOUBT_S = 86_400.0  # how long a wall clock must go on with what it says before it is believed


class RetentionClock:
    """Goes with the wall clock, but when that is suddenly far ahead it goes on from where it was, at its own pace, for
    a day. `monotonic` in seconds."""

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall, self._monotonic = now, monotonic
        self._known: tuple[datetime, float] | None = None
        self._doubted_at: float | None = None

    def doubts(self, newest: datetime | None = None) -> bool:
        """Return whether the wall clock is ahead of what is believed; `newest` as for `now`."""
        self.now(newest)
        return self.doubted

    @property
    def doubted(self) -> bool:
        """Whether the wall clock was ahead when it was last asked."""
        return self._doubted_at is not None

    def now(self, newest: datetime | None = None) -> datetime:
        """`newest` is when the newest thing that may be deleted was made: the first call believes no clock that is far
        ahead of it."""
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
            if first:  # most often it was off for some time
                log.info(
                    "nothing is known since %s: in case the clock is wrong, old things are kept for a day", expected
                )
            else:
                log.warning(
                    "the clock may be wrong: %s, but %s was expected; old things are kept for a day", wall, expected
                )
        return expected
