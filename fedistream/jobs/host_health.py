"""The health of remote servers, stored in the database for all workers (see `circuit_breaker.py`)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from fedistream.db import atomic, statement
from fedistream.jobs.circuit_breaker import Circuit, Health, Seen, move
from fedistream.jobs.models import HostHealthRow

# only hosts with a due job: without one, the host would be half open and not be probed
_TO_PROBE = """
SELECT host FROM host_health WHERE circuit IN ('open', 'half-open') AND open_until <= :now AND EXISTS (
    SELECT 1 FROM outbox WHERE outbox.host = host_health.host AND outbox.state = 'ready' AND outbox.due <= :now)
LIMIT :limit
"""
# compare and swap: the worker that changes the row may probe
_PROBE = """
UPDATE host_health SET circuit = :circuit, open_until = :until
WHERE host = :host AND circuit IN ('open', 'half-open') AND open_until <= :now
"""
_MARK_DEAD = """
UPDATE outbox SET state = 'dead', last_error = 'the server is dead', finished_at = :now
WHERE state = 'ready' AND host IN (SELECT host FROM host_health WHERE circuit = 'dead')
"""
# postponed, so that the query for due jobs does not find them
_POSTPONE = """
UPDATE outbox SET due = (SELECT open_until FROM host_health WHERE host_health.host = outbox.host)
WHERE state = 'ready' AND host IN (
    SELECT host FROM host_health WHERE circuit = 'open' AND open_until > :now AND open_until > outbox.due)
"""
_DUE_NOW = "UPDATE outbox SET due = :now WHERE host = :host AND state = 'ready' AND due > :now"


class Hosts:
    """The stored health. A host is name and port, as in `NewJob.host`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    async def health(self, host: str) -> Health:
        """Return the health of a host."""
        row = await HostHealthRow.get_or_none(host=host)
        return Health(host) if row is None else _health(row)

    async def dead(self) -> frozenset[str]:
        """Return the dead hosts, to which no jobs should be put."""
        found = await HostHealthRow.filter(circuit=Circuit.DEAD).values_list("host", flat=True)
        return frozenset(str(host) for host in found)

    async def record_contact(self, host: str) -> None:
        """Note that a signed request came from the host: it is healthy, and its jobs are due now."""
        if await HostHealthRow.filter(host=host).exists():
            await atomic(self._record_contact, host)

    async def note(self, seen: Sequence[tuple[str, Seen]]) -> None:
        """Store events of hosts, in this order. Nothing is written for a healthy host that stays healthy."""
        hosts = {host for host, _ in seen}
        known = await HostHealthRow.filter(host__in=hosts).values_list("host", flat=True) if hosts else []
        troubled = {str(host) for host in known} | {host for host, what in seen if what is not Seen.ANSWERED}
        # in the order of names, so that two workers do not deadlock
        for host in sorted(troubled):
            await self._note(host, [what for name, what in seen if name == host])

    async def probes(self, limit: int) -> list[str]:
        """Return hosts whose pause is over. The caller must probe each with one job; no other worker is given the same
        hosts."""
        now, mine = self._clock(), []
        for row in await statement.rows(_TO_PROBE, {"now": now, "limit": limit}):
            probing = move(Health(row["host"], Circuit.OPEN), Seen.PROBED, now)
            values = {"host": row["host"], "circuit": probing.circuit.value, "until": probing.open_until, "now": now}
            if await statement.change(_PROBE, values):
                mine.append(row["host"])
        return mine

    async def put_off(self) -> int:
        """Mark jobs to dead hosts as dead, and postpone jobs to hosts with an open circuit. Returns how many jobs were
        marked as dead."""
        now = self._clock()
        marked = await statement.change(_MARK_DEAD, {"now": now})
        await statement.change(_POSTPONE, {"now": now})
        return marked

    async def _record_contact(self, host: str) -> None:
        await HostHealthRow.filter(host=host).delete()
        await statement.change(_DUE_NOW, {"now": self._clock(), "host": host})

    async def _note(self, host: str, seen: Sequence[Seen]) -> None:
        row = await HostHealthRow.filter(host=host).select_for_update().first()
        before = Health(host) if row is None else _health(row)
        now, health = self._clock(), before
        for what in seen:
            health = move(health, what, now)
        if health == before:
            return
        if health.is_good:
            await HostHealthRow.filter(host=host).delete()
        else:
            fields = asdict(health) | {"circuit": health.circuit.value}
            new = HostHealthRow(**fields)
            await HostHealthRow.bulk_create([new], on_conflict=["host"], update_fields=sorted(fields.keys() - {"host"}))
        if before.circuit is not Circuit.CLOSED and health.circuit is Circuit.CLOSED:
            await statement.change(_DUE_NOW, {"now": now, "host": host})
        elif health.circuit in (Circuit.OPEN, Circuit.DEAD) and health.circuit is not before.circuit:
            await self.put_off()


def _health(row: HostHealthRow) -> Health:
    return Health(
        host=row.host,
        circuit=Circuit(row.circuit),
        failures=row.failures,
        open_until=row.open_until,
        failing_days=row.failing_days,
        failing_since=row.failing_since,
        failed_at=row.failed_at,
        dead_since=row.dead_since,
    )
