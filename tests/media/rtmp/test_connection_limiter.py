from dataclasses import replace

import pytest

from media.rtmp.connection_limiter import ConnectionLimiter, network_key
from media.rtmp.errors import TooManyFromAddress
from media.rtmp.limits import DEFAULT

LIMITS = replace(
    DEFAULT,
    waiting=5,
    waiting_per_address=3,
    publishing_per_address=2,
)
HERE, THERE = "192.0.2.1", "192.0.2.2"


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


def test_a_publishing_connection_is_not_displaced() -> None:
    counted = ConnectionLimiter(LIMITS)
    counted.arrive(0, HERE)
    counted.publish(0, HERE)
    assert [counted.arrive(n, HERE) for n in range(1, 5)] == [None, None, None, 1]
    assert [counted.arrive(n, f"198.51.100.{n}") for n in range(5, 9)] == [None, 1, 1, 1], "0 is not among them"
    counted.leave(0, HERE)


def test_after_unpublish_the_connection_may_publish_again() -> None:
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


def test_nothing_is_kept_of_closed_connections() -> None:
    counted = ConnectionLimiter(LIMITS)
    for n in range(5):
        counted.arrive(n, f"192.0.2.{n}")
    counted.publish(2, "192.0.2.2")
    for n in range(5):
        counted.leave(n, f"192.0.2.{n}")
        counted.leave(n, f"192.0.2.{n}")
    assert not counted._waiting
    assert not counted._publishing
    assert not counted._networks
    assert counted._waiting_count == 0


def test_the_customers_of_one_ipv6_network_are_one_address() -> None:
    counted = ConnectionLimiter(LIMITS)
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::7"]
    assert [counted.arrive(n, address) for n, address in enumerate(addresses)] == [None, None, None, 0]


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
