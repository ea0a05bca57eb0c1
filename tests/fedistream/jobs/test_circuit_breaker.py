"""Far servers' health: when one is left alone, how it is tried again, when it counts as dead, what revives it."""

from dataclasses import replace

import pytest

from fedistream.jobs.circuit_breaker import DAY_S, MAX_PAUSE_S, PAUSE_S, PROBE_S, Circuit, Health, Seen, move

GOOD = Health("ann.example")
T = 1000.0 * DAY_S


def after(health: Health, *seen: Seen, now: float = T) -> Health:
    for what in seen:
        health = move(health, what, now)
    return health


def test_four_failures_are_borne_and_the_fifth_opens_the_circuit() -> None:
    assert after(GOOD, *[Seen.FAILED] * 4).circuit is Circuit.CLOSED
    broken = after(GOOD, *[Seen.FAILED] * 5)
    assert (broken.circuit, broken.open_until) == (Circuit.OPEN, T + PAUSE_S)


def test_failures_count_only_in_a_row() -> None:
    assert after(GOOD, *[Seen.FAILED] * 4, Seen.ANSWERED, *[Seen.FAILED] * 4).circuit is Circuit.CLOSED


def test_jobs_that_were_on_their_way_do_not_prolong_the_pause() -> None:
    broken = after(GOOD, *[Seen.FAILED] * 5)
    assert after(broken, *[Seen.FAILED] * 50, now=T + 1) == broken


def test_it_is_tried_after_the_pause_and_not_before() -> None:
    broken = after(GOOD, *[Seen.FAILED] * 5)
    assert move(broken, Seen.PROBED, T + PAUSE_S - 1) == broken
    probed = move(broken, Seen.PROBED, T + PAUSE_S)
    assert (probed.circuit, probed.open_until) == (Circuit.HALF_OPEN, T + PAUSE_S + PROBE_S)


def test_a_probe_that_is_never_heard_of_again_is_followed_by_another() -> None:
    probed = Health("ann.example", Circuit.HALF_OPEN, 5, open_until=T)
    assert move(probed, Seen.PROBED, T - 1) == probed
    assert move(probed, Seen.PROBED, T).open_until == T + PROBE_S


def test_each_failed_probe_doubles_the_pause_up_to_half_a_day() -> None:
    health, pauses, now = after(GOOD, *[Seen.FAILED] * 5), [], T
    for _ in range(9):
        health = move(health, Seen.PROBED, health.open_until)
        health = move(health, Seen.FAILED, now)
        pauses.append(health.open_until - now)
    assert pauses == [1200, 2400, 4800, 9600, 19200, 38400, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S]


def test_a_probe_that_is_answered_heals() -> None:
    broken = after(GOOD, *[Seen.FAILED] * 5)
    assert after(move(broken, Seen.PROBED, broken.open_until), Seen.ANSWERED) == GOOD


@pytest.mark.parametrize("seconds", [0, DAY_S - 1])
def test_failures_on_seven_days_make_a_server_dead(seconds: float) -> None:
    health = GOOD
    for day in range(6):
        health = after(health, Seen.FAILED, Seen.FAILED, now=T + day * DAY_S + seconds)
        health = replace(health, circuit=Circuit.HALF_OPEN)
    assert health.failing_days == 6
    dead = move(health, Seen.FAILED, T + 6 * DAY_S + seconds)
    assert (dead.circuit, dead.dead_since, dead.failing_since) == (Circuit.DEAD, T + 6 * DAY_S + seconds, T + seconds)


def test_one_success_in_seven_days_is_enough_to_live() -> None:
    health = GOOD
    for day in range(6):
        health = after(health, Seen.FAILED, now=T + day * DAY_S)
    assert move(health, Seen.ANSWERED, T + 6 * DAY_S) == GOOD


@pytest.mark.parametrize("circuit", Circuit)
def test_a_signed_request_from_a_server_revives_it(circuit: Circuit) -> None:
    assert move(Health("ann.example", circuit, 99, T, 7, T, T, T), Seen.CONTACTED, T) == GOOD


def test_the_dead_are_not_tried() -> None:
    dead = Health("ann.example", Circuit.DEAD, 99, 0, 7, T, T, T)
    assert after(dead, Seen.PROBED, Seen.FAILED, now=T + 100 * DAY_S) == dead


def test_years_of_failures_do_not_overflow() -> None:
    worn = Health("ann.example", Circuit.HALF_OPEN, 10**6, T, 1, T, T)
    assert move(worn, Seen.FAILED, T).open_until == T + MAX_PAUSE_S
