"""Accounts that move to another server: a Move is accepted when the new account names the old one as its alias.

An account that moved no longer follows. The new account has to follow by itself, and is approved at once if the old one
was. Followers' accounts are also fetched now and then, because not every server announces a deletion.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from tortoise.expressions import Q

from activitypub.actor import Actor
from activitypub.discovery import find_actor
from activitypub.inbox import Verified
from activitypub.network.fetch import FetchFailed, FetchFailure
from activitypub.network.fetch_limiter import DocumentFetcher
from fedistream.core.events import Fact
from fedistream.core.ports import FactEmitter
from fedistream.db import atomic
from fedistream.federation.followers.service import Followers
from fedistream.federation.models import FollowerRow, RemoteActorRow
from fedistream.federation.remote_actors import RemoteActors
from fedistream.federation.replies.service import mark_gone
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import State
from fedistream.jobs.job import Dead, Done, Job, JobQueue, NewJob, Outcome, Retry

log = logging.getLogger(__name__)

KIND = "move"
AGAIN = timedelta(days=7)  # after which an account is fetched again
LEAST, MOST = 10, 60  # accounts in one run, once an hour
LATER = frozenset({FetchFailure.UNREACHABLE, FetchFailure.RATE_LIMITED})


class Moves:
    """Handle Move activities and check the accounts of followers. `fetches` sends requests to other servers and is
    never used in a transaction."""

    def __init__(
        self,
        fetches: DocumentFetcher,
        remote_actors: RemoteActors,
        followers: Followers,
        outbox: JobQueue,
        addresses: ActorUrls,
        facts: FactEmitter,
        now: Callable[[], datetime],
    ) -> None:
        self._fetches, self._remote_actors, self._followers = fetches, remote_actors, followers
        self._outbox, self._addresses, self._facts, self._now = outbox, addresses, facts, now

    async def take(self, verified: Verified) -> list[Fact]:
        """Queue a job for the Move of a known actor, because verifying it takes a fetch."""
        activity = verified.activity
        if activity.target is not None and await RemoteActorRow.exists(url=activity.actor):
            await self._outbox.put([NewJob(KIND, {"old": activity.actor, "new": activity.target})])
        return []

    async def follow_up(self, job: Job) -> Outcome:
        """Verify a Move and apply it; a job's handler."""
        old, new = job.body["old"], job.body["new"]
        try:
            target = await find_actor(new, self._fetches)
        except FetchFailed as failed:
            return Retry(None, str(failed)) if failed.failure in LATER else Dead(str(failed))
        if not await self._settle(old, target):
            return Dead("the new account does not say that it was the old one")
        return Done()

    async def validate(self) -> None:
        """Fetch the accounts of the followers that were checked longest ago.

        Only an account that its own server reports as gone is removed. Other failures are counted and change nothing
        yet.
        """
        if not self._addresses.on:
            return
        before = self._now() - AGAIN
        due = RemoteActorRow.filter(
            Q(checked_at__lt=before) | Q(checked_at__isnull=True, fetched_at__lt=before),
            follows__state=State.ACCEPTED.value,
        )
        count = await FollowerRow.filter(state=State.ACCEPTED.value).count()
        # each account about once a week, within the limits
        share = min(MOST, max(LEAST, count // (7 * 24)))
        for row in await due.order_by("checked_at", "fetched_at").distinct().limit(share):
            await self._check(row)

    async def _check(self, row: RemoteActorRow) -> None:
        try:
            actor = await find_actor(row.url, self._fetches)
        except FetchFailed as failed:
            if failed.failure is FetchFailure.GONE:
                await atomic(self._emit_all, self._remove_gone, row.url)
            else:
                log.info("the follower %s was not found: %s", row.handle, failed)
                await RemoteActorRow.filter(id=row.id).update(
                    checked_at=self._now(), failed_checks=row.failed_checks + 1
                )
            return
        await RemoteActorRow.filter(id=row.id).update(checked_at=self._now(), failed_checks=0)
        key = next((each.id for each in actor.keys if each.id == row.key_id), None)
        key = key or next((each.id for each in actor.keys), "")
        await atomic(self._remote_actors.update, actor, key)
        if actor.moved_to is not None:
            await self._outbox.put([NewJob(KIND, {"old": row.url, "new": actor.moved_to})])

    async def _remove_gone(self, actor: str) -> list[Fact]:
        """Do what a Delete of the actor by itself does, except that another process removes its chat messages."""
        await mark_gone(actor)
        return await self._followers.forget(actor, "gone")

    async def _settle(self, old: str, target: Actor) -> bool:
        if old not in target.also_known_as or target.id == old:
            return False
        if not self._remote_actors.is_blocked(target.id):
            await RemoteActorRow.filter(url=old).update(moved_to=target.id)
        await atomic(self._emit_all, self._followers.move_away, old)
        return True

    async def _emit_all(self, act: Callable[..., Awaitable[list[Fact]]], *given: object) -> None:
        await self._facts.emit_all(await act(*given))
