"""What waits for its end: bounded, and not for ever."""

import pytest

from fedistream.errors import TooMany
from fedistream.signin.waiting import Waiting
from tests.kit.asking import Clock


def test_a_thing_is_kept_for_its_time_and_taken_once() -> None:
    clock = Clock()
    waiting: Waiting[str] = Waiting(clock.monotonic, most=2, life_s=60)
    waiting.put("a", "one")
    clock.advance(59)
    assert waiting.get("a") == "one"
    assert waiting.take("a") == "one"
    assert waiting.take("a") is None
    waiting.put("a", "two")
    clock.advance(60)
    assert waiting.get("a") is None


def test_a_new_thing_takes_the_place_of_the_old_one_and_of_no_others() -> None:
    clock = Clock()
    waiting: Waiting[str] = Waiting(clock.monotonic, most=2, life_s=60)
    waiting.put("a", "one")
    clock.advance(20)
    waiting.put("b", "two")
    with pytest.raises(TooMany) as refused:
        waiting.put("c", "three")
    assert refused.value.after_s == 40
    waiting.put("b", "four")
    assert (waiting.get("a"), waiting.get("b")) == ("one", "four")
    clock.advance(40)
    waiting.put("c", "three")
    assert waiting.get("a") is None
