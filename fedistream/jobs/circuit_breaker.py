"""A circuit breaker for each remote server, so that a dead one does not use up the workers. Pure; a table of moves.

After FAILURES failures in a row the circuit opens, and the server is left alone for a pause. Then one job probes it
(half open); the probe either closes the circuit or doubles the pause. A server that fails on DAYS days without a
success in between is dead until a signed request comes from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

FAILURES = 5  # in a row
PAUSE_S = 600.0
MAX_PAUSE_S = 12 * 3600.0
DAYS = 7
DAY_S = 86_400.0
PROBE_S = 120.0  # how long a probe may take; without a result, another worker probes


class Circuit(StrEnum):
    """The state of a server's circuit breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    DEAD = "dead"


class Seen(StrEnum):
    """An event of a server."""

    ANSWERED = "answered"  # accepted a job, or refused it for good: the server works
    FAILED = "failed"
    PROBED = "probed"  # a job is sent as a probe
    CONTACTED = "contacted"  # a signed request came from the server


@dataclass(frozen=True, slots=True)
class Health:
    """The health of a server. `failures` are in a row; `failing_days` counts days with one since the last success.
    Times are Unix seconds."""

    host: str
    circuit: Circuit = Circuit.CLOSED
    failures: int = 0
    open_until: float = 0.0
    failing_days: int = 0
    failing_since: float = 0.0
    failed_at: float = 0.0
    dead_since: float | None = None

    @property
    def is_good(self) -> bool:
        return self.circuit is Circuit.CLOSED and self.failures == 0


Move = Callable[[Health, float], Health]


def _heal(health: Health, _now: float) -> Health:
    return Health(health.host)


def _stay(health: Health, _now: float) -> Health:
    return health


def _count(health: Health, now: float) -> Health:
    new_day = health.failing_days == 0 or now // DAY_S > health.failed_at // DAY_S
    days = health.failing_days + new_day
    counted = replace(
        health,
        failures=health.failures + 1,
        failing_days=days,
        failing_since=health.failing_since or now,
        failed_at=now,
    )
    return replace(counted, circuit=Circuit.DEAD, dead_since=now) if days >= DAYS else counted


def _fail(health: Health, now: float) -> Health:
    counted = _count(health, now)
    if counted.circuit is Circuit.DEAD or counted.failures < FAILURES:
        return counted
    return _pause(counted, now)


def _fail_again(health: Health, now: float) -> Health:
    counted = _count(health, now)
    return counted if counted.circuit is Circuit.DEAD else _pause(counted, now)


def _pause(health: Health, now: float) -> Health:
    # the exponent has its own limit: failures are counted for days, and floats overflow
    pause_s = min(PAUSE_S * 2.0 ** min(health.failures - FAILURES, 16), MAX_PAUSE_S)
    return replace(health, circuit=Circuit.OPEN, open_until=now + pause_s)


def _probe(health: Health, now: float) -> Health:
    if now < health.open_until:
        return health
    return replace(health, circuit=Circuit.HALF_OPEN, open_until=now + PROBE_S)


MOVES: Mapping[tuple[Circuit, Seen], Move] = {
    (Circuit.CLOSED, Seen.ANSWERED): _heal,
    (Circuit.CLOSED, Seen.FAILED): _fail,
    (Circuit.CLOSED, Seen.PROBED): _stay,
    (Circuit.CLOSED, Seen.CONTACTED): _heal,
    (Circuit.OPEN, Seen.ANSWERED): _heal,
    # jobs that were running when it opened do not lengthen the pause
    (Circuit.OPEN, Seen.FAILED): _stay,
    (Circuit.OPEN, Seen.PROBED): _probe,
    (Circuit.OPEN, Seen.CONTACTED): _heal,
    (Circuit.HALF_OPEN, Seen.ANSWERED): _heal,
    (Circuit.HALF_OPEN, Seen.FAILED): _fail_again,
    (Circuit.HALF_OPEN, Seen.PROBED): _probe,
    (Circuit.HALF_OPEN, Seen.CONTACTED): _heal,
    (Circuit.DEAD, Seen.ANSWERED): _heal,
    (Circuit.DEAD, Seen.FAILED): _stay,
    (Circuit.DEAD, Seen.PROBED): _stay,
    (Circuit.DEAD, Seen.CONTACTED): _heal,
}
assert set(MOVES) == {(circuit, seen) for circuit in Circuit for seen in Seen}


def move(health: Health, seen: Seen, now: float) -> Health:
    """Return the health after the event `seen`."""
    return MOVES[health.circuit, seen](health, now)
