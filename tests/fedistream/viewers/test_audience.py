from datetime import UTC, datetime

from fedistream.viewers.audience import Audience, Watcher

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANN = ("192.0.2.1", "Firefox")
BOB = ("192.0.2.2", "Chromium")


def audience(**seen: float) -> Audience:
    """Watchers by the name of their user agent, all from one address, last seen at the given times."""
    made = Audience()
    for name, at in seen.items():
        made.add(("192.0.2.1", name), Watcher(name, NOON, at))
    return made


def ids(watchers: Audience) -> set[str]:
    return {watcher.id for _, watcher in watchers}


def test_expiry_forgets_those_who_were_last_seen_before_and_at_the_moment() -> None:
    watchers = audience(early=1.0, at=2.0, late=2.5)
    assert watchers.expire(2.0) == 2
    assert ids(watchers) == {"late"}


def test_an_entry_seen_again_moves_to_the_end_of_the_queue() -> None:
    watchers = audience(ann=1.0, bob=2.0)
    assert watchers.touch(("192.0.2.1", "ann"), 3.0)
    assert watchers.expire(2.0) == 1
    assert ids(watchers) == {"ann"}


def test_a_stranger_is_not_touched() -> None:
    assert not audience(ann=1.0).touch(BOB, 2.0)


def test_a_held_watcher_stays_through_any_silence() -> None:
    watchers = audience(ann=1.0, bob=1.0)
    watchers.hold(("192.0.2.1", "ann"))
    assert watchers.expire(1000.0) == 1
    assert ids(watchers) == {"ann"}
    assert len(watchers) == 1


def test_a_watcher_with_two_connections_needs_two_releases() -> None:
    watchers = audience(ann=1.0)
    key = ("192.0.2.1", "ann")
    watchers.hold(key)
    watchers.hold(key)
    watchers.release(key, 10.0)
    assert watchers.expire(1000.0) == 0
    watchers.release(key, 20.0)
    assert watchers.expire(19.0) == 0
    assert watchers.expire(20.0) == 1


def test_a_release_of_a_stranger_is_ignored() -> None:
    watchers = audience(ann=1.0)
    watchers.release(BOB, 5.0)
    assert ids(watchers) == {"ann"}


def test_a_held_watcher_can_be_touched() -> None:
    watchers = audience(ann=1.0)
    watchers.hold(("192.0.2.1", "ann"))
    assert watchers.touch(("192.0.2.1", "ann"), 7.0)
    assert [watcher.last_seen for _, watcher in watchers] == [7.0]


def test_the_count_per_address_falls_with_expiry_and_keeps_no_empty_addresses() -> None:
    watchers = Audience()
    watchers.add(ANN, Watcher("a", NOON, 1.0))
    watchers.add(BOB, Watcher("b", NOON, 1.0))
    watchers.add(("192.0.2.1", "Safari"), Watcher("c", NOON, 5.0))
    assert watchers.from_address("192.0.2.1") == 2
    watchers.expire(2.0)
    assert watchers.from_address("192.0.2.1") == 1
    assert watchers.from_address("192.0.2.2") == 0
    assert not watchers._per_address.keys() - {"192.0.2.1"}
