"""Likes, reactions, shares and follows, recorded once each. Runs in the caller's transaction."""

from collections.abc import Callable
from datetime import datetime

from tortoise.functions import Count

from activitypub.vocabulary.activity import Activity
from fedistream.db import statement
from fedistream.federation.models import EngagementRow, RemoteActorRow
from fedistream.federation.values import Engagement, Kind, Page

_RECORD = """
INSERT INTO engagement (channel_id, actor_id, kind, object, activity_id, reaction, at, undone_at)
VALUES (:channel_id, :actor_id, :kind, :object, :activity_id, :reaction, :at, NULL)
ON CONFLICT (actor_id, kind, object) DO NOTHING RETURNING id
"""
KINDS = {"Like": Kind.LIKE, "EmojiReact": Kind.REACTION, "Announce": Kind.SHARE}


class Engagements:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def record(self, channel_id: int, actor: RemoteActorRow, kind: Kind, thing: str, activity: Activity) -> bool:
        """Returns whether this actor does it for the first time. What is done again after an Undo counts again, and
        is not told again."""
        key = {"actor_id": actor.id, "kind": kind.value, "object": thing}
        values = {"activity_id": activity.id, "reaction": activity.reaction or "", "undone_at": None}
        # in one statement: a widely read post is liked hundreds of times in a minute
        if await statement.rows(_RECORD, {**key, **values, "channel_id": channel_id, "at": self._now()}):
            return True
        await EngagementRow.filter(**key).update(**values)
        return False

    async def undo(self, actor: str, kind: Kind, thing: str) -> None:
        await self._undo(actor__url=actor, kind=kind.value, object=thing)

    async def undo_activity(self, actor: str, activity_id: str) -> None:
        """Undo what this actor did by that activity."""
        await self._undo(actor__url=actor, activity_id=activity_id)

    async def count(self, thing: str, *kinds: Kind) -> int:
        """How many did one of these to an object of ours, and have not undone it."""
        found = EngagementRow.filter(
            object=thing, kind__in=[kind.value for kind in kinds], undone_at=None, actor__hidden=False
        )
        return int(await found.count())

    async def tally(self, channel_id: int) -> dict[Kind, int]:
        """How often each was done in the channel, and not undone; what nobody did is left out."""
        found = (
            EngagementRow.filter(channel_id=channel_id, undone_at=None, actor__hidden=False)
            .annotate(times=Count("id"))
            .group_by("kind")
        )
        return {Kind(kind): times for kind, times in await found.values_list("kind", "times")}

    async def page(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Engagement]:
        """The newest first."""
        found = EngagementRow.filter(channel_id=channel_id, undone_at=None, actor__hidden=False)
        rows = await found.order_by("-id").offset(offset).limit(limit).select_related("actor")
        return Page(
            await found.count(), tuple(Engagement(Kind(row.kind), row.object, row.actor.url, row.at) for row in rows)
        )

    async def _undo(self, **which: str) -> None:
        ids = await EngagementRow.filter(undone_at=None, **which).values_list("id", flat=True)
        await EngagementRow.filter(id__in=list(ids)).update(undone_at=self._now())
