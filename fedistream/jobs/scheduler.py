"""What is done again and again: pruning, validating, asking around. APScheduler is the clock, a table is the truth.

Its scheduler lives in memory and only says "look": when something is due is in the table, and who moves the due time on
is who does it. So with any number of processes each firing happens once, and what was due while all were down happens
once, at the start. A firing whose process is killed does not happen again before the next one: what must not be missed
puts jobs into the outbox.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it has no types
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.date import DateTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from fedistream.jobs.models import ScheduledRow
from fedistream.jobs.schedule import run_by

log = logging.getLogger(__name__)

LOOK_S = 60.0  # at most, between two looks at the table: somebody else may have changed it


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """`name` is for good: it is the row's. `act` may take as long as it likes; it is never run twice at once."""

    name: str
    trigger: BaseTrigger
    act: Callable[[], Awaitable[object]]


def every(seconds: float) -> BaseTrigger:
    """So many seconds after the last time."""
    return IntervalTrigger(seconds=seconds, timezone=UTC)


def daily(hour: int, minute: int = 0) -> BaseTrigger:
    """At this time of the day, UTC."""
    return CronTrigger(hour=hour, minute=minute, timezone=UTC)


class Scheduler:
    """`open` and `close` it; it needs a running loop and an open database."""

    def __init__(self, timed: Iterable[ScheduledTask], now: Callable[[], float]) -> None:
        self._timed = {each.name: each for each in timed}
        self._now = now
        # who is in a hurry while it is looked is heard at the end of that: a second look at once would be refused
        self._ticking: set[str] = set()
        self._hurried: set[str] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    async def open(self) -> None:
        """Write down what is new, and begin to look."""
        rows = [ScheduledRow(name=each.name, due=self._next(each, self._now())) for each in self._timed.values()]
        await ScheduledRow.bulk_create(rows, ignore_conflicts=True)
        self._scheduler.start()
        for name in self._timed:
            self._look_at(name, self._now())

    def close(self) -> None:
        """Look no more. What is running is cancelled."""
        self._scheduler.shutdown(wait=False)

    async def hurry(self, name: str, at: float | None = None) -> None:
        """Have it done now, or at that time, if it is not due sooner, by whichever process looks first. We look right
        then, others within a minute. The times after that are as if this had been one."""
        now = self._now()
        wanted = now if at is None else max(at, now)
        due = await run_by(name, wanted)
        if name in self._ticking:
            self._hurried.add(name)
        elif due is not None and name in self._timed and self._scheduler.running:
            self._look_at(name, min(due, now + LOOK_S))

    async def look(self, name: str) -> bool:
        """Do it if it is due and nobody else does. Returns whether it was done, well or not."""
        timed, now = self._timed[name], self._now()
        row = await ScheduledRow.get_or_none(name=name)
        if row is None or row.due > now:
            return False
        following = self._next(timed, now)
        # compare and swap: of all who saw this due time one changes it
        mine = await ScheduledRow.filter(name=name, due=row.due).update(
            due=following, runs=row.runs + 1, last_run_at=now
        )
        if not mine:
            return False
        try:
            await timed.act()
        except Exception:
            log.exception("%s failed; it is tried again when it is due", name)
        return True

    async def _tick(self, name: str) -> None:
        at = self._now() + LOOK_S
        self._ticking.add(name)
        try:
            await self.look(name)
            row = await self._row(name)
            if row is not None:
                at = min(row.due, at)
        except Exception:
            log.exception("%s could not be looked at", name)
        finally:
            self._ticking.discard(name)
        self._look_at(name, at)

    async def _row(self, name: str) -> ScheduledRow | None:
        """As it is when nobody has been in a hurry since it was read."""
        while True:
            self._hurried.discard(name)
            row = await ScheduledRow.get_or_none(name=name)
            if name not in self._hurried:
                return row

    def _look_at(self, name: str, at: float) -> None:
        # never at once again and again, whatever the table says
        when = datetime.fromtimestamp(max(at, self._now() + 0.01), UTC)
        self._scheduler.add_job(self._tick, DateTrigger(when), [name], id=name, replace_existing=True)

    def _next(self, timed: ScheduledTask, now: float) -> float:
        moment = datetime.fromtimestamp(now, UTC)
        # "fired just now" for intervals; a trigger of hours takes the next one after now
        following: datetime = timed.trigger.get_next_fire_time(moment, moment)
        return following.timestamp()
