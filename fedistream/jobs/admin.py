"""The outbox for the admin: numbers, failing hosts and jobs, retrying at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fedistream.db import atomic, statement
from fedistream.jobs.circuit_breaker import Circuit
from fedistream.jobs.models import HostHealthRow, OutboxRow
from fedistream.jobs.outbox import Outbox

MAX_ROWS = 500


@dataclass(frozen=True, slots=True)
class QueueStats:
    """Numbers of jobs by state. `failing` are queued jobs that failed before; `done` and `dead` count the rows that are
    still stored."""

    queued: int
    leased: int
    failing: int
    done: int
    dead: int


@dataclass(frozen=True, slots=True)
class HostStats:
    """A host that fails, or that has dead jobs. Times are Unix seconds."""

    host: str
    circuit: Circuit
    queued: int
    dead: int
    failures: int
    failing_since: float | None
    open_until: float | None
    last_error: str


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that is failing or dead. Times are Unix seconds."""

    id: int
    kind: str
    target: str
    state: str
    attempts: int
    due: float
    created_at: float
    last_error: str


class OutboxAdmin:
    """Queries and actions of the admin."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def numbers(self) -> QueueStats:
        """Return how many jobs there are in each state."""
        found = await statement.rows(
            "SELECT state, count(*) AS n, sum(CASE WHEN last_error <> '' THEN 1 ELSE 0 END) AS failed"
            " FROM outbox GROUP BY state",
            {},
        )
        count = {row["state"]: row["n"] for row in found}
        failing = sum(row["failed"] for row in found if row["state"] == "ready")
        return QueueStats(
            count.get("ready", 0), count.get("leased", 0), failing, count.get("done", 0), count.get("dead", 0)
        )

    async def dead_hosts(self) -> int:
        """Return how many hosts are dead."""
        return int(await HostHealthRow.filter(circuit=Circuit.DEAD.value).count())

    async def hosts(self, limit: int = MAX_ROWS) -> tuple[HostStats, ...]:
        """Return the failing hosts, the longest queue first."""
        sql = """
            SELECT names.host AS host, health.circuit AS circuit, health.failures AS failures,
                health.failing_since AS failing_since, health.open_until AS open_until,
                count(CASE WHEN job.state = 'ready' THEN 1 END) AS queued,
                count(CASE WHEN job.state = 'dead' THEN 1 END) AS dead, max(job.last_error) AS last_error
            FROM (SELECT host FROM host_health
                  UNION SELECT host FROM outbox WHERE state = 'dead' AND host <> '') AS names
            LEFT JOIN host_health AS health ON health.host = names.host
            LEFT JOIN outbox AS job ON job.host = names.host AND job.state IN ('ready', 'dead')
            GROUP BY names.host, health.circuit, health.failures, health.failing_since, health.open_until
            ORDER BY queued DESC, names.host LIMIT :limit
        """
        return tuple(_host(row) for row in await statement.rows(sql, {"limit": limit}))

    async def troubled(self, state: str, limit: int = MAX_ROWS) -> tuple[QueuedJob, ...]:
        """Return the jobs that are "failing" or "dead", the newest first."""
        query = OutboxRow.filter(state="dead") if state == "dead" else OutboxRow.filter(state="ready", attempts__gt=0)
        rows = await query.order_by("-id").limit(limit)
        return tuple(
            QueuedJob(row.id, row.kind, row.target, row.state, row.attempts, row.due, row.created_at, row.last_error)
            for row in rows
        )

    async def retry_now(self, *, ids: Sequence[int] = (), host: str = "") -> int:
        """Retry failing or dead jobs at once: these, or all jobs of a host.

        The hosts' health is reset. The jobs have all their attempts again and expire no more. Returns how many jobs
        there are.
        """
        return await atomic(self._retry_now, list(ids), host)

    async def _retry_now(self, ids: list[int], host: str) -> int:
        hosts = (
            {host}
            if host
            else {str(name) for name in await OutboxRow.filter(id__in=ids).values_list("host", flat=True)}
        )
        await HostHealthRow.filter(host__in=[name for name in hosts if name]).delete()
        which, values = ("host = :host", {"host": host}) if host else ("id IN (:ids)", {"ids": ids or [0]})
        return await self._outbox.again(which, values)


def _host(row: dict[str, Any]) -> HostStats:
    return HostStats(
        host=row["host"],
        circuit=Circuit(row["circuit"] or Circuit.CLOSED),
        queued=row["queued"],
        dead=row["dead"],
        failures=row["failures"] or 0,
        failing_since=row["failing_since"],
        open_until=row["open_until"] or None,
        last_error=row["last_error"] or "",
    )
