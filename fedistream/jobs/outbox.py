"""The outbox: jobs are stored in the transaction of their cause, leased by workers, and settled.

When a worker is killed, the next one on the same machine takes over its leases at once (`lease_owner.py`); any other
worker does so when they expire. So a job may be done twice, with the same id. Failing hosts are handled in
`host_health.py`.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fedistream.db import after_commit, atomic, statement
from fedistream.jobs.circuit_breaker import Seen
from fedistream.jobs.host_health import Hosts
from fedistream.jobs.job import MAX_BODY, Dead, Done, Job, NewJob, Outcome, Retry
from fedistream.jobs.models import OutboxRow

Clock = Callable[[], float]

LEASE_S = 60.0
INSERT_ROWS = 200  # in one statement; SQLite takes 32,766 parameters
MAX_ERROR = 300  # characters of what went wrong that are kept
_WIDTH = 64

# candidates per wanted job: ranking all due jobs would cost more with every waiting job
_CANDIDATES = 8

# Three steps: due jobs in the order in which they are due; of each host at most its share; then the lease itself, for
# which PostgreSQL skips rows that another worker is leasing. SQLite has one writer. A job waits while an older job of
# its group is unfinished, also one that another worker has leased.
_LEASE = """
WITH candidates AS (
    SELECT id, host, due FROM outbox AS job
    WHERE state IN ('ready', 'leased') AND due <= :now AND kind IN (:kinds)
      AND (expires_at IS NULL OR expires_at > :now)
      AND (group_key = '' OR NOT EXISTS (
          SELECT 1 FROM outbox AS older WHERE older.group_key = job.group_key AND older.state IN ('ready', 'leased')
          AND older.id < job.id))
      AND {hosts}
    ORDER BY due, id LIMIT :most
), ranked AS (
    SELECT id, host, row_number() OVER (PARTITION BY host ORDER BY due, id) AS place FROM candidates
), picked AS (
    SELECT id FROM outbox
    WHERE id IN (SELECT id FROM ranked WHERE host = '' OR place <= :share)
      AND state IN ('ready', 'leased') AND due <= :now
    ORDER BY due, id LIMIT :limit {locking}
)
UPDATE outbox SET state = 'leased', owner = :owner, due = :until, attempts = attempts + 1
WHERE id IN (SELECT id FROM picked)
RETURNING id, kind, target, host, body, attempts, created_at, expires_at
"""
_ANY_GOOD_HOST = """(host = '' OR (host NOT IN (:busy) AND NOT EXISTS (
    SELECT 1 FROM host_health AS health WHERE health.host = job.host AND health.circuit <> 'closed')))"""
_THIS_HOST = "host = :host"
_PEEK = "SELECT 1 AS one FROM outbox WHERE state IN ('ready', 'leased') AND due <= :now LIMIT 1"

_HOLDING = "UPDATE outbox SET {change} WHERE state = 'leased' AND owner = :owner"
_DONE = "state = 'done', body = '', last_error = '', finished_at = :now"
_RETRY = "state = 'ready', owner = '', due = :due, last_error = :why"
_ABSORB = """
UPDATE outbox SET state = 'done', last_error = '', finished_at = :now WHERE id IN (
    SELECT id FROM outbox WHERE group_key = :group_key AND state = 'ready' AND due <= :now ORDER BY id LIMIT :limit)
RETURNING id, kind, target, host, body, attempts, created_at, expires_at
"""
_AGAIN = """
UPDATE outbox SET state = 'ready', owner = '', due = :now, attempts = 0, expires_at = NULL, finished_at = NULL
WHERE state IN ('ready', 'dead')
"""
_FORGET = """
DELETE FROM outbox WHERE (state = 'done' AND finished_at < :done) OR (state = 'dead' AND finished_at < :dead)
"""
_DEAD = "state = 'dead', last_error = :why, finished_at = :now"


@dataclass(frozen=True, slots=True)
class Settled:
    """A job and its outcome. A Retry must have a delay."""

    job: Job
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Keep:
    """The time for which the rows of finished jobs are kept, and with them the `once` of jobs."""

    done_s: float = 7 * 86_400.0
    dead_s: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The jobs that a worker can take: at most `limit` of these kinds, at most `share` to each host, none to `busy`
    hosts."""

    limit: int
    kinds: Collection[str]
    share: int = 2
    busy: Collection[str] = ()


class Outbox:
    """The table of jobs. `nudge` is called after the commit of new jobs, to wake a worker.

    `is_dead` tells whether the owner of a lease is known to be dead.
    """

    def __init__(
        self,
        clock: Clock,
        nudge: Callable[[], None] = lambda: None,
        *,
        lease_s: float = LEASE_S,
        is_dead: Callable[[str], bool] = lambda owner: False,
    ) -> None:
        self._clock = clock
        self._nudge = nudge
        self._lease_s = lease_s
        self._is_dead = is_dead
        self.hosts = Hosts(clock)

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Store jobs in the running transaction, or else in one of their own.

        Raises ValueError for a body of more than MAX_BODY bytes; then none is stored.
        """
        now = self._clock()
        new = [_row(job, now) for job in jobs]
        if new:
            await atomic(self._insert, new, on_committed=lambda _: self._nudge())

    async def lease(self, owner: str, wanted: Wanted) -> tuple[Job, ...]:
        """Lease due jobs, the longest waiting first.

        They belong to the owner until the lease ends, or until it settles, releases or extends them.
        """
        now = self._clock()
        # a query first, which takes no lock: on SQLite the web process waits for every writer
        if wanted.limit <= 0 or not await statement.rows(_PEEK, {"now": now}):
            return ()
        return await atomic(self._lease, owner, wanted, now)

    async def settle(self, owner: str, settled: Sequence[Settled]) -> None:
        """Store the outcomes of jobs in one transaction.

        A job whose lease was lost is left to its new owner; the outcome still counts for the health of its host.
        """
        if settled:
            await atomic(self._settle, owner, settled, self._clock())

    async def release(self, owner: str, ids: Sequence[int] | None = None) -> int:
        """Return leases without an attempt: all of the owner, or these. Returns how many were released."""
        given = "state = 'ready', owner = '', attempts = attempts - 1, due = :now"
        some = "" if ids is None else " AND id IN (:ids)"
        return await statement.change(
            _HOLDING.format(change=given) + some, {"owner": owner, "now": self._clock(), "ids": list(ids or ())}
        )

    async def extend(self, owner: str, ids: Sequence[int]) -> int:
        """Renew these leases of the owner. Returns how many it still has. To be called three times in a lease."""
        sql = _HOLDING.format(change="due = :until") + " AND id IN (:ids)"
        values = {"owner": owner, "until": self._clock() + self._lease_s, "ids": list(ids)}
        return await statement.change(sql, values) if ids else 0

    async def reclaim(self) -> int:
        """Release the leases of owners that are known to be dead. Returns how many were released.

        The attempts count, because a job may have killed its worker.
        """
        found = await statement.rows("SELECT DISTINCT owner FROM outbox WHERE state = 'leased'", {})
        dead = [row["owner"] for row in found if self._is_dead(row["owner"])]
        if not dead:
            return 0
        sql = "UPDATE outbox SET state = 'ready', owner = '', due = :now WHERE state = 'leased' AND owner IN (:dead)"
        return await statement.change(sql, {"now": self._clock(), "dead": dead})

    async def sweep(self) -> int:
        """Mark expired jobs and jobs to dead hosts as dead, and postpone those to hosts with an open circuit. Returns
        how many were marked."""
        return await atomic(self._sweep, self._clock())

    async def prune(self, keep: Keep | None = None) -> int:
        """Delete the rows of finished jobs that are old enough. Returns how many were deleted."""
        keep, now = keep or Keep(), self._clock()
        return await statement.change(_FORGET, {"done": now - keep.done_s, "dead": now - keep.dead_s})

    async def absorb(self, group: str, limit: int) -> tuple[Job, ...]:
        """Take due jobs of a group as done, the oldest first, in the transaction in which the caller does them.

        Only the handler of a job of this group may call it: while it has its lease, no other worker has one of them.
        """
        values = {"group_key": _short(group), "now": self._clock(), "limit": limit}
        jobs = _jobs(await statement.rows(_ABSORB, values))
        if jobs:
            await statement.change("UPDATE outbox SET body = '' WHERE id IN (:ids)", {"ids": [job.id for job in jobs]})
        return tuple(jobs)

    async def again(self, which: str, values: Mapping[str, Any]) -> int:
        """Restart waiting or dead jobs; `which` is a condition in SQL with these values. Returns how many were
        restarted."""
        sql = f"{_AGAIN} AND {which}"
        count = await statement.change(sql, {**values, "now": self._clock()})
        if count:
            after_commit(self._nudge)
        return count

    async def waiting(self) -> bool:
        """Return whether any job is unfinished, due or not."""
        return await OutboxRow.filter(state__in=("ready", "leased")).exists()

    async def next_due(self) -> float | None:
        """Return when the next job is due or the next lease ends, in Unix seconds, or None without any."""
        found = await statement.rows("SELECT min(due) AS due FROM outbox WHERE state IN ('ready', 'leased')", {})
        due: float | None = found[0]["due"]
        return due

    async def _insert(self, new: Sequence[OutboxRow]) -> None:
        await OutboxRow.bulk_create(new, batch_size=INSERT_ROWS, ignore_conflicts=True)

    async def _lease(self, owner: str, wanted: Wanted, now: float) -> tuple[Job, ...]:
        jobs: list[Job] = []
        values = {
            "now": now,
            "until": now + self._lease_s,
            "owner": owner,
            "kinds": list(wanted.kinds),
            "busy": list(wanted.busy),
        }
        for host in await self.hosts.probes(wanted.limit):
            jobs += await _taken(_THIS_HOST, values | {"host": host, "most": 1, "share": 1, "limit": 1})
        if left := wanted.limit - len(jobs):
            more = {"most": left * _CANDIDATES, "share": wanted.share, "limit": left}
            jobs += await _taken(_ANY_GOOD_HOST, values | more)
        return tuple(jobs)

    async def _settle(self, owner: str, settled: Sequence[Settled], now: float) -> None:
        done = [one.job.id for one in settled if isinstance(one.outcome, Done)]
        if done:
            sql = _HOLDING.format(change=_DONE) + " AND id IN (:ids)"
            await statement.change(sql, {"owner": owner, "now": now, "ids": done})
        for one in settled:
            values = {"owner": owner, "now": now, "id": one.job.id}
            if isinstance(one.outcome, Retry):
                values |= {"due": now + (one.outcome.after_s or 0.0), "why": one.outcome.why[:MAX_ERROR]}
                await statement.change(_HOLDING.format(change=_RETRY) + " AND id = :id", values)
            elif isinstance(one.outcome, Dead):
                values |= {"why": one.outcome.why[:MAX_ERROR]}
                await statement.change(_HOLDING.format(change=_DEAD) + " AND id = :id", values)
        seen = [(one.job.host, _SEEN[type(one.outcome)]) for one in settled if one.job.host]
        await self.hosts.note(seen)

    async def _sweep(self, now: float) -> int:
        late = "UPDATE outbox SET state = 'dead', last_error = 'expired', finished_at = :now WHERE {what}"
        ended = "(state = 'ready' OR (state = 'leased' AND due <= :now)) AND expires_at <= :now"
        count = await statement.change(late.format(what=ended), {"now": now})
        return count + await self.hosts.put_off()


_SEEN: Mapping[type[Outcome], Seen] = {Done: Seen.ANSWERED, Retry: Seen.FAILED, Dead: Seen.ANSWERED}


async def _taken(hosts: str, values: Mapping[str, Any]) -> list[Job]:
    locking = "FOR UPDATE SKIP LOCKED" if statement.is_postgres() else ""
    return _jobs(await statement.rows(_LEASE.format(hosts=hosts, locking=locking), values))


def _jobs(found: Sequence[Mapping[str, Any]]) -> list[Job]:
    jobs = [
        Job(
            id=row["id"],
            kind=row["kind"],
            target=row["target"],
            host=row["host"],
            text=row["body"],
            attempts=row["attempts"],
            created_at=float(row["created_at"]),  # SQLite returns a whole REAL as an integer here
            expires_at=row["expires_at"],
        )
        for row in found
    ]
    return sorted(jobs, key=lambda job: job.id)  # RETURNING has no order


def _row(job: NewJob, now: float) -> OutboxRow:
    text = json.dumps(job.body, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MAX_BODY:
        raise ValueError(f"the body of a job may have {MAX_BODY} bytes")
    return OutboxRow(
        kind=job.kind,
        target=job.target,
        host=job.host[:255],
        group_key=_short(job.group),
        once=_short(job.once) or None,
        body=text,
        due=job.due or now,
        expires_at=job.expires_at,
        created_at=now,
    )


def _short(text: str) -> str:
    """Return the text itself if it is short and printable ASCII, else its digest."""
    if len(text) < _WIDTH and not re.search(r"[^ -~]", text):
        return text
    return hashlib.sha256(text.encode()).hexdigest()
