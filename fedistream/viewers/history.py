"""The viewer counts of the last weeks: one row a minute, and what is in memory.

An answer has a bounded number of points.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fedistream.core.retention_clock import RetentionClock
from fedistream.db import DatabaseProblem, atomic
from fedistream.viewers.models import ViewerCountRow
from fedistream.viewers.service import Count, Viewers

MINUTE_S = 60
KEPT = timedelta(days=30)  # 43,200 rows a channel, about 2 MB
MAX_POINTS = 1_000  # of an answer: more than a chart has pixels for
PRUNE_EVERY = 60  # minutes
MAX_CHANNELS = 1_000  # rows written in a minute
MAX_PROCESS = 32  # characters

log = logging.getLogger(__name__)


class ViewerHistory:
    """Stores the counts of the channels every minute, and returns them over time.

    `process` names this front process, and is the same after a restart: each process has counts of its own, and those
    of one minute are added. While nobody watches, nothing is written: a disk need not wake up for zeros. The zero
    before the first viewer is.
    """

    def __init__(self, viewers: Viewers, clock: RetentionClock, process: str) -> None:
        self._viewers, self._clock, self._process = viewers, clock, process[:MAX_PROCESS]
        self._last: dict[int, int] = {}  # the last stored count of each channel

    async def over_time(self, channel_id: int, since: datetime | None = None) -> tuple[Count, ...]:
        """Return the counts since a time, the oldest first; when there are many, the highest of each interval."""
        recent = self._viewers.samples(channel_id, since)
        stored = await self._stored(channel_id, since, recent[0].at if recent else None)
        return thinned((*stored, *recent), MAX_POINTS)

    async def store(self) -> None:
        """Store the present counts under the present minute."""
        now = self._clock.now()
        minute = int(now.timestamp()) // MINUTE_S * MINUTE_S
        rows: list[ViewerCountRow] = []

        def add(channel_id: int, at: int, viewers: int) -> None:
            rows.append(ViewerCountRow(channel_id=channel_id, at=at, viewers=viewers, process=self._process))

        for channel_id, count in list(self._viewers.counts().items())[:MAX_CHANNELS]:
            last = self._last.get(channel_id, 0)
            if last == 0 and count > 0:
                rows.append(
                    ViewerCountRow(channel_id=channel_id, at=minute - MINUTE_S, viewers=0, process=self._process)
                )
            if last > 0 or count > 0:
                add(channel_id, minute, count)
        if rows:
            # a restart within the minute, or a clock that was set back, finds a row
            await ViewerCountRow.bulk_create(rows, ignore_conflicts=True)
        self._last.update({row.channel_id: row.viewers for row in rows})

    async def prune(self) -> None:
        """Delete the counts that are older than KEPT."""
        newest = await ViewerCountRow.all().order_by("-id").first()
        if newest is None:
            return
        before = self._clock.now(datetime.fromtimestamp(newest.at, UTC)) - KEPT

        async def delete() -> None:
            await ViewerCountRow.filter(at__lt=int(before.timestamp())).delete()

        await atomic(delete)

    async def run(self) -> None:
        """Store every minute and prune every hour, until cancelled."""
        minutes = 0
        while True:
            await asyncio.sleep(MINUTE_S)
            try:
                await self.store()
                if minutes % PRUNE_EVERY == 0:
                    await self.prune()
            except DatabaseProblem as problem:
                log.warning("the viewer counts could not be stored: %s", problem)
            minutes += 1

    async def _stored(self, channel_id: int, since: datetime | None, before: datetime | None) -> list[Count]:
        end = int((before or self._clock.now() + timedelta(minutes=1)).timestamp())
        earliest = self._clock.now() - KEPT
        start = int(max(since or earliest, earliest).timestamp())
        oldest = await ViewerCountRow.filter(channel_id=channel_id, at__gte=start, at__lt=end).order_by("at").first()
        if oldest is None:
            return []
        interval = max(MINUTE_S, -(-(end - oldest.at) // MAX_POINTS))
        # by hand: Tortoise cannot group by an expression
        rows: list[ViewerCountRow] = await ViewerCountRow.raw(
            'SELECT MIN("id") AS "id", MIN("channel_id") AS "channel_id", MIN("at") AS "at",'  # noqa: S608 only numbers
            f' MAX("viewers") AS "viewers" FROM "viewer_count" WHERE "channel_id" = {channel_id:d}'
            f' AND "at" >= {oldest.at:d} AND "at" < {end:d} GROUP BY "at" / {interval:d}, "process" ORDER BY 3'
        )
        # the highest of each process in an interval are added: in one of a minute, that is the number of viewers
        found: dict[int, Count] = {}
        for row in rows:
            known = found.get(row.at // interval, Count(datetime.fromtimestamp(row.at, UTC), 0))
            found[row.at // interval] = Count(known.at, known.viewers + row.viewers)
        return list(found.values())


def thinned(counts: Sequence[Count], most: int) -> tuple[Count, ...]:
    """Return at most `most` of the counts: the highest of each run of neighbours, because peaks are asked for."""
    if len(counts) <= most:
        return tuple(counts)
    run = -(-len(counts) // most)
    return tuple(max(counts[at : at + run], key=lambda count: count.viewers) for at in range(0, len(counts), run))
