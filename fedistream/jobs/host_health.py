"""The health of far servers, kept in the database for all workers alike (see `circuit_breaker.py`)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from fedistream.db import atomic, statement
from fedistream.jobs.circuit_breaker import Circuit, Health, Seen, move
from fedistream.jobs.models import HostHealthRow

# only where something waits for it: a probe without a job would leave the host half open for nothing
_TO_PROBE = """
SELECT host FROM host_health WHERE circuit IN ('open', 'half-open') AND open_until <= :now AND EXISTS (
    SELECT 1 FROM outbox WHERE outbox.host = host_health.host AND outbox.state = 'ready' AND outbox.due <= :now)
LIMIT :limit
"""
# who changes the row is who may send the probe
_PROBE = """
UPDATE host_health SET circuit = :circuit, open_until = :until
WHERE host = :host AND circuit IN ('open', 'half-open') AND open_until <= :now
"""
_BURY = """
UPDATE outbox SET state = 'dead', last_error = 'the server is dead', finished_at = :now
WHERE state = 'ready' AND host IN (SELECT host FROM host_health WHERE circuit = 'dead')
"""
# out of the way of those who look for what is due
_PUT_OFF = """
UPDATE outbox SET due = (SELECT open_until FROM host_health WHERE host_health.host = outbox.host)
WHERE state = 'ready' AND host IN (
    SELECT host FROM host_health WHERE circuit = 'open' AND open_until > :now AND open_until > outbox.due)
"""
_DUE_NOW = "UPDATE outbox SET due = :now WHERE host = :host AND state = 'ready' AND due > :now"


class Hosts:
    """A host is what `NewJob.host` says: name and port."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    async def health(self, host: str) -> Health:
        row = await HostHealthRow.get_or_none(host=host)
        return Health(host) if row is None else _health(row)

    async def dead(self) -> frozenset[str]:
        """The hosts that nothing should be put for."""
        found = await HostHealthRow.filter(circuit=Circuit.DEAD).values_list("host", flat=True)
        return frozenset(str(host) for host in found)

    async def heard(self, host: str) -> None:
        """A signed request came from there: whatever we thought of it, it lives. What waits for it is tried now."""
        if await HostHealthRow.filter(host=host).exists():
            await atomic(self._heard, host)

    async def note(self, seen: Sequence[tuple[str, Seen]]) -> None:
        """Write down what happened with hosts, in this order. For one that is well and stays so nothing is written."""
        hosts = {host for host, _ in seen}
        known = await HostHealthRow.filter(host__in=hosts).values_list("host", flat=True) if hosts else []
        troubled = {str(host) for host in known} | {host for host, what in seen if what is not Seen.ANSWERED}
        # in the order of names, so that two workers cannot wait for each other's rows
        for host in sorted(troubled):
            await self._note(host, [what for name, what in seen if name == host])

    async def probes(self, limit: int) -> list[str]:
        """Hosts whose pause is over, each to be tried with one job by whoever is told so; nobody else is."""
        now, mine = self._clock(), []
        for row in await statement.rows(_TO_PROBE, {"now": now, "limit": limit}):
            probing = move(Health(row["host"], Circuit.OPEN), Seen.PROBED, now)
            values = {"host": row["host"], "circuit": probing.circuit.value, "until": probing.open_until, "now": now}
            if await statement.change(_PROBE, values):
                mine.append(row["host"])
        return mine

    async def put_off(self) -> int:
        """Bury what goes to dead hosts, returning how many, and put off what goes to those that are left alone."""
        now = self._clock()
        buried = await statement.change(_BURY, {"now": now})
        await statement.change(_PUT_OFF, {"now": now})
        return buried

    async def _heard(self, host: str) -> None:
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
