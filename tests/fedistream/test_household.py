"""Who is counted as one behind an address."""

import pytest

from fedistream.household import household


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
    assert household(address) == home
