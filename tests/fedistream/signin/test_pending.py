"""Sign-ins in progress: bounded in number and time."""

import pytest

from fedistream.core.errors import TooMany
from fedistream.signin.pending import Pending
from tests.kit.asking import Clock


def test_a_thing_is_kept_for_its_time_and_taken_once() -> None:
    clock = Clock()
    waiting: Pending[str] = Pending(clock.monotonic, most=2, life_s=60)
    waiting.put("a", "one", "owner of a")
    clock.advance(59)
    assert waiting.get("a") == "one"
    assert waiting.take("a") == "one"
    assert waiting.take("a") is None
    waiting.put("a", "two", "owner of a")
    clock.advance(60)
    assert waiting.get("a") is None


def test_a_new_thing_takes_the_place_of_the_old_one_and_of_no_others() -> None:
    clock = Clock()
    waiting: Pending[str] = Pending(clock.monotonic, most=2, life_s=60)
    waiting.put("a", "one", "owner of a")
    clock.advance(20)
    waiting.put("b", "two", "owner of b")
    with pytest.raises(TooMany) as refused:
        waiting.put("c", "three", "owner of c")
    assert refused.value.after_s == 40
    waiting.put("b", "four", "owner of b")
    assert (waiting.get("a"), waiting.get("b")) == ("one", "four")
    clock.advance(40)
    waiting.put("c", "three", "owner of c")
    assert waiting.get("a") is None


def test_a_network_that_fills_the_table_displaces_its_own_oldest_entries() -> None:
    waiting: Pending[str] = Pending(Clock().monotonic, most=4, life_s=60)
    waiting.put("ann", "hers", "ann")
    for n in range(3):
        waiting.put(f"m{n}", "his", "mallory")
    waiting.put("bob", "his own", "bob")
    assert [waiting.get(key) for key in ("ann", "bob", "m0", "m1", "m2")] == ["hers", "his own", None, "his", "his"]
    waiting.put("m3", "his", "mallory")
    assert [waiting.get(key) for key in ("ann", "bob", "m1")] == ["hers", "his own", None]
