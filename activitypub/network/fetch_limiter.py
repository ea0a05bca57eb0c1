"""Limits for fetching, so that remote documents cannot make this server attack another one.

At most one fetch runs per URL, failures are cached for a while, and each host has a rate limit. Documents are not
cached here.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from activitypub.bounded_dict import BoundedDict
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
    """Limits: `fetches` per host in `period_s` seconds, each within `total_s`; `max_remembered` hosts and failures."""

    fetches: int = 300  # a popular post brings hundreds of new actors from a large server
    period_s: float = 60.0
    total_s: float = 20.0  # with redirects and both signatures; the sender of an activity waits for so long
    max_remembered: int = 10_000


class FetchLimiter:
    """A DocumentFetcher that sends as few requests as possible. Raises FetchFailed(RATE_LIMITED) when the limit of the
    host is reached."""

    def __init__(self, fetcher: DocumentFetcher, clock: Clock, limits: FetchLimits | None = None) -> None:
        self._fetches = {"activity": fetcher.activity, "key": fetcher.key_document, "json": fetcher.json}
        self._clock = clock
        self._limits = limits or FetchLimits()
        self._running: dict[tuple[str, str], asyncio.Task[FetchedDocument]] = {}
        self._failed: BoundedDict[tuple[str, str], tuple[FetchFailure, float]] = BoundedDict(
            self._limits.max_remembered
        )
        self._counts: BoundedDict[str, tuple[int, float]] = BoundedDict(self._limits.max_remembered)

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
        running = self._running.get(key)
        if running is None:
            self._check_failed(key)
            self._count(url)
            running = asyncio.create_task(self._fetch(key))
            self._running[key] = running
            # When no caller is left, the exception has to be retrieved here, or asyncio would log it.
            running.add_done_callback(lambda task: task.cancelled() or task.exception())
        # a caller that is cancelled must not cancel the fetch of the others
        return await asyncio.shield(running)

    async def _fetch(self, key: tuple[str, str]) -> FetchedDocument:
        kind, url = key
        try:
            return await self._in_time(kind, url)
        except FetchFailed as failed:
            self._failed[key] = (failed.failure, self._clock() + FAILURE_TTL_S[failed.failure])
            raise
        finally:
            self._running.pop(key, None)

    async def _in_time(self, kind: str, url: str) -> FetchedDocument:
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._fetches[kind](url)
        except TimeoutError:
            raise FetchFailed(FetchFailure.UNREACHABLE, f"not done in {self._limits.total_s:.0f} s") from None

    def _check_failed(self, key: tuple[str, str]) -> None:
        failure, until = self._failed.get(key, (FetchFailure.RATE_LIMITED, 0.0))
        if self._clock() < until:
            raise FetchFailed(failure, "it failed a short while ago")
        self._failed.pop(key, None)

    def _count(self, url: str) -> None:
        try:
            host = authority(url)
        except BadUrl as error:
            raise FetchFailed(FetchFailure.INVALID, str(error)) from None
        now = self._clock()
        count, since = self._counts.get(host, (0, now))
        if now - since >= self._limits.period_s:
            count, since = 0, now
        if count >= self._limits.fetches:
            raise FetchFailed(
                FetchFailure.RATE_LIMITED, f"{host} was asked {count} times within {self._limits.period_s:.0f} s"
            )
        self._counts[host] = (count + 1, since)
