"""Likes, reactions and shares from the inbox, stored in batches; each one emits its fact once.

A widely read post gets hundreds of likes within a few seconds. One transaction for each would take most of a CPU core,
and would keep SQLite from the chat, which needs it at that moment.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from activitypub.actor import Actor
from activitypub.inbox import Verified
from activitypub.vocabulary.reversals import reversal_of
from fedistream.core.errors import Refusal, TooMany
from fedistream.core.events import Fact, PostLiked, PostShared
from fedistream.core.ports import FactEmitter
from fedistream.core.supervisor import go
from fedistream.db import DatabaseProblem, atomic, within
from fedistream.federation.engagements import KINDS, EngagementRecord, Engagements
from fedistream.federation.posts.service import Posts
from fedistream.federation.remote_actors import RemoteActors, StoredActor
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import Kind

log = logging.getLogger(__name__)

PAUSE_S = 0.005  # between two transactions: at 500 likes a second, about three form the next batch
MOST = 64  # in one transaction: on SQLite all other writers wait for it
MAX_WAITING = 5_000  # while the database does not answer
RETRY_S = 5.0  # for Retry-After, when the queue is full


@dataclass(frozen=True, slots=True)
class _Waiting:
    verified: Verified
    taken: "asyncio.Future[bool]"


class EngagementBatch:
    def __init__(
        self,
        addresses: ActorUrls,
        posts: Posts,
        remote_actors: RemoteActors,
        engagements: Engagements,
        facts: FactEmitter,
        now: Callable[[], datetime],
    ) -> None:
        self._addresses, self._posts, self._remote_actors = addresses, posts, remote_actors
        self._engagements, self._facts, self._now = engagements, facts, now
        self._waiting: deque[_Waiting] = deque()
        self._last: asyncio.Future[bool] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def take(self, verified: Verified) -> bool:
        """Store an activity, after those that arrived before it.

        Returns, once it is committed, whether the activity is new. Raises TooMany when the database does not keep up,
        and whatever the transaction raises. Cancelling the caller does not cancel the write.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise TooMany(RETRY_S)
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(verified, taken))
        self._last = taken
        if self._writer is None:
            self._writer = go("engagements", self._write_batches())
        try:
            return await asyncio.shield(taken)
        except asyncio.CancelledError:
            taken.add_done_callback(_report)
            raise

    async def settle(self) -> None:
        """Wait until the activities that have arrived so far are stored or refused.

        Call this before an actor undoes something, is deleted or is blocked, so that no earlier activity is stored
        after that. Inside a transaction this does nothing: on SQLite the batch itself waits for that transaction to
        end.
        """
        if self._last is not None and not within():
            await asyncio.wait([self._last])

    async def close(self) -> None:
        """Finish the running transaction. Activities that still wait get TooMany, so their senders try again."""
        while self._waiting:
            self._waiting.popleft().taken.set_exception(TooMany(RETRY_S))
        if self._writer is not None:
            await asyncio.wait([self._writer])

    async def _write_batches(self) -> None:
        """Store the batches until none is left. After an idle time the first activity is stored at once."""
        batch: list[_Waiting] = []
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                await self._settle(batch)
                await asyncio.sleep(PAUSE_S)
        finally:
            self._writer = self._last = None
            for each in (*batch, *self._waiting):  # there are some only when the loop ends
                each.taken.cancel()
            self._waiting.clear()

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Store a batch, and pass the result or the error to every waiting caller."""
        try:
            taken = await self._write_retried([each.verified for each in batch])
        except DatabaseProblem as problem:
            for each in batch:
                each.taken.set_exception(problem)
        except Exception as error:
            if len(batch) == 1:
                batch[0].taken.set_exception(error)
                return
            # one by one, so that a faulty activity does not fail the others
            for each in batch:
                await self._settle([each])
        else:
            for each, first in zip(batch, taken, strict=True):
                each.taken.set_result(first)

    async def _write_retried(self, engagement_batch: Sequence[Verified]) -> list[bool]:
        try:
            return await atomic(self._write, engagement_batch)
        except IntegrityError:
            # another process did the same at the same moment: the second attempt sees its rows. An activity that breaks
            # a constraint by itself fails again
            return await atomic(self._write, engagement_batch)

    async def _write(self, engagement_batch: Sequence[Verified]) -> list[bool]:
        """Store the batch and return, for each activity, whether it is new. Runs in a transaction."""
        reversals = {each.activity.id: reversal_of(each.activity) for each in engagement_batch}
        new = await self._remote_actors.mark_all_seen(reversals)
        firsts: list[bool] = []
        for each in engagement_batch:
            firsts.append(each.activity.id in new)
            new.discard(each.activity.id)
        new_ones = [each for each, first in zip(engagement_batch, firsts, strict=True) if first]
        await self._facts.emit_all(await self._record(new_ones))
        return firsts

    async def _record(self, engagement_batch: Sequence[Verified]) -> list[Fact]:
        """Store the engagements with our own posts, except those of actors that were blocked meanwhile. What an
        Announce embeds is not read."""
        posts = {url: self._addresses.post_id(url) or "" for url in {_object_url(each) for each in engagement_batch}}
        channels = await self._posts.channels_of({post_id for post_id in posts.values() if post_id})
        relevant = [
            each
            for each in engagement_batch
            if posts[_object_url(each)] in channels and not self._remote_actors.is_blocked(each.activity.actor)
        ]
        if not relevant:
            return []
        known = await self._remote_actors.keep_all([each.signer for each in relevant])
        records = [
            EngagementRecord(
                channels[posts[thing]], known[each.activity.actor].id, KINDS[each.activity.type], thing, each.activity
            )
            for each in relevant
            if (thing := _object_url(each))
        ]
        firsts = await self._engagements.record_all(records)
        return [
            self._fact(record, each.signer.actor, known[each.activity.actor])
            for each, record, first in zip(relevant, records, firsts, strict=True)
            if first
        ]

    def _fact(self, record: EngagementRecord, actor: Actor, known: StoredActor) -> Fact:
        named = (record.channel_id, record.thing, actor.id, actor.name or actor.username, known.handle, known.image)
        if record.kind is Kind.SHARE:
            return PostShared(*named, self._now())
        activity = record.activity
        return PostLiked(*named, activity.reaction or "", self._now(), activity.reaction_image or "")


def _report(taken: "asyncio.Future[bool]") -> None:
    """Log the failure of an activity whose caller was cancelled."""
    if not taken.cancelled() and (error := taken.exception()) is not None and not isinstance(error, Refusal):
        log.error("an engagement whose sender disconnected could not be stored", exc_info=error)


def _object_url(verified: Verified) -> str:
    return verified.activity.object_id or ""
