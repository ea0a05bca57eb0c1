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
from typing import Protocol

from tortoise.exceptions import IntegrityError

from activitypub.actor import Actor
from activitypub.inbox import Verified
from fedistream.db import atomic
from fedistream.events import Fact, PostLiked, PostShared
from fedistream.federation.acquaintances import Acquaintances, Known
from fedistream.federation.addresses import Addresses
from fedistream.federation.engagements import KINDS, Deed, Engagements
from fedistream.federation.posts import Posts
from fedistream.federation.values import Kind

log = logging.getLogger(__name__)

PAUSE_S = 0.005  # between two transactions: at 500 likes a second some three make the next one
MOST = 64  # in one transaction: everybody else waits for it on SQLite


class Facts(Protocol):
    async def state(self, fact: Fact) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What it reads and writes."""

    addresses: Addresses
    posts: Posts
    acquaintances: Acquaintances
    engagements: Engagements


@dataclass(frozen=True, slots=True)
class _Waiting:
    verified: Verified
    taken: "asyncio.Future[bool]"


class Applause:
    def __init__(self, parts: Parts, facts: Facts, now: Callable[[], datetime]) -> None:
        self._parts, self._facts, self._now = parts, facts, now
        self._waiting: deque[_Waiting] = deque()
        self._clerk: asyncio.Task[None] | None = None

    async def take(self, verified: Verified) -> bool:
        """Write it down, after those that came before. Returns whether this activity was not acted on before, once
        that is on disk. Raises what the database does; a caller who is cancelled changes nothing."""
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(verified, taken))
        if self._clerk is None:
            self._clerk = asyncio.create_task(self._write_on(), name="applause")
        return await taken

    async def _write_on(self) -> None:
        """The first after a silence is written at once."""
        try:
            while self._waiting:
                await self._settle([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
                await asyncio.sleep(PAUSE_S)
        finally:
            self._clerk = None

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Never raises: whoever waits is told."""
        try:
            taken = await atomic(self._write, [each.verified for each in batch])
        except Exception as error:
            if len(batch) > 1:
                # what is wrong with one of them is not to be the others' fault
                for each in batch:
                    await self._settle([each])
                return
            await self._once_more(batch[0], error)
            return
        for each, first in zip(batch, taken, strict=True):
            if not each.taken.done():
                each.taken.set_result(first)

    async def _once_more(self, single: _Waiting, error: Exception) -> None:
        """Another process did the same at the same moment: this time its rows are seen. What breaks a constraint by
        itself does so again."""
        try:
            if not isinstance(error, IntegrityError):
                raise error
            (first,) = await atomic(self._write, [single.verified])
        except Exception as again:
            if single.taken.done():
                log.error("what nobody waits for any more was not written", exc_info=again)
            else:
                single.taken.set_exception(again)
        else:
            if not single.taken.done():
                single.taken.set_result(first)

    async def _write(self, applause: Sequence[Verified]) -> list[bool]:
        """In a transaction. Which of them were not acted on before."""
        new = await self._parts.acquaintances.hear_all([each.activity.id for each in applause])
        firsts: list[bool] = []
        for each in applause:
            firsts.append(each.activity.id in new)
            new.discard(each.activity.id)
        for fact in await self._record([each for each, first in zip(applause, firsts, strict=True) if first]):
            await self._facts.state(fact)
        return firsts

    async def _record(self, applause: Sequence[Verified]) -> list[Fact]:
        """Only what posts of ours get; what an Announce embeds is not looked at."""
        parts = self._parts
        posts = {url: parts.addresses.post_id(url) or "" for url in {_thing(each) for each in applause}}
        channels = await parts.posts.channels_of({post_id for post_id in posts.values() if post_id})
        ours = [each for each in applause if posts[_thing(each)] in channels]
        if not ours:
            return []
        known = await parts.acquaintances.keep_all([each.signer for each in ours])
        deeds = [
            Deed(channels[posts[thing]], known[each.activity.actor].id, KINDS[each.activity.type], thing, each.activity)
            for each in ours
            if (thing := _thing(each))
        ]
        firsts = await parts.engagements.record_all(deeds)
        return [
            self._fact(deed, each.signer.actor, known[each.activity.actor])
            for each, deed, first in zip(ours, deeds, firsts, strict=True)
            if first
        ]

    def _fact(self, deed: Deed, actor: Actor, known: Known) -> Fact:
        named = (deed.channel_id, deed.thing, actor.id, actor.name or actor.username, known.handle, known.image)
        if deed.kind is Kind.SHARE:
            return PostShared(*named, self._now())
        return PostLiked(*named, deed.activity.reaction or "", self._now())


def _thing(verified: Verified) -> str:
    return verified.activity.object_id or ""
