"""Recurring tasks: pruning, validating, polling. APScheduler is the clock; the table is the truth.

The APScheduler lives in memory and only triggers a look at the table. The process that moves a task's due time on runs
the task. So each firing happens once with any number of processes, and a firing that was due while all were down
happens once at the start. A firing whose process is killed is not repeated before the next one: a task that must not be
missed puts jobs into the outbox.
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

LOOK_S = 60.0  # at most, between two looks at the table: another process may have changed it


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """`name` is the key of the row and must never change. `act` may take any time; it is never run twice at once."""

    name: str
    trigger: BaseTrigger
    act: Callable[[], Awaitable[object]]


def every(seconds: float) -> BaseTrigger:
    """Return a trigger that fires so many seconds after the last firing."""
    return IntervalTrigger(seconds=seconds, timezone=UTC)


def daily(hour: int, minute: int = 0) -> BaseTrigger:
    """Return a trigger that fires once a day at this time, UTC."""
    return CronTrigger(hour=hour, minute=minute, timezone=UTC)


class Scheduler:
    """Runs the tasks between `open` and `close`. It needs a running loop and an open database."""

    def __init__(self, timed: Iterable[ScheduledTask], now: Callable[[], float]) -> None:
        self._timed = {each.name: each for each in timed}
        self._now = now
        # a `run_by` during a look is handled at its end: APScheduler refuses a second instance of a job
        self._ticking: set[str] = set()
        self._rescheduled: set[str] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    async def open(self) -> None:
        """Add rows for new tasks, and start."""
        rows = [ScheduledRow(name=each.name, due=self._next(each, self._now())) for each in self._timed.values()]
        await ScheduledRow.bulk_create(rows, ignore_conflicts=True)
        self._scheduler.start()
        for name in self._timed:
            self._look_at(name, self._now())

    def close(self) -> None:
        """Stop. A running task is cancelled."""
        self._scheduler.shutdown(wait=False)

    async def run_by(self, name: str, at: float | None = None) -> None:
        """Make a task due now, or at that time, unless it is due sooner.

        This process looks at that time, others within LOOK_S. Later firings follow as if this had been a regular one.
        """
        now = self._now()
        wanted = now if at is None else max(at, now)
        due = await run_by(name, wanted)
        if name in self._ticking:
            self._rescheduled.add(name)
        elif due is not None and name in self._timed and self._scheduler.running:
            self._look_at(name, min(due, now + LOOK_S))

    async def look(self, name: str) -> bool:
        """Run the task if it is due and no other process has taken it. Returns whether it was run, also when it
        failed."""
        timed, now = self._timed[name], self._now()
        row = await ScheduledRow.get_or_none(name=name)
        if row is None or row.due > now:
            return False
        following = self._next(timed, now)
        # compare and swap: of all processes that read this due time, one changes it
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
            log.exception("the due time of %s could not be read", name)
        finally:
            self._ticking.discard(name)
        self._look_at(name, at)

    async def _row(self, name: str) -> ScheduledRow | None:
        """Return the row, read again if `run_by` was called while it was read."""
        while True:
            self._rescheduled.discard(name)
            row = await ScheduledRow.get_or_none(name=name)
            if name not in self._rescheduled:
                return row

    def _look_at(self, name: str, at: float) -> None:
        # at least 10 ms from now, so that a wrong due time does not make a busy loop
        when = datetime.fromtimestamp(max(at, self._now() + 0.01), UTC)
        self._scheduler.add_job(self._tick, DateTrigger(when), [name], id=name, replace_existing=True)

    def _next(self, timed: ScheduledTask, now: float) -> float:
        moment = datetime.fromtimestamp(now, UTC)
        # for intervals: the last firing was now; a daily trigger takes the next time after now
        following: datetime = timed.trigger.get_next_fire_time(moment, moment)
        return following.timestamp()
