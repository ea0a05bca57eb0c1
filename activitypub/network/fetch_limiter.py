"""Limits for fetching, so that remote documents cannot make this server attack another one.

At most one fetch runs per URL, failures are cached for a while, and each host has a rate limit. Documents are not
cached here.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from activitypub.network.fetch import FetchedDocument, FetchFailed, FetchFailure
from activitypub.network.transport import Clock
from activitypub.urls import BadUrl, authority, without_fragment

# How long a failure is cached, in seconds. After RATE_LIMITED the next attempt may succeed at any moment.
FAILURE_TTL_S = {
    FetchFailure.GONE: 3600.0,
    FetchFailure.NOT_FOUND: 3600.0,
    FetchFailure.REFUSED: 300.0,
    FetchFailure.BLOCKED: 300.0,
    FetchFailure.UNREACHABLE: 300.0,
    FetchFailure.INVALID: 300.0,
    FetchFailure.RATE_LIMITED: 0.0,
}
assert set(FAILURE_TTL_S) == set(FetchFailure)


class DocumentFetcher(Protocol):
    """`Fetcher` and `FetchLimiter`. All methods raise FetchFailed."""

    async def activity(self, url: str) -> FetchedDocument: ...
    async def key_document(self, url: str) -> FetchedDocument: ...
    async def json(self, url: str) -> FetchedDocument: ...


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """At most `fetches` per host in `period_s` seconds, each within `total_s`; `max_remembered` hosts and failures."""

    fetches: int = 300  # a popular post brings hundreds of new actors from a large server
    period_s: float = 60.0
    total_s: float = 20.0  # with redirects and both signatures; the sender of an activity waits for so long
    max_remembered: int = 10_000


class FetchLimiter:
    """A DocumentFetcher that sends as few requests as possible. Raises FetchFailed(RATE_LIMITED) when the limit of the
    host is reached."""

    def __init__(self, fetcher: DocumentFetcher, clock: Clock, budget: FetchLimits | None = None) -> None:
        self._fetches = {"activity": fetcher.activity, "key": fetcher.key_document, "json": fetcher.json}
        self._clock = clock
        self._budget = budget or FetchLimits()
        self._flying: dict[tuple[str, str], asyncio.Task[FetchedDocument]] = {}
        self._failed: OrderedDict[tuple[str, str], tuple[FetchFailure, float]] = OrderedDict()
        self._spent: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def activity(self, url: str) -> FetchedDocument:
        """Do what `Fetcher.activity` does, within the limits."""
        return await self._once("activity", without_fragment(url))

    async def key_document(self, url: str) -> FetchedDocument:
        """Do what `Fetcher.key_document` does, within the limits."""
        return await self._once("key", without_fragment(url))

    async def json(self, url: str) -> FetchedDocument:
        """Do what `Fetcher.json` does, within the limits."""
        return await self._once("json", url)

    async def _once(self, kind: str, url: str) -> FetchedDocument:
        key = (kind, url)
        flying = self._flying.get(key)
        if flying is None:
            self._check_failed(key)
            self._spend(url)
            flying = asyncio.create_task(self._fetch(key))
            self._flying[key] = flying
            # When no caller is left, the exception has to be retrieved here, or asyncio would log it.
            flying.add_done_callback(lambda task: task.cancelled() or task.exception())
        # a caller that is cancelled must not cancel the fetch of the others
        return await asyncio.shield(flying)

    async def _fetch(self, key: tuple[str, str]) -> FetchedDocument:
        kind, url = key
        try:
            return await self._in_time(kind, url)
        except FetchFailed as failed:
            self._failed[key] = (failed.failure, self._clock() + FAILURE_TTL_S[failed.failure])
            self._failed.move_to_end(key)
            if len(self._failed) > self._budget.max_remembered:
                self._failed.popitem(last=False)
            raise
        finally:
            self._flying.pop(key, None)

    async def _in_time(self, kind: str, url: str) -> FetchedDocument:
        try:
            async with asyncio.timeout(self._budget.total_s):
                return await self._fetches[kind](url)
        except TimeoutError:
            raise FetchFailed(FetchFailure.UNREACHABLE, f"not done in {self._budget.total_s:.0f} s") from None

    def _check_failed(self, key: tuple[str, str]) -> None:
        failure, until = self._failed.get(key, (FetchFailure.RATE_LIMITED, 0.0))
        if self._clock() < until:
            raise FetchFailed(failure, "it failed a short while ago")
        self._failed.pop(key, None)

    def _spend(self, url: str) -> None:
        try:
            host = authority(url)
        except BadUrl as error:
            raise FetchFailed(FetchFailure.INVALID, str(error)) from None
        now = self._clock()
        spent, since = self._spent.get(host, (0, now))
        if now - since >= self._budget.period_s:
            spent, since = 0, now
        if spent >= self._budget.fetches:
            raise FetchFailed(
                FetchFailure.RATE_LIMITED, f"{host} was asked {spent} times within {self._budget.period_s:.0f} s"
            )
        self._spent[host] = (spent + 1, since)
        self._spent.move_to_end(host)
        if len(self._spent) > self._budget.max_remembered:
            self._spent.popitem(last=False)
