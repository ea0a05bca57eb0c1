"""Restraint in fetching, so that strangers cannot make us a weapon: one fetch in flight per URL, failures kept for a
while, and a budget per host. What was fetched well is kept by the caller.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from activitypub.fetch import Clock, Fetched, FetchFailed, Why
from activitypub.urls import BadUrl, authority, without_fragment

# How long a failure stands, in seconds. What a signature or the budget refused may be right in a moment.
KEEP_S = {
    Why.GONE: 3600.0,
    Why.NOT_FOUND: 3600.0,
    Why.REFUSED: 300.0,
    Why.BLOCKED: 300.0,
    Why.UNREACHABLE: 300.0,
    Why.INVALID: 300.0,
    Why.SPARED: 0.0,
}
assert set(KEEP_S) == set(Why)


class Fetches(Protocol):
    async def activity(self, url: str) -> Fetched: ...
    async def key_document(self, url: str) -> Fetched: ...
    async def json(self, url: str) -> Fetched: ...


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `fetches` per host in `period_s` seconds, each done in `total_s`; `remembered` hosts and failures."""

    fetches: int = 300  # a post of ours that is read widely brings new actors of a large server by the hundred
    period_s: float = 60.0
    total_s: float = 20.0  # with redirects and both signatures; an inbox holds its answer for so long
    remembered: int = 10_000


class RestrainedFetcher:
    """A Fetcher that asks as seldom as it can. Raises FetchFailed(SPARED) where the budget of the host is used up."""

    def __init__(self, fetcher: Fetches, clock: Clock, budget: Budget | None = None) -> None:
        self._fetches = {"activity": fetcher.activity, "key": fetcher.key_document, "json": fetcher.json}
        self._clock = clock
        self._budget = budget or Budget()
        self._flying: dict[tuple[str, str], asyncio.Task[Fetched]] = {}
        self._failed: OrderedDict[tuple[str, str], tuple[Why, float]] = OrderedDict()
        self._spent: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def activity(self, url: str) -> Fetched:
        """As `Fetcher.activity`."""
        return await self._once("activity", without_fragment(url))

    async def key_document(self, url: str) -> Fetched:
        """As `Fetcher.key_document`."""
        return await self._once("key", without_fragment(url))

    async def json(self, url: str) -> Fetched:
        """As `Fetcher.json`."""
        return await self._once("json", url)

    async def _once(self, kind: str, url: str) -> Fetched:
        key = (kind, url)
        flying = self._flying.get(key)
        if flying is None:
            self._check_failed(key)
            self._spend(url)
            flying = asyncio.create_task(self._fetch(key))
            self._flying[key] = flying
            # The result of a fetch that nobody waits for any more is still looked at, or asyncio would complain.
            flying.add_done_callback(lambda task: task.cancelled() or task.exception())
        # one waiter that gives up must not end the fetch of the others
        return await asyncio.shield(flying)

    async def _fetch(self, key: tuple[str, str]) -> Fetched:
        kind, url = key
        try:
            return await self._in_time(kind, url)
        except FetchFailed as failed:
            self._failed[key] = (failed.why, self._clock() + KEEP_S[failed.why])
            self._failed.move_to_end(key)
            if len(self._failed) > self._budget.remembered:
                self._failed.popitem(last=False)
            raise
        finally:
            self._flying.pop(key, None)

    async def _in_time(self, kind: str, url: str) -> Fetched:
        try:
            async with asyncio.timeout(self._budget.total_s):
                return await self._fetches[kind](url)
        except TimeoutError:
            raise FetchFailed(Why.UNREACHABLE, f"not done in {self._budget.total_s:.0f} s") from None

    def _check_failed(self, key: tuple[str, str]) -> None:
        why, until = self._failed.get(key, (Why.SPARED, 0.0))
        if self._clock() < until:
            raise FetchFailed(why, "it failed a short while ago")
        self._failed.pop(key, None)

    def _spend(self, url: str) -> None:
        try:
            host = authority(url)
        except BadUrl as error:
            raise FetchFailed(Why.INVALID, str(error)) from None
        now = self._clock()
        spent, since = self._spent.get(host, (0, now))
        if now - since >= self._budget.period_s:
            spent, since = 0, now
        if spent >= self._budget.fetches:
            raise FetchFailed(Why.SPARED, f"{host} was asked {spent} times within {self._budget.period_s:.0f} s")
        self._spent[host] = (spent + 1, since)
        self._spent.move_to_end(host)
        if len(self._spent) > self._budget.remembered:
            self._spent.popitem(last=False)
