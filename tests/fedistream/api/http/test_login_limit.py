import pytest

from fedistream.api.http import login_limit
from fedistream.api.http.login_limit import FORGOTTEN_S, FREE, GUESSED_AT, MOST_DELAY_S, LoginLimit
from tests.kit.asking import Clock


def fail(failures: LoginLimit, asker: str, times: int = 1) -> None:
    for _ in range(times):
        failures.begin(asker)
        failures.failed()


def test_a_few_failures_cost_no_delay_and_each_more_doubles_it() -> None:
    clock = Clock()
    failures = LoginLimit(clock.monotonic)
    fail(failures, "mallory", FREE - 1)
    assert failures.wait("mallory") == 0
    delays = []
    for _ in range(5):
        fail(failures, "mallory")
        delays.append(failures.wait("mallory"))
        clock.advance(delays[-1])
        assert failures.wait("mallory") == 0
    assert delays == [1, 2, 4, 8, 16]


def test_no_delay_is_longer_than_the_longest_however_many_failures() -> None:
    failures = LoginLimit(Clock().monotonic)
    fail(failures, "mallory", 5000)
    assert failures.wait("mallory") == MOST_DELAY_S


def test_an_hour_after_the_last_failure_all_are_forgotten() -> None:
    clock = Clock()
    failures = LoginLimit(clock.monotonic)
    fail(failures, "mallory", 20)
    clock.advance(FORGOTTEN_S)
    assert failures.wait("mallory") == 0
    assert failures.begin("mallory") == 0


def test_right_attempts_never_run_out() -> None:
    failures = LoginLimit(Clock().monotonic)
    for _ in range(100):
        assert failures.begin("ann") == 0
        failures.forgive("ann")
        assert failures.wait("ann") == 0


def test_many_attempts_at_once_do_not_slip_through_before_the_first_is_checked() -> None:
    failures = LoginLimit(Clock().monotonic)
    assert [failures.begin("mallory") for _ in range(FREE)] == [*range(FREE)]
    assert failures.wait("mallory") > 0


def test_askers_are_counted_apart() -> None:
    failures = LoginLimit(Clock().monotonic)
    fail(failures, "mallory", FREE)
    assert failures.wait("mallory") > 0
    assert failures.wait("ann") == 0


def test_under_distributed_guessing_failed_clients_wait_longer_and_others_not_at_all() -> None:
    clock = Clock()
    failures = LoginLimit(clock.monotonic)
    for n in range(2 * GUESSED_AT):
        fail(failures, f"network {n}")
    assert failures.wait("network 0") == pytest.approx(2)
    assert failures.wait("network 0", alone=True) == 0
    assert failures.wait("ann") == 0
    clock.advance(600)
    assert failures.wait("network 0") == 0
    fail(failures, "network 0")
    assert failures.wait("network 0") == 0, "after ten quiet minutes a second one is free again"


def test_the_table_does_not_grow_without_end() -> None:
    failures = LoginLimit(Clock().monotonic)
    fail(failures, "first", FREE)
    for n in range(login_limit.MAX_ASKERS):
        failures.begin(f"asker {n}")
    assert len(failures._failed) == login_limit.MAX_ASKERS
    assert failures.wait("first") == 0


def test_forgiving_a_forgotten_client_is_harmless() -> None:
    failures = LoginLimit(Clock().monotonic)
    failures.forgive("nobody")
    assert failures.wait("nobody") == 0
