"""The worker: leases jobs, has them handled, and stores their outcomes. Any number of processes may run one.

New jobs are signalled by `wake`. The worker also looks every `poll_s`, with a query that takes no lock: jobs become due
by time, and other processes put some too.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fedistream.core.supervisor import beside, go
from fedistream.jobs.backoff import Chance, resolve
from fedistream.jobs.job import Job, Outcome, Retry
from fedistream.jobs.outbox import LEASE_S, Clock, Outbox, Settled, Wanted

log = logging.getLogger(__name__)

MAX_PAUSE_S = 5.0

Handler = Callable[[Job], Awaitable[Outcome]]
"""Tries the job once. An exception counts as a Retry. It may be cancelled; then the job is tried again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a worker: `at_once` jobs run at once, `per_host` of them to one host.

    A job may take `job_s` seconds; at the end, all running jobs together may take `goodbye_s`.
    """

    at_once: int = 64
    per_host: int = 2
    job_s: float = 120.0
    goodbye_s: float = 3.0  # the node that this worker belongs to stops after 5.5
    write_s: float = 1.0  # at the end, for storing their outcomes
    poll_s: float = 0.25
    beat_s: float = LEASE_S / 3
    # the web process writes too: the outcomes of this time are stored in one transaction
    gather_s: float = 0.01


class Worker:
    """`await run()` works until `stop`. `owner` is its name, which must never be used again.

    `prepare` is awaited whenever jobs were leased, before they begin: they must see the changes that came before them.
    """

    def __init__(
        self,
        outbox: Outbox,
        handlers: Mapping[str, Handler],
        owner: str,
        chance: Chance,
        *,
        clock: Clock = time.time,
        limits: Limits | None = None,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._outbox, self._handlers, self._owner, self._chance = outbox, handlers, owner, chance
        self._clock, self._prepare = clock, prepare
        self._limits = limits or Limits()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsettled: set[int] = set()  # ids, until their outcomes are stored
        self._writing = asyncio.Lock()
        self._hosts: Counter[str] = Counter()
        self._settled: list[Settled] = []
        self._finished = asyncio.Event()
        self._wake = asyncio.Event()
        self._stopping = False
        self._pause_s = self._limits.poll_s  # longer while the database is away
        self._slots: dict[str, asyncio.Semaphore] = {}

    def wake(self) -> None:
        """Signal that there may be new jobs. Cheap; to be called in the event loop's thread."""
        self._wake.set()

    def stop(self) -> None:
        """Make `run` end: running jobs may finish, and others are released."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Work until `stop`. Database failures are retried. When it is cancelled, its leases end by time."""
        await self._reclaim()
        async with beside("settle", self._write_down), beside("beat", self._beat):
            try:
                while not self._stopping:
                    self._wake.clear()
                    if not await self._take():
                        await self._until_woken()
                await self._finish()
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self) -> bool:
        """Lease as many jobs as may run. Returns whether more may be due at once."""
        room = self._limits.at_once - len(self._tasks)
        busy = [host for host, count in self._hosts.items() if host and count >= self._limits.per_host]
        try:
            jobs = await self._outbox.lease(
                self._owner, Wanted(room, tuple(self._handlers), self._limits.per_host, busy)
            )
        except Exception as error:
            self._pause_s = min(max(self._limits.poll_s, 2 * self._pause_s), MAX_PAUSE_S)
            log.warning("no jobs could be leased; it is tried again in %g s: %r", self._pause_s, error)
            return False
        self._pause_s = self._limits.poll_s
        if jobs and self._prepare is not None:
            try:
                await self._prepare()
            except Exception:
                # continue with the old copies: they are nearly always right, and a failing job is retried
                log.exception("the caches that jobs need could not be refreshed")
        for job in jobs:
            self._unsettled.add(job.id)
            self._hosts[job.host] += 1
            task = go(f"job {job.id}", self._handle(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(jobs) == room > 0

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(self._pause_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _handle(self, job: Job) -> None:
        slot = self._slots.setdefault(job.host, asyncio.Semaphore(self._limits.per_host if job.host else 10**6))
        try:
            async with slot:
                outcome = resolve(job, await self._outcome(job), self._clock(), self._chance)
        finally:
            self._hosts[job.host] -= 1
            if not self._hosts[job.host]:
                del self._hosts[job.host]
                self._slots.pop(job.host, None)
        self._settled.append(Settled(job, outcome))
        self._finished.set()

    async def _outcome(self, job: Job) -> Outcome:
        try:
            async with asyncio.timeout(self._limits.job_s) as limit:
                return await self._handlers[job.kind](job)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return Retry(None, "it was cancelled from within")
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                return Retry(None, f"it took more than {self._limits.job_s:g} s")
            log.exception("job %d (%s) failed", job.id, job.kind)
            return Retry(None, f"{type(error).__name__}: {error}")

    async def _write_down(self) -> None:
        while True:
            await self._finished.wait()
            if await self._settle():
                self._wake.set()
                await asyncio.sleep(self._limits.gather_s)
            else:
                await asyncio.sleep(self._limits.poll_s)

    async def _settle(self) -> bool:
        """Store the outcomes of finished jobs. Returns whether it succeeded; otherwise they are kept for the next
        time."""
        async with self._writing:
            self._finished.clear()
            settled, self._settled = self._settled, []
            try:
                await self._outbox.settle(self._owner, settled)
            except Exception:
                log.exception("the outcomes of %d jobs could not be stored", len(settled))
                self._settled = settled + self._settled
                self._finished.set()
                return False
            self._unsettled.difference_update(one.job.id for one in settled)
            return True

    async def _beat(self) -> None:
        """Extend the leases in use, and sweep and reclaim now and then. Every worker does so: it is cheap, and any
        other may be missing."""
        while True:
            await asyncio.sleep(self._limits.beat_s)
            try:
                # only known leases: one whose commit was not answered must expire
                if self._unsettled:
                    await self._outbox.extend(self._owner, sorted(self._unsettled))
                await self._outbox.sweep()
                await self._reclaim()
            except Exception:
                log.exception("the leases could not be extended")

    async def _reclaim(self) -> None:
        try:
            if taken := await self._outbox.reclaim():
                log.info("%d jobs of killed workers are released", taken)
        except Exception:
            log.exception("the leases of dead workers could not be released; they end by time")

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._limits.goodbye_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(self._limits.write_s):
                await self._settle()
                released = await self._outbox.release(self._owner)
        except Exception:
            log.exception("leases could not be released; they end within a minute")
            return
        if released:
            log.info("%d unfinished jobs released", released)
