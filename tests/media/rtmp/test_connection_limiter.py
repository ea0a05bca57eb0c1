from dataclasses import replace

import pytest

from media.rtmp.connection_limiter import ConnectionLimiter, FailedKeys, network_key
from media.rtmp.errors import TooManyFromAddress
from media.rtmp.limits import DEFAULT

LIMITS = replace(
    DEFAULT,
    waiting=5,
    waiting_per_address=3,
    publishing_per_address=2,
    failed_keys=3,
    failed_keys_window_s=60,
    failed_keys_slow_s=100,
)
HERE, THERE = "192.0.2.1", "192.0.2.2"
LONG, SHORT = "k" * LIMITS.long_key, "k" * (LIMITS.long_key - 1)


def test_one_connection_too_many_of_an_address_closes_its_oldest() -> None:
    counted = ConnectionLimiter(LIMITS)
    assert [counted.arrive(n, HERE) for n in range(4)] == [None, None, None, 0]
    counted.leave(0, HERE)
    assert counted.arrive(4, HERE) == 1


def test_one_too_many_of_all_closes_the_oldest_of_the_address_that_has_most() -> None:
    counted = ConnectionLimiter(LIMITS)
    counted.arrive(0, THERE)
    assert [counted.arrive(n, HERE) for n in (1, 2, 3)] == [None, None, None]
    assert counted.arrive(4, "192.0.2.3") is None
    assert counted.arrive(5, "192.0.2.4") == 1


def test_of_as_many_addresses_as_connections_the_oldest_goes() -> None:
    counted = ConnectionLimiter(LIMITS)
    assert [counted.arrive(n, f"192.0.2.{n}") for n in range(6)] == [None] * 5 + [0]


def test_who_publishes_makes_room_for_nobody() -> None:
    counted = ConnectionLimiter(LIMITS)
    counted.arrive(0, HERE)
    counted.publish(0, HERE)
    assert [counted.arrive(n, HERE) for n in range(1, 5)] == [None, None, None, 1]
    assert [counted.arrive(n, f"198.51.100.{n}") for n in range(5, 9)] == [None, 1, 1, 1], "0 is not among them"
    counted.leave(0, HERE)


def test_who_stops_publishing_waits_again() -> None:
    counted = ConnectionLimiter(LIMITS)
    for n in range(3):
        counted.arrive(n, HERE)
    counted.publish(0, HERE)
    assert counted.arrive(3, HERE) is None
    assert counted.rest(0, HERE) == 1, "and it is the youngest now"


def test_an_address_has_so_many_publishers() -> None:
    counted = ConnectionLimiter(LIMITS)
    for n in range(3):
        counted.arrive(n, HERE)
    counted.publish(0, HERE)
    counted.publish(1, HERE)
    with pytest.raises(TooManyFromAddress):
        counted.publish(2, HERE)
    counted.leave(0, HERE)
    counted.publish(2, HERE)


def test_nothing_is_kept_of_those_who_left() -> None:
    counted = ConnectionLimiter(LIMITS)
    for n in range(5):
        counted.arrive(n, f"192.0.2.{n}")
    counted.publish(2, "192.0.2.2")
    for n in range(5):
        counted.leave(n, f"192.0.2.{n}")
        counted.leave(n, f"192.0.2.{n}")
    assert not counted._waiting
    assert not counted._publishing
    assert not counted._place
    assert counted._waiting_count == 0


def test_the_customers_of_one_ipv6_network_are_one_address() -> None:
    counted = ConnectionLimiter(LIMITS)
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::7"]
    assert [counted.arrive(n, address) for n, address in enumerate(addresses)] == [None, None, None, 0]


def test_after_some_wrong_keys_each_further_one_is_answered_later() -> None:
    keys = FailedKeys(LIMITS)
    assert [keys.failed(HERE, now) for now in range(8)] == [0, 0, 0, 1, 2, 4, 8, 8]
    assert keys.is_slow(HERE, 106.9)
    assert not keys.is_slow(HERE, 107)
    assert keys.failed(THERE, 8) == 0


def test_a_wrong_key_now_and_then_is_forgiven() -> None:
    keys = FailedKeys(LIMITS)
    assert not any(keys.failed(HERE, now) for now in range(0, 1000, 31))


def test_a_long_key_is_compared_whatever_came_before_and_a_short_one_only_so_often() -> None:
    keys = FailedKeys(LIMITS)
    assert keys.may_try(HERE, SHORT, 0)
    for _ in range(50):
        keys.failed(HERE, 100)
    assert [keys.may_try(HERE, SHORT, 100) for _ in range(6)] == [True] * 5 + [False]
    assert [keys.may_try(HERE, LONG, 100) for _ in range(100)] == [True] * 100
    assert [keys.may_try(HERE, SHORT, now) for now in (104, 105, 106)] == [False, True, False]
    assert [keys.may_try(THERE, SHORT, 106) for _ in range(100)] == [True] * 100
    assert [keys.may_try(HERE, SHORT, 200) for _ in range(20)] == [True] * 20, "it is not slow any more"


def test_short_keys_from_many_slow_addresses_are_compared_only_so_often_together() -> None:
    keys = FailedKeys(LIMITS)
    addresses = [f"192.0.2.{n}" for n in range(20)]
    for address in addresses:
        for _ in range(3):
            keys.failed(address, 100)
    assert sum(keys.may_try(address, SHORT, 100) for address in addresses * 5) == LIMITS.short_keys_all
    assert keys.may_try("198.51.100.1", SHORT, 100)


def test_only_so_many_addresses_are_remembered() -> None:
    keys = FailedKeys(replace(LIMITS, failed_keys_addresses=3))
    for address in (HERE, THERE, "192.0.2.3", HERE, "192.0.2.4"):
        keys.failed(address, 0)
    keys.failed(HERE, 1)
    assert keys.is_slow(HERE, 1), "the third, as it was not quiet for longest"
    for _ in range(2):
        keys.failed(THERE, 1)
    assert not keys.is_slow(THERE, 1)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::1", "0:0:0:0"),
        ("2001:db8::1", "2001:db8:0:0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("fe80::1%eth0", "fe80:0:0:0"),
        ("2001:db8:1::", "2001:db8:1:0"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, expected: str) -> None:
    assert network_key(address) == expected
