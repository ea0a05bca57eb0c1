"""The limiters: what they let through at most, whatever the clock does, and how much they remember."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.core.errors import TooMany
from fedistream.core.rate_limit import (
    MAX_KEYS,
    MutingLimiter,
    Rate,
    RateLimiter,
    RateVerdict,
    TokenBucket,
    TokenBuckets,
    full_bucket,
)
from tests.kit.examples import examples

SECONDS = st.floats(0, 10_000, allow_nan=False)
RATES = st.builds(Rate, st.floats(1, 50), st.floats(0.001, 20))


def pace(conduct: MutingLimiter, at: float, key: str = "ann") -> RateVerdict:
    return conduct.pace(key, at, most=3, within_s=2, mute_s=10)


def test_a_bucket_gives_its_burst_and_fills_again_with_time() -> None:
    bucket = TokenBucket(Rate(burst=2, per_s=0.5), left=2, since=0)
    assert [bucket.take(0) == 0 for _ in range(3)] == [True, True, False]
    assert [bucket.take(2) == 0, bucket.take(2) == 0] == [True, False]
    assert [bucket.take(1000) == 0 for _ in range(3)] == [True, True, False]
    bucket.give_back()
    assert [bucket.take(1000) == 0 for _ in range(2)] == [True, False]


def test_a_pace_fills_again_and_remembers_a_bounded_number() -> None:
    now = [0.0]
    pace = RateLimiter(lambda: now[0], burst=2, per_s=0.5)
    for name in ("a", "a", "b" * 2000):
        pace.acquire(name)
    with pytest.raises(TooMany):
        pace.acquire("a")
    now[0] = 2.0
    pace.acquire("a")
    for number in range(2 * MAX_KEYS):
        pace.acquire(f"n{number}")
    assert len(pace) == MAX_KEYS
    pace.acquire("b" * 2000)
    pace.acquire("b" * 2000)


@examples(100)
@given(RATES, st.lists(SECONDS, max_size=200))
def test_never_more_than_the_burst_and_the_rate_times_the_time_even_when_the_clock_is_set_back(
    rate: Rate, times: list[float]
) -> None:
    bucket, taken = full_bucket(rate, times[0] if times else 0.0), 0
    for at in times:
        wait = bucket.take(at)
        assert wait >= 0
        taken += wait == 0
    passed = sum(max(0.0, after - before) for before, after in pairwise(times))
    assert taken <= rate.burst + rate.per_s * passed + 1e-6


@examples(100)
@given(RATES, st.lists(SECONDS, min_size=1, max_size=50), SECONDS)
def test_a_client_that_waited_as_told_is_accepted_after_clock_changes(
    rate: Rate, times: list[float], back: float
) -> None:
    bucket = full_bucket(rate, times[0])
    for at in times:
        bucket.take(at)
    wait = bucket.take(back)
    assert bucket.take(back + wait + 1 / rate.per_s + 1e-6) == 0


@examples(100)
@given(st.lists(st.text("abcdefgh", max_size=2), max_size=200), st.integers(1, 5))
def test_a_limiter_remembers_no_more_keys_than_it_may_and_drops_the_one_unused_for_longest(
    keys: list[str], most: int
) -> None:
    limiter, muting = RateLimiter(lambda: 0.0, burst=1, per_s=1, max_keys=most), MutingLimiter(most)
    last: list[str] = []
    for key in keys:
        fresh = key not in last
        assert limiter.allows(key) is fresh
        assert (muting.pace(key, 0.0, most=1, within_s=1, mute_s=1) is RateVerdict.FINE) is fresh
        last = [*(each for each in last if each != key), key][-most:]
        assert len(limiter) == len(muting) == len(last)


def test_a_key_that_is_refused_all_the_time_is_not_forgotten_for_it() -> None:
    limiter = RateLimiter(lambda: 0.0, burst=1, per_s=1, max_keys=2)
    limiter.acquire("hammer")
    for number in range(10):
        limiter.acquire(f"other {number}")
        assert not limiter.allows("hammer")


def test_what_is_given_back_may_be_taken_again_and_is_never_more_than_the_burst() -> None:
    limiter = RateLimiter(lambda: 0.0, burst=1, per_s=1)
    limiter.give_back("nobody")
    limiter.acquire("ann" * 100)
    for _ in range(3):
        limiter.give_back("ann" * 100)
    limiter.acquire("ann" * 100)
    assert not limiter.allows("ann" * 100)


def test_the_wait_is_the_time_until_the_next_token() -> None:
    now = [0.0]
    buckets = TokenBuckets(lambda: now[0])
    buckets.acquire("ann", Rate(1, 0.25))
    assert buckets.take("ann", Rate(1, 0.25)) == 4
    now[0] = 3.0
    with pytest.raises(TooMany) as refused:
        buckets.acquire("ann", Rate(1, 0.25))
    assert refused.value.after_s == 1
    now[0] = -100.0
    assert buckets.take("ann", Rate(1, 0.25)) == 1, "a clock that was set back takes nothing away"
    now[0] = -99.0
    buckets.acquire("ann", Rate(1, 0.25))


def test_the_fourth_message_within_two_seconds_mutes_for_ten_and_is_told_once() -> None:
    conduct = MutingLimiter()
    assert [pace(conduct, 0.1 * n) for n in range(5)] == [RateVerdict.FINE] * 3 + [
        RateVerdict.TOO_FAST,
        RateVerdict.MUTED,
    ]
    assert pace(conduct, 10.2) is RateVerdict.MUTED
    assert pace(conduct, 10.31) is RateVerdict.FINE


def test_a_steady_writer_is_never_too_fast() -> None:
    conduct = MutingLimiter()
    assert {pace(conduct, 0.7 * n) for n in range(100)} == {RateVerdict.FINE}


def test_one_persons_haste_is_not_anothers() -> None:
    conduct = MutingLimiter()
    for n in range(5):
        pace(conduct, 0.1 * n)
    assert pace(conduct, 0.5, "ben") is RateVerdict.FINE


def test_one_can_be_muted_for_what_others_did() -> None:
    conduct = MutingLimiter()
    conduct.mute("ann", 5)
    assert (conduct.muted_for("ann", 4), conduct.muted_for("ann", 6), conduct.muted_for("ben", 4)) == (1, 0, 0)
    assert (pace(conduct, 4.9), pace(conduct, 5)) == (RateVerdict.MUTED, RateVerdict.FINE)


@examples(100)
@given(st.lists(st.floats(0, 30), max_size=100).map(sorted))
def test_no_more_than_the_limit_is_accepted_within_any_window(times: list[float]) -> None:
    conduct = MutingLimiter()
    accepted = [at for at in times if pace(conduct, at) is RateVerdict.FINE]
    assert all(accepted[n + 3] - at >= 2 - 1e-9 for n, at in enumerate(accepted[:-3]))
