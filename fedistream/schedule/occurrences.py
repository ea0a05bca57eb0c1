"""The events of a series as rows: made ahead for HORIZON, and made anew when the series changes.

An occurrence is found again by what its rule made. So one that the admin has cancelled, removed, moved or renamed keeps
that through any change of its series. Events that were announced to followers are cancelled, not deleted.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tortoise.expressions import F, Q

from fedistream.core.errors import Invalid
from fedistream.schedule import recurrence
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.models import ScheduledEventRow, ScheduleSeriesRow
from fedistream.schedule.values import HORIZON, MAX_OCCURRENCES, ScheduleProblem, Status


def expand(text: str, now: datetime) -> tuple[str, list[datetime]]:
    """Return the time zone of a recurrence, and its occurrences until HORIZON. Raises Invalid, also for a rule that has
    too many of them."""
    rule = recurrence.parse(text)
    found = recurrence.starts(rule, now, now + HORIZON, MAX_OCCURRENCES + 1)
    if len(found) > MAX_OCCURRENCES:
        raise Invalid("recurrence", ScheduleProblem.RULE_FREQUENT)
    return rule.timezone, found


async def make(series: ScheduleSeriesRow, context: ScheduleContext, zone: str, found: Sequence[datetime]) -> int:
    """Store the occurrences that are not rows yet, in a transaction. Returns their number."""
    known = {
        row.original_start
        for row in await ScheduledEventRow.filter(series_id=series.id, original_start__gte=context.now())
    }
    now = context.now()
    made = [_row(series, context.token(), zone, start, now) for start in found if start not in known]
    # another process may have extended the series at the same moment
    await ScheduledEventRow.bulk_create(made, ignore_conflicts=True)
    return len(made)


async def renew(series: ScheduleSeriesRow, context: ScheduleContext, zone: str, found: Sequence[datetime]) -> None:
    """Make the future occurrences fit the series, in a transaction."""
    now, wanted = context.now(), set(found)
    rows = await ScheduledEventRow.filter(
        series_id=series.id, original_start__gte=now, status=Status.SCHEDULED.value, edited=False
    )
    gone = [row.id for row in rows if row.original_start not in wanted]
    await drop(gone, now)
    kept = [row.id for row in rows if row.original_start in wanted]
    for start in range(0, len(kept), 500):
        # the ends differ, so they are written one by one where the length has changed
        await ScheduledEventRow.filter(id__in=kept[start : start + 500]).update(
            name=series.name,
            description=series.description,
            timezone=zone,
            updated_at=now,
            version=F("version") + 1,
        )
    for row in rows:
        if row.original_start in wanted and row.minutes != series.minutes:
            await ScheduledEventRow.filter(id=row.id).update(
                minutes=series.minutes, ends_at=row.starts_at + timedelta(minutes=series.minutes)
            )
    await make(series, context, zone, found)


async def stop(series_id: str, now: datetime) -> None:
    """End the future of a series, in a transaction."""
    rows = await ScheduledEventRow.filter(series_id=series_id, starts_at__gt=now, status=Status.SCHEDULED.value)
    await drop([row.id for row in rows], now)


async def drop(event_ids: Sequence[str], now: datetime) -> None:
    """Cancel the events that were announced to followers, and delete the others."""
    for start in range(0, len(event_ids), 500):
        some = event_ids[start : start + 500]
        await ScheduledEventRow.filter(id__in=some, posted_version=None).delete()
        await ScheduledEventRow.filter(id__in=some).update(
            status=Status.CANCELLED.value, updated_at=now, version=F("version") + 1
        )


async def extend(context: ScheduleContext) -> int:
    """Make the occurrences that have come within HORIZON. Returns their number."""
    made = 0
    for series in await ScheduleSeriesRow.filter(active=True).order_by("id"):
        try:
            zone, found = expand(series.recurrence, context.now())
        except Invalid:  # a time zone that the newer data does not have
            continue
        made += await make(series, context, zone, found)
    return made


async def prune(before: datetime) -> None:
    """Delete the events that started before this."""
    await (
        ScheduledEventRow.filter(starts_at__lt=before)
        .filter(Q(original_start=None) | Q(original_start__lt=before))
        .delete()
    )


def _row(series: ScheduleSeriesRow, token: str, zone: str, start: datetime, now: datetime) -> ScheduledEventRow:
    return ScheduledEventRow(
        id=token,
        channel_id=series.channel_id,
        series_id=series.id,
        original_start=start,
        name=series.name,
        description=series.description,
        starts_at=start,
        ends_at=start + timedelta(minutes=series.minutes),
        minutes=series.minutes,
        timezone=zone,
        status=Status.SCHEDULED.value,
        created_at=now,
        updated_at=now,
    )
