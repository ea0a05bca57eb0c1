"""When a job that failed is tried again. Pure: chance is an argument.

The delays to other servers are those of a server that was down over a weekend: most failures are over in minutes, and
what is not over after two days is not worth a fifth day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fedistream.jobs.job import Dead, Job, Outcome, Retry

MINUTE_S, HOUR_S = 60.0, 3600.0
MAX_RETRY_AFTER_S = 24 * HOUR_S  # who asks for more is not waited for longer
JITTER = 0.2  # so that a server that comes back does not get everything in one second

Chance = Callable[[], float]
"""A number from 0 up to 1, as `random.random`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`delays_s[n]` is waited before attempt n + 1; the first is zero. There is no attempt after the last."""

    delays_s: tuple[float, ...]


FEDERATION = Schedule(
    (0, MINUTE_S, 5 * MINUTE_S, 30 * MINUTE_S, 2 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S, 48 * HOUR_S)
)
# doubles from half a minute up to six hours: fourteen attempts within two days
WEBHOOK = Schedule((0, *(min(30 * 2.0**n, 6 * HOUR_S) for n in range(16))))
# within the house: what fails is the database for a moment, or a mistake that a new version mends
HOUSE = Schedule((0, 1, 5, 30, 2 * MINUTE_S, 10 * MINUTE_S, HOUR_S, 6 * HOUR_S, 24 * HOUR_S))

SCHEDULES: Mapping[str, Schedule] = {"activity": FEDERATION, "webhook": WEBHOOK, "push": WEBHOOK, "fact": HOUSE}
assert all(schedule.delays_s[0] == 0 for schedule in SCHEDULES.values())


def resolve(job: Job, outcome: Outcome, now: float, chance: Chance) -> Outcome:
    """What becomes of the job: a Retry with the seconds to wait, or Dead where the attempts or the time are used up."""
    if not isinstance(outcome, Retry):
        return outcome
    delays = SCHEDULES.get(job.kind, HOUSE).delays_s
    if job.attempts >= len(delays):
        return Dead(f"{outcome.why} (given up after {job.attempts} attempts)")
    after_s = delay_s(delays, job.attempts, outcome.after_s, chance())
    if job.expires_at is not None and now + after_s >= job.expires_at:
        return Dead(f"{outcome.why} (it would be too late for another attempt)")
    return Retry(after_s, outcome.why)


def delay_s(delays: tuple[float, ...], attempts: int, wish_s: float | None, chance: float) -> float:
    """Seconds to wait after this many attempts. A wish of the far side is fulfilled, up to a day; but nobody is asked
    again sooner than after a first failure, whatever he wishes."""
    if wish_s is not None:
        return min(max(wish_s, delays[1]), MAX_RETRY_AFTER_S) * (1 + JITTER * chance / 2)
    return delays[attempts] * (1 - JITTER + 2 * JITTER * chance)
