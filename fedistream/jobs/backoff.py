"""The delays after which a failed job is retried. Pure; randomness is an argument.

The delays for other servers cover a server that is down over a weekend. Most failures are over within minutes, and one
that lasts two days rarely ends on the fifth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fedistream.jobs.job import Dead, Job, Outcome, Retry

MINUTE_S, HOUR_S = 60.0, 3600.0
MAX_RETRY_AFTER_S = 24 * HOUR_S  # the most that a server's Retry-After can ask for
JITTER = 0.2  # so that a returning server does not get all jobs in one second

Chance = Callable[[], float]
"""Returns a random number from 0 up to 1, as `random.random`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`delays_s[n]` is the delay before attempt n + 1; the first is zero. There are as many attempts as delays."""

    delays_s: tuple[float, ...]


FEDERATION = Schedule(
    (0, MINUTE_S, 5 * MINUTE_S, 30 * MINUTE_S, 2 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S, 48 * HOUR_S)
)
# a receiver that restarts is back within seconds; then the delay doubles from half a minute up to six hours: twenty
# attempts within two days
WEBHOOK = Schedule((0, 1, 5, 15, *(min(30 * 2.0**n, 6 * HOUR_S) for n in range(16))))
# jobs inside the node: they fail while the database is away, or by a bug that a new version fixes
HOUSE = Schedule((0, 1, 5, 30, 2 * MINUTE_S, 10 * MINUTE_S, HOUR_S, 6 * HOUR_S, 24 * HOUR_S))

SCHEDULES: Mapping[str, Schedule] = {
    "activity": FEDERATION,
    **dict.fromkeys(("webhook", "push", "discord"), WEBHOOK),
    "fact": HOUSE,
}
assert all(schedule.delays_s[0] == 0 for schedule in SCHEDULES.values())


def resolve(job: Job, outcome: Outcome, now: float, chance: Chance) -> Outcome:
    """Return the final outcome of an attempt: a Retry gets its delay in seconds, or becomes Dead when attempts or time
    are used up."""
    if not isinstance(outcome, Retry):
        return outcome
    delays = _delays_s(job)
    if is_last(job):
        return Dead(f"{outcome.why} (given up after {job.attempts} attempts)")
    after_s = delay_s(delays, job.attempts, outcome.after_s, chance())
    if job.expires_at is not None and now + after_s >= job.expires_at:
        return Dead(f"{outcome.why} (it would be too late for another attempt)")
    return Retry(after_s, outcome.why)


def with_longest_delay(now: Callable[[], datetime]) -> Callable[[Job, Outcome], Outcome]:
    """Return `resolve` with the longest delay that chance can make, for a handler that has to know what is given up:
    the worker gives up no job that is not given up by this."""
    return lambda job, outcome: resolve(job, outcome, now().timestamp(), lambda: 1.0)


def is_last(job: Job) -> bool:
    """Return whether this is the last attempt: a job that fails now is given up."""
    return job.attempts >= len(_delays_s(job))


def _delays_s(job: Job) -> tuple[float, ...]:
    return SCHEDULES.get(job.kind, HOUSE).delays_s


def delay_s(delays: tuple[float, ...], attempts: int, wish_s: float | None, chance: float) -> float:
    """Return the seconds to wait after this many attempts.

    `wish_s` is the server's Retry-After. It is obeyed up to MAX_RETRY_AFTER_S, but never below the delay after a first
    failure.
    """
    if wish_s is not None:
        return min(max(wish_s, delays[1]), MAX_RETRY_AFTER_S) * (1 + JITTER * chance / 2)
    return delays[attempts] * (1 - JITTER + 2 * JITTER * chance)
