"""The times of a job's retries, and their end."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fedistream.jobs.backoff import FEDERATION, HOUR_S, SCHEDULES, delay_s, resolve
from fedistream.jobs.job import Dead, Done, Job, Outcome, Retry
from tests.kit.examples import examples


def job(attempts: int, kind: str = "activity", expires_at: float | None = None) -> Job:
    return Job(1, kind, "", "", "{}", attempts, 0.0, expires_at)


def test_deliveries_are_tried_nine_times_within_four_days() -> None:
    waited: list[float] = []
    for attempt in range(1, 9):
        outcome = resolve(job(attempt), Retry(None, "status 500"), 0, lambda: 0.5)
        assert isinstance(outcome, Retry)
        assert outcome.after_s is not None
        waited.append(outcome.after_s)
    assert waited == [60, 300, 1800, 7200, 21600, 43200, 86400, 172800]
    assert resolve(job(9), Retry(None, "status 500"), 0, lambda: 0.5) == Dead("status 500 (given up after 9 attempts)")


def test_webhooks_are_tried_for_two_days() -> None:
    total = sum(SCHEDULES["webhook"].delays_s)
    assert 36 * HOUR_S < total < 60 * HOUR_S


@given(some.integers(1, 8), some.floats(0, 1, exclude_max=True))
@examples(50)
def test_chance_moves_a_delay_by_a_fifth_at_most(attempts: int, chance: float) -> None:
    exact = FEDERATION.delays_s[attempts]
    assert 0.79 * exact < delay_s(FEDERATION.delays_s, attempts, None, chance) < 1.21 * exact


@pytest.mark.parametrize(("wish_s", "least", "most"), [(0, 60, 66), (3600, 3600, 3960), (10**7, 86_400, 95_040)])
def test_the_wish_of_the_far_side_is_fulfilled_within_reason(wish_s: float, least: float, most: float) -> None:
    for chance in (0.0, 0.999):
        assert least <= delay_s(FEDERATION.delays_s, 3, wish_s, chance) <= most


def test_what_would_come_too_late_is_given_up_at_once() -> None:
    retry = Retry(None, "status 500")
    assert isinstance(resolve(job(1, expires_at=61), retry, 0, lambda: 0.5), Retry)
    assert isinstance(resolve(job(1, expires_at=60), retry, 0, lambda: 0.5), Dead)


@pytest.mark.parametrize("outcome", [Done(), Dead("gone")])
def test_what_is_final_stays_so(outcome: Outcome) -> None:
    assert resolve(job(1), outcome, 0, lambda: 0.5) is outcome


def test_a_kind_without_a_schedule_has_that_of_the_house() -> None:
    assert resolve(job(1, "fact"), Retry(None, "x"), 0, lambda: 0.5) == Retry(1, "x")
    assert resolve(job(1, "new"), Retry(None, "x"), 0, lambda: 0.5) == Retry(1, "x")
