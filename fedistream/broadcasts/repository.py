"""The written history of broadcasts: one row each. What is on the air now is in memory, in `session.py`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tortoise.functions import Max

from fedistream.broadcasts.models import BroadcastRow
from fedistream.broadcasts.values import BroadcastRecord

MAX_TEXT = 200  # characters of a title or a reason that are kept


class BroadcastRepository:
    """Each call may be made again after it was done. What ended stays as it was."""

    async def start(self, channel_id: int, title: str, at: datetime, encoder: Mapping[str, Any]) -> int:
        """Write a new broadcast down unless that was done before, and return its id. `encoder` must be plain JSON."""
        # who did not hear that the commit was done tries again
        row = await BroadcastRow.filter(channel_id=channel_id, started_at=at).first()
        if row is None:
            row = await BroadcastRow.create(
                channel_id=channel_id, title=title[:MAX_TEXT], started_at=at, seen_at=at, encoder=dict(encoder)
            )
        broadcast_id: int = row.id
        return broadcast_id

    async def seen(self, broadcast_id: int, at: datetime, peak_viewers: int = 0) -> None:
        """The broadcast was running at this time, and had so many viewers at once."""
        await BroadcastRow.filter(id=broadcast_id, ended_at=None, seen_at__lt=at).update(seen_at=at)
        await BroadcastRow.filter(id=broadcast_id, ended_at=None, peak_viewers__lt=peak_viewers).update(
            peak_viewers=peak_viewers
        )

    async def lost(self, broadcast_id: int, at: datetime) -> None:
        """The encoder went away without a word, and may come back."""
        await BroadcastRow.filter(id=broadcast_id, ended_at=None).update(lost_at=at)

    async def returned(self, broadcast_id: int) -> None:
        await BroadcastRow.filter(id=broadcast_id, ended_at=None).update(lost_at=None)

    async def end(self, broadcast_id: int, at: datetime, reason: str, peak_viewers: int) -> None:
        """`peak_viewers`: the most at once that the caller knows of; what was written before may be more."""
        await BroadcastRow.filter(id=broadcast_id, ended_at=None, peak_viewers__lt=peak_viewers).update(
            peak_viewers=peak_viewers
        )
        await BroadcastRow.filter(id=broadcast_id, ended_at=None).update(ended_at=at, end_reason=reason[:MAX_TEXT])

    async def find(self, broadcast_id: int) -> BroadcastRecord | None:
        """The broadcast with this id, of whatever channel."""
        row = await BroadcastRow.get_or_none(id=broadcast_id)
        return None if row is None else _entry(row)

    async def last(self, channel_id: int) -> BroadcastRecord | None:
        """The channel's newest broadcast, running or not."""
        row = await BroadcastRow.filter(channel_id=channel_id).order_by("-started_at", "-id").first()
        return None if row is None else _entry(row)

    async def unfinished(self, channel_id: int) -> tuple[BroadcastRecord, ...]:
        """What has no end yet, the newest first: more than one only if ends could not be written."""
        rows = await BroadcastRow.filter(channel_id=channel_id, ended_at=None).order_by("-started_at", "-id")
        return tuple(_entry(row) for row in rows)

    async def running(self, seen_since: datetime) -> tuple[BroadcastRecord, ...]:
        """What has no end, of all channels, and was seen by then: the newest of each channel. A process that waits
        for an encoder sees nothing meanwhile."""
        rows = await BroadcastRow.filter(ended_at=None, seen_at__gte=seen_since).order_by("started_at", "id")
        return tuple({row.channel_id: _entry(row) for row in rows}.values())

    async def overall_peak(self, channel_id: int) -> int:
        """The most viewers at once in any broadcast of the channel that has ended."""
        found = await BroadcastRow.filter(channel_id=channel_id).annotate(most=Max("peak_viewers")).values("most")
        return int(found[0]["most"] or 0) if found else 0


def _entry(row: BroadcastRow) -> BroadcastRecord:
    return BroadcastRecord(
        id=row.id,
        channel_id=row.channel_id,
        title=row.title,
        started_at=row.started_at,
        seen_at=row.seen_at,
        lost_at=row.lost_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        encoder=row.encoder,
        peak_viewers=row.peak_viewers,
    )
