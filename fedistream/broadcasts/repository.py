"""The stored broadcasts, one row each. The running broadcast is in memory, in `session.py`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tortoise.functions import Max

from fedistream.broadcasts.models import BroadcastRow
from fedistream.broadcasts.values import BroadcastEndReason, BroadcastRecord

MAX_TEXT = 200  # characters of a title that are kept


class BroadcastRepository:
    """Reads and writes the rows. Every call may be repeated. A broadcast that has ended is not changed any more."""

    async def start(self, channel_id: int, title: str, at: datetime, encoder: Mapping[str, Any]) -> int:
        """Store a new broadcast unless it is stored already, and return its id. `encoder` must be plain JSON."""
        # a retry after a commit whose answer was lost finds the row
        row = await BroadcastRow.filter(channel_id=channel_id, started_at=at).first()
        if row is None:
            row = await BroadcastRow.create(
                channel_id=channel_id, title=title[:MAX_TEXT], started_at=at, seen_at=at, encoder=dict(encoder)
            )
        broadcast_id: int = row.id
        return broadcast_id

    async def seen(self, broadcast_id: int, at: datetime, peak_viewers: int = 0) -> None:
        """Store that the broadcast was running at this time, and its peak of viewers."""
        await BroadcastRow.filter(id=broadcast_id, ended_at=None, seen_at__lt=at).update(seen_at=at)
        await BroadcastRow.filter(id=broadcast_id, ended_at=None, peak_viewers__lt=peak_viewers).update(
            peak_viewers=peak_viewers
        )

    async def lost(self, broadcast_id: int, at: datetime) -> None:
        """Store that the encoder's connection broke; the encoder may return."""
        await BroadcastRow.filter(id=broadcast_id, ended_at=None).update(lost_at=at)

    async def returned(self, broadcast_id: int) -> None:
        """Store that the encoder has returned."""
        await BroadcastRow.filter(id=broadcast_id, ended_at=None).update(lost_at=None)

    async def end(self, broadcast_id: int, at: datetime, reason: BroadcastEndReason, peak_viewers: int) -> None:
        """Store the end. `peak_viewers` is the most at once that the caller knows of; a higher stored number stays."""
        await BroadcastRow.filter(id=broadcast_id, ended_at=None, peak_viewers__lt=peak_viewers).update(
            peak_viewers=peak_viewers
        )
        await BroadcastRow.filter(id=broadcast_id, ended_at=None).update(ended_at=at, end_reason=reason.value)

    async def find(self, broadcast_id: int) -> BroadcastRecord | None:
        """Return the broadcast with this id, of any channel, or None."""
        row = await BroadcastRow.get_or_none(id=broadcast_id)
        return None if row is None else _record(row)

    async def last(self, channel_id: int) -> BroadcastRecord | None:
        """Return the channel's newest broadcast, running or not, or None."""
        row = await BroadcastRow.filter(channel_id=channel_id).order_by("-started_at", "-id").first()
        return None if row is None else _record(row)

    async def unfinished(self, channel_id: int) -> tuple[BroadcastRecord, ...]:
        """Return the channel's broadcasts without an end, the newest first. There is more than one only if ends could
        not be written."""
        rows = await BroadcastRow.filter(channel_id=channel_id, ended_at=None).order_by("-started_at", "-id")
        return tuple(_record(row) for row in rows)

    async def running(self, seen_since: datetime) -> tuple[BroadcastRecord, ...]:
        """Return the newest broadcast of each channel that has no end and was seen since a time.

        A broadcast that waits for its encoder is not seen meanwhile.
        """
        rows = await BroadcastRow.filter(ended_at=None, seen_at__gte=seen_since).order_by("started_at", "id")
        return tuple({row.channel_id: _record(row) for row in rows}.values())

    async def overall_peak(self, channel_id: int) -> int:
        """Return the most viewers at once in any stored broadcast of the channel."""
        found = await BroadcastRow.filter(channel_id=channel_id).annotate(most=Max("peak_viewers")).values("most")
        return int(found[0]["most"] or 0) if found else 0


def _record(row: BroadcastRow) -> BroadcastRecord:
    reason, detail = _end(row)
    return BroadcastRecord(
        id=row.id,
        channel_id=row.channel_id,
        title=row.title,
        started_at=row.started_at,
        seen_at=row.seen_at,
        lost_at=row.lost_at,
        ended_at=row.ended_at,
        end_reason=reason,
        end_detail=detail,
        encoder=row.encoder,
        peak_viewers=row.peak_viewers,
    )


def _end(row: BroadcastRow) -> tuple[BroadcastEndReason | None, str]:
    """Return the reason and its detail. A reason that this version does not know is OTHER."""
    if not row.end_reason:
        return None, ""
    try:
        return BroadcastEndReason(row.end_reason), row.end_detail or ""
    except ValueError:
        return BroadcastEndReason.OTHER, row.end_reason
