"""Likes, reactions and shares as they come to the inbox: written down many at a time, each told once.

A post that many read is liked hundreds of times in a few seconds. A transaction for each of them would take most of a
core, and of SQLite, which the chat needs at that moment.
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

PAUSE_S = 0.005  # between two transactions: at 500 likes a second some three make the next one
MOST = 64  # in one transaction: everybody else waits for it on SQLite
MAX_WAITING = 5_000  # while the database does not answer
RETRY_S = 5.0  # when who found no room may try again


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
        self._clerk: asyncio.Task[None] | None = None

    async def take(self, verified: Verified) -> bool:
        """Write it down, after those that came before. Returns whether this activity was not acted on before, once
        that is on disk. Raises TooMany when the database does not keep up, and what it says; a caller who is cancelled
        changes nothing."""
        if len(self._waiting) >= MAX_WAITING:
            raise TooMany(RETRY_S)
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(verified, taken))
        self._last = taken
        if self._clerk is None:
            self._clerk = go("applause", self._write_on())
        try:
            return await asyncio.shield(taken)
        except asyncio.CancelledError:
            taken.add_done_callback(_report)
            raise

    async def settle(self) -> None:
        """Wait until what has come so far is written, or not. To be called before an actor takes something back, is
        forgotten or blocked: what came before that must not come after it. Within a transaction it does nothing: on
        SQLite what waits here waits for the end of that."""
        if self._last is not None and not within():
            await asyncio.wait([self._last])

    async def close(self) -> None:
        """Finish the transaction that is running. Who still waits is to try again, and has not been told otherwise."""
        while self._waiting:
            self._waiting.popleft().taken.set_exception(TooMany(RETRY_S))
        if self._clerk is not None:
            await asyncio.wait([self._clerk])

    async def _write_on(self) -> None:
        """The first after a silence is written at once."""
        batch: list[_Waiting] = []
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                await self._settle(batch)
                await asyncio.sleep(PAUSE_S)
        finally:
            self._clerk = self._last = None
            for each in (*batch, *self._waiting):  # of whom there are some only when the loop ends
                each.taken.cancel()
            self._waiting.clear()

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Whoever waits is told, also of what went wrong."""
        try:
            taken = await self._at_once([each.verified for each in batch])
        except DatabaseProblem as problem:
            for each in batch:
                each.taken.set_exception(problem)
        except Exception as error:
            if len(batch) == 1:
                batch[0].taken.set_exception(error)
                return
            # what is wrong with one of them is not to be the others' fault
            for each in batch:
                await self._settle([each])
        else:
            for each, first in zip(batch, taken, strict=True):
                each.taken.set_result(first)

    async def _at_once(self, engagement_batch: Sequence[Verified]) -> list[bool]:
        try:
            return await atomic(self._write, engagement_batch)
        except IntegrityError:
            # another process did the same at the same moment: this time its rows are seen; what breaks a constraint
            # by itself does so again
            return await atomic(self._write, engagement_batch)

    async def _write(self, engagement_batch: Sequence[Verified]) -> list[bool]:
        """In a transaction. Which of them were not acted on before."""
        heard = {each.activity.id: reversal_of(each.activity) for each in engagement_batch}
        new = await self._remote_actors.hear_all(heard)
        firsts: list[bool] = []
        for each in engagement_batch:
            firsts.append(each.activity.id in new)
            new.discard(each.activity.id)
        new_ones = [each for each, first in zip(engagement_batch, firsts, strict=True) if first]
        await self._facts.emit_all(await self._record(new_ones))
        return firsts

    async def _record(self, engagement_batch: Sequence[Verified]) -> list[Fact]:
        """Only what posts of ours get, and of nobody who was blocked while he waited; what an Announce embeds is not
        looked at."""
        posts = {url: self._addresses.post_id(url) or "" for url in {_thing(each) for each in engagement_batch}}
        channels = await self._posts.channels_of({post_id for post_id in posts.values() if post_id})
        ours = [
            each
            for each in engagement_batch
            if posts[_thing(each)] in channels and not self._remote_actors.is_blocked(each.activity.actor)
        ]
        if not ours:
            return []
        known = await self._remote_actors.keep_all([each.signer for each in ours])
        deeds = [
            EngagementRecord(
                channels[posts[thing]], known[each.activity.actor].id, KINDS[each.activity.type], thing, each.activity
            )
            for each in ours
            if (thing := _thing(each))
        ]
        firsts = await self._engagements.record_all(deeds)
        return [
            self._fact(deed, each.signer.actor, known[each.activity.actor])
            for each, deed, first in zip(ours, deeds, firsts, strict=True)
            if first
        ]

    def _fact(self, deed: EngagementRecord, actor: Actor, known: StoredActor) -> Fact:
        named = (deed.channel_id, deed.thing, actor.id, actor.name or actor.username, known.handle, known.image)
        if deed.kind is Kind.SHARE:
            return PostShared(*named, self._now())
        activity = deed.activity
        return PostLiked(*named, activity.reaction or "", self._now(), activity.reaction_image or "")


def _report(taken: "asyncio.Future[bool]") -> None:
    """Nobody waits for this one any more, so its failure is told here."""
    if not taken.cancelled() and (error := taken.exception()) is not None and not isinstance(error, Refusal):
        log.error("what nobody waits for any more was not written", exc_info=error)


def _thing(verified: Verified) -> str:
    return verified.activity.object_id or ""
