from dataclasses import replace

import pytest

from media.rtmp.admission import Admission, house
from media.rtmp.errors import TooManyConnections, TooManyFailedKeys, TooManyFromAddress
from media.rtmp.limits import DEFAULT

LIMITS = replace(
    DEFAULT,
    connections=5,
    connections_per_address=2,
    failed_keys=3,
    failed_keys_window_s=60,
    failed_keys_block_s=100,
)
HERE, THERE = "192.0.2.1", "192.0.2.2"


def test_an_address_has_so_many_connections() -> None:
    counted = Admission(LIMITS)
    counted.arrive(HERE, 0)
    counted.arrive(HERE, 0)
    with pytest.raises(TooManyFromAddress):
        counted.arrive(HERE, 0)
    counted.arrive(THERE, 0)
    counted.leave(HERE)
    counted.arrive(HERE, 0)


def test_all_addresses_together_have_so_many_connections() -> None:
    counted = Admission(LIMITS)
    for last in range(5):
        counted.arrive(f"192.0.2.{last}", 0)
    with pytest.raises(TooManyConnections):
        counted.arrive("192.0.2.5", 0)
    counted.leave("192.0.2.0")
    counted.arrive("192.0.2.5", 0)


def test_wrong_keys_close_the_door_to_their_address_for_a_while() -> None:
    counted = Admission(LIMITS)
    assert [counted.failed(HERE, now) for now in (0, 10, 20)] == [False, False, True]
    with pytest.raises(TooManyFailedKeys):
        counted.arrive(HERE, 21)
    counted.arrive(THERE, 21)
    with pytest.raises(TooManyFailedKeys):
        counted.arrive(HERE, 119)
    counted.arrive(HERE, 120)


def test_after_the_block_the_count_begins_anew() -> None:
    counted = Admission(LIMITS)
    assert [counted.failed(HERE, now) for now in (0, 0, 0, 1, 1)] == [False, False, True, False, False]


def test_a_wrong_key_now_and_then_is_forgiven() -> None:
    counted = Admission(LIMITS)
    assert not any(counted.failed(HERE, now) for now in range(0, 1000, 31))


def test_only_so_many_addresses_are_remembered() -> None:
    counted = Admission(replace(LIMITS, failed_keys_addresses=3))
    for address in (HERE, THERE, "192.0.2.3", HERE, "192.0.2.4"):
        counted.failed(address, 0)
    # THERE was quiet longest and is forgotten; HERE has two on its account
    assert not counted.failed(THERE, 1)
    assert not counted.failed(THERE, 1)


def test_the_customers_of_one_ipv6_network_are_one_address() -> None:
    counted = Admission(LIMITS)
    counted.arrive("2001:db8:1:2::1", 0)
    counted.arrive("2001:db8:1:2:ffff::9", 0)
    with pytest.raises(TooManyFromAddress):
        counted.arrive("2001:db8:1:2:3:4:5:6", 0)
    counted.arrive("2001:db8:1:3::1", 0)


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
    assert house(address) == expected
