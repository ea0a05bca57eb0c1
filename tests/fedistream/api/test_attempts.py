import pytest

from fedistream.api import attempts
from fedistream.api.attempts import Attempts
from fedistream.errors import TooMany
from tests.kit.asking import Clock


def test_the_eleventh_failure_in_a_minute_is_refused_and_told_when_to_come_back() -> None:
    clock = Clock()
    failures = Attempts(clock.monotonic)
    for _ in range(10):
        failures.begin("mallory")
        clock.advance(1)
    with pytest.raises(TooMany) as refusal:
        failures.begin("mallory")
    assert refusal.value.after_s == 50
    clock.advance(50)
    failures.begin("mallory")
    with pytest.raises(TooMany):
        failures.begin("mallory")


def test_a_refused_attempt_does_not_lengthen_the_wait() -> None:
    clock = Clock()
    failures = Attempts(clock.monotonic, limit=1)
    failures.begin("mallory")
    for _ in range(59):
        clock.advance(1)
        with pytest.raises(TooMany):
            failures.begin("mallory")
    clock.advance(1)
    failures.begin("mallory")


def test_right_attempts_never_run_out() -> None:
    failures = Attempts(Clock().monotonic, limit=2)
    for _ in range(100):
        failures.begin("ann")
        failures.forgive("ann")


def test_many_attempts_at_once_do_not_slip_through_before_the_first_is_checked() -> None:
    failures = Attempts(Clock().monotonic, limit=3)
    for _ in range(3):
        failures.begin("mallory")
    with pytest.raises(TooMany):
        failures.begin("mallory")


def test_askers_are_counted_apart() -> None:
    failures = Attempts(Clock().monotonic, limit=1)
    failures.begin("mallory")
    failures.begin("ann")
    with pytest.raises(TooMany):
        failures.begin("mallory")


def test_the_table_does_not_grow_without_end() -> None:
    failures = Attempts(Clock().monotonic, limit=1)
    failures.begin("first")
    for n in range(attempts.MAX_ASKERS):
        failures.begin(f"asker {n}")
    assert len(failures._failed) == attempts.MAX_ASKERS
    failures.begin("first")
    with pytest.raises(TooMany):
        failures.begin(f"asker {attempts.MAX_ASKERS - 1}")


def test_forgiving_one_who_was_forgotten_is_harmless() -> None:
    Attempts(Clock().monotonic).forgive("nobody")
