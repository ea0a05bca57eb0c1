"""Likes, reactions, shares and follows, each recorded once. Runs in the caller's transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.functions import Count

from activitypub.vocabulary.activity import Activity
from fedistream.db import statement
from fedistream.federation.models import EngagementRow
from fedistream.federation.values import Engagement, Kind, Page

_RECORD = """
INSERT INTO engagement (channel_id, actor_id, kind, object, activity_id, reaction, at)
VALUES {rows} ON CONFLICT (actor_id, kind, object) DO NOTHING RETURNING actor_id, kind, object
"""
_FORGET = """
DELETE FROM engagement WHERE undone_at < :before
AND id IN (SELECT id FROM engagement WHERE undone_at < :before LIMIT :most)
"""
UNDONE_FOR = timedelta(days=90)  # a repetition after that emits a fact again
PRUNE_BATCH = 500  # rows in one statement
KINDS = {"Like": Kind.LIKE, "EmojiReact": Kind.REACTION, "Announce": Kind.SHARE}


@dataclass(frozen=True, slots=True)
class EngagementRecord:
    """An engagement: what an actor, by its row's id, does by this activity to `thing`, an object of the channel's."""

    channel_id: int
    actor_id: int
    kind: Kind
    thing: str
    activity: Activity

    @property
    def key(self) -> tuple[int, str, str]:
        """Return the key under which it is recorded once."""
        return self.actor_id, self.kind.value, self.thing


class Engagements:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def record(self, record: EngagementRecord) -> bool:
        """Record an engagement.

        Returns whether it is the actor's first. One that is repeated after an Undo counts again, but is not announced
        again as long as the Undo is stored.
        """
        (first,) = await self.record_all([record])
        return first

    async def record_all(self, records: Sequence[EngagementRecord]) -> list[bool]:
        """Record several engagements as `record` does, all new ones in one statement."""
        firsts: dict[tuple[int, str, str], EngagementRecord] = {}
        for record in records:
            firsts.setdefault(record.key, record)
        # in one order, so that two processes with the same rows cannot deadlock
        text, values = statement.table([self._row(firsts[key]) for key in sorted(firsts)])
        made = await statement.rows(_RECORD.format(rows=text), values)
        new = {(row["actor_id"], row["kind"], row["object"]) for row in made}
        told: list[bool] = []
        for record in records:
            told.append(record.key in new)
            new.discard(record.key)
            if not told[-1]:
                actor_id, kind, thing = record.key
                again = EngagementRow.filter(actor_id=actor_id, kind=kind, object=thing)
                await again.update(
                    activity_id=record.activity.id, reaction=record.activity.reaction or "", undone_at=None
                )
        return told

    def _row(self, record: EngagementRecord) -> dict[str, object]:
        return {
            "channel_id": record.channel_id,
            "actor_id": record.actor_id,
            "kind": record.kind.value,
            "object": record.thing,
            "activity_id": record.activity.id,
            "reaction": record.activity.reaction or "",
            "at": self._now(),
        }

    async def undo(self, actor: str, kind: Kind, thing: str) -> None:
        await self._undo(actor__url=actor, kind=kind.value, object=thing)

    async def undo_activity(self, actor: str, activity_id: str) -> None:
        """Undo the engagement that this actor made by that activity."""
        await self._undo(actor__url=actor, activity_id=activity_id)

    async def count(self, thing: str, *kinds: Kind) -> int:
        """Return the number of engagements of these kinds with an object of ours that are not undone."""
        found = EngagementRow.filter(
            object=thing, kind__in=[kind.value for kind in kinds], undone_at=None, actor__hidden=False
        )
        return int(await found.count())

    async def tally(self, channel_id: int) -> dict[Kind, int]:
        """Return the number of each kind of engagement in the channel that is not undone; kinds without any are left
        out."""
        found = (
            EngagementRow.filter(channel_id=channel_id, undone_at=None, actor__hidden=False)
            .annotate(times=Count("id"))
            .group_by("kind")
        )
        return {Kind(kind): times for kind, times in await found.values_list("kind", "times")}

    async def page(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Engagement]:
        """Return a page of engagements, the newest first."""
        found = EngagementRow.filter(channel_id=channel_id, undone_at=None, actor__hidden=False)
        rows = await found.order_by("-id").offset(offset).limit(limit).select_related("actor")
        return Page(await found.count(), tuple(map(_engagement, rows)))

    async def prune_batch(self) -> bool:
        """Delete some engagements that were undone long ago. Returns whether there may be more."""
        # the outer condition too: on PostgreSQL it may be done again while this waits for the row
        values = {"before": self._now() - UNDONE_FOR, "most": PRUNE_BATCH}
        return await statement.change(_FORGET, values) == PRUNE_BATCH

    async def _undo(self, **which: str) -> None:
        ids = await EngagementRow.filter(undone_at=None, **which).values_list("id", flat=True)
        if ids:
            await EngagementRow.filter(id__in=list(ids)).update(undone_at=self._now())


def _engagement(row: EngagementRow) -> Engagement:
    return Engagement(Kind(row.kind), row.object, row.actor.url, row.actor.handle, row.reaction, row.at)
