from dataclasses import replace

from media.rtmp.failed_keys import FailedKeys
from media.rtmp.limits import DEFAULT

LIMITS = replace(
    DEFAULT,
    failed_keys=3,
    failed_keys_window_s=60,
    failed_keys_slow_s=100,
)
HERE, THERE = "192.0.2.1", "192.0.2.2"
LONG, SHORT = "k" * LIMITS.long_key, "k" * (LIMITS.long_key - 1)


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
