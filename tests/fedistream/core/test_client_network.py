"""The network that is counted as one client."""

import pytest

from fedistream.core.client_network import client_network, is_shared


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_is_counted_as_one(address: str, home: str) -> None:
    assert client_network(address) == home


def test_documentation_and_public_addresses_are_not_shared_and_odd_ones_are() -> None:
    assert not any(map(is_shared, ("192.0.2.1", "203.0.113.7", "8.8.8.8", "2001:db8::1", "100.128.0.1", "172.32.0.1")))
    assert all(map(is_shared, ("172.31.255.255", "100.127.255.255", "fdff::1", "", "a proxy")))
