import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.viewers.service import EXPIRY_S, MAX_PER_ADDRESS, MAX_USER_AGENT, SAMPLES, SEVERAL, Peak, Viewers
from tests.kit.asking import Clock
from tests.kit.examples import examples

HOME = 1
OTHER = 2
SALT = b"0123456789abcdef"


def made(clock: Clock, salt: bytes = SALT) -> Viewers:
    return Viewers(clock.monotonic, clock.now, salt)


def test_repeated_requests_of_a_client_count_as_one_viewer() -> None:
    clock = Clock()
    viewers = made(clock)
    for _ in range(10):
        viewers.seen(HOME, "192.0.2.1", "Firefox")
        clock.advance(2)
    assert viewers.count(HOME) == 1


def test_two_browsers_at_one_address_are_two_viewers() -> None:
    viewers = made(Clock())
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    viewers.seen(HOME, "192.0.2.1", "Chromium")
    assert viewers.count(HOME) == 2


def test_fifteen_seconds_of_silence_end_a_viewer() -> None:
    clock = Clock()
    viewers = made(clock)
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    clock.advance(EXPIRY_S - 0.1)
    assert viewers.count(HOME) == 1
    clock.advance(0.1)
    assert viewers.count(HOME) == 0
    assert viewers.list(HOME) == ()


def test_channels_are_counted_apart() -> None:
    viewers = made(Clock())
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    assert viewers.count(OTHER) == 0
    assert viewers.peak(OTHER) == Peak()
    assert viewers.samples(OTHER) == ()
    assert viewers.list(OTHER) == ()


def test_a_viewer_is_listed_with_when_it_came_and_was_last_seen() -> None:
    clock = Clock()
    viewers = made(clock)
    came = clock.now()
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    clock.advance(10)
    viewers.seen(HOME, "192.0.2.2", "Safari")
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    clock.advance(3)
    first, second = viewers.list(HOME)
    assert (first.address, first.user_agent, first.first_seen) == ("192.0.2.1", "Firefox", came)
    assert first.last_seen == came + timedelta(seconds=10)
    assert second.first_seen == came + timedelta(seconds=10)


def test_the_id_of_a_viewer_stays_while_the_process_lives_and_cannot_be_made_without_its_salt() -> None:
    clock = Clock()
    one, same, other = made(clock), made(clock), made(clock, b"another salt 123")
    for viewers in (one, same, other):
        viewers.seen(HOME, "192.0.2.1", "Firefox")
    assert one.list(HOME)[0].id == same.list(HOME)[0].id
    assert one.list(HOME)[0].id != other.list(HOME)[0].id
    assert len(one.list(HOME)[0].id) == 16


def test_an_open_socket_keeps_a_silent_viewer() -> None:
    clock = Clock()
    viewers = made(clock)
    assert viewers.hold(HOME, "192.0.2.1", "Firefox")
    clock.advance(3600)
    assert viewers.count(HOME) == 1
    viewers.release(HOME, "192.0.2.1", "Firefox")
    clock.advance(EXPIRY_S - 1)
    assert viewers.count(HOME) == 1
    clock.advance(1)
    assert viewers.count(HOME) == 0


def test_a_viewer_with_player_and_socket_counts_once() -> None:
    viewers = made(Clock())
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    viewers.hold(HOME, "192.0.2.1", "Firefox")
    viewers.seen(HOME, "192.0.2.1", "Firefox")
    assert viewers.count(HOME) == 1


def test_one_address_cannot_fill_the_table_with_invented_user_agents() -> None:
    clock = Clock()
    viewers = made(clock)
    for n in range(MAX_PER_ADDRESS + 5):
        viewers.seen(HOME, "192.0.2.1", f"agent {n}")
    assert viewers.count(HOME) == MAX_PER_ADDRESS
    assert viewers.uncounted == 5
    assert not viewers.hold(HOME, "192.0.2.1", "one more")
    viewers.seen(HOME, "192.0.2.2", "agent 0")
    assert viewers.count(HOME) == MAX_PER_ADDRESS + 1
    clock.advance(EXPIRY_S)
    viewers.seen(HOME, "192.0.2.1", "one more")
    assert viewers.count(HOME) == 1


def test_a_full_house_counts_no_newcomers_until_somebody_leaves() -> None:
    clock = Clock()
    viewers = Viewers(clock.monotonic, clock.now, SALT, capacity=2)
    viewers.seen(HOME, "192.0.2.1", "a")
    viewers.seen(OTHER, "192.0.2.2", "a")
    viewers.seen(HOME, "192.0.2.3", "a")
    assert (viewers.count(HOME), viewers.uncounted) == (1, 1)
    viewers.seen(HOME, "192.0.2.1", "a")
    assert viewers.uncounted == 1
    clock.advance(EXPIRY_S)
    assert viewers.count(OTHER) == 0
    viewers.seen(HOME, "192.0.2.3", "a")
    assert [viewer.address for viewer in viewers.list(HOME)] == ["192.0.2.3"]


def test_a_long_user_agent_is_kept_short_and_still_found_again() -> None:
    viewers = made(Clock())
    viewers.seen(HOME, "192.0.2.1", "x" * 10_000)
    viewers.seen(HOME, "192.0.2.1", "x" * 20_000)
    (viewer,) = viewers.list(HOME)
    assert len(viewer.user_agent) == MAX_USER_AGENT


def test_a_peak_belongs_to_a_broadcast_and_the_highest_of_them_is_kept() -> None:
    clock = Clock()
    viewers = made(clock)
    for n in range(5):
        viewers.seen(HOME, f"192.0.2.{n}", "early")
    assert viewers.peak(HOME) == Peak(0, 0)
    viewers.begin_session(HOME)
    assert viewers.peak(HOME) == Peak(5, 5)
    viewers.seen(HOME, "192.0.2.9", "late")
    assert viewers.peak(HOME) == Peak(6, 6)
    clock.advance(EXPIRY_S)
    viewers.seen(HOME, "192.0.2.1", "early")
    assert viewers.peak(HOME) == Peak(6, 6)
    viewers.end_session(HOME)
    viewers.begin_session(HOME)
    assert viewers.peak(HOME) == Peak(1, 6)


def test_viewers_after_the_end_do_not_raise_the_peak() -> None:
    viewers = made(Clock())
    viewers.begin_session(HOME)
    viewers.seen(HOME, "192.0.2.1", "a")
    viewers.end_session(HOME)
    viewers.seen(HOME, "192.0.2.2", "b")
    assert viewers.peak(HOME) == Peak(1, 1)


def test_the_overall_peak_can_be_handed_to_the_next_process() -> None:
    viewers = made(Clock())
    viewers.restore_peak(HOME, 40)
    viewers.begin_session(HOME)
    viewers.seen(HOME, "192.0.2.1", "a")
    assert viewers.peak(HOME) == Peak(1, 40)
    viewers.restore_peak(HOME, 3)
    assert viewers.peak(HOME) == Peak(1, 40)


def test_samples_tell_the_count_over_time_and_go_back_a_day() -> None:
    clock = Clock()
    viewers = made(clock)
    began = clock.now()
    viewers.seen(HOME, "192.0.2.1", "a")
    viewers.sample()
    clock.advance(30)
    viewers.sample()
    assert [(count.at - began, count.viewers) for count in viewers.samples(HOME)] == [
        (timedelta(0), 1),
        (timedelta(seconds=30), 0),
    ]
    assert len(viewers.samples(HOME, began + timedelta(seconds=1))) == 1
    for _ in range(SAMPLES):
        viewers.sample()
    assert len(viewers.samples(HOME)) == SAMPLES


async def test_the_running_service_samples_at_once() -> None:
    viewers = made(Clock())
    viewers.seen(HOME, "192.0.2.1", "a")
    task = asyncio.create_task(viewers.run())
    await asyncio.wait([task], timeout=0.01)
    assert [count.viewers for count in viewers.samples(HOME)] == [1]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["seen", "hold", "release"]), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 20)),
    ),
    max_size=60,
)


@examples(150)
@given(steps)
def test_the_count_is_that_of_a_slow_and_obvious_model(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    viewers = made(clock)
    last: dict[int, float] = {}
    holds: dict[int, int] = {}
    for step, n in steps:
        who = (HOME, "192.0.2.1", f"agent {n}")
        if step == "wait":
            clock.advance(n)
        elif step == "seen":
            viewers.seen(*who)
            last[n] = clock.monotonic()
        elif step == "hold":
            assert viewers.hold(*who)
            last[n] = clock.monotonic()
            holds[n] = holds.get(n, 0) + 1
        elif holds.get(n):
            viewers.release(*who)
            last[n] = clock.monotonic()
            holds[n] -= 1
        there = {n for n, at in last.items() if holds.get(n) or at > clock.monotonic() - EXPIRY_S}
        assert viewers.count(HOME) == len(there)


def test_viewers_who_are_all_at_one_private_address_are_noticed_once(caplog: pytest.LogCaptureFixture) -> None:
    viewers = made(Clock())
    for n in range(SEVERAL - 1):
        viewers.seen(HOME, "172.17.0.1", f"Browser {n}")
    viewers.sample()
    assert viewers.one_address(HOME) == ""
    viewers.seen(HOME, "172.17.0.1", "Browser")
    for _ in range(3):
        viewers.sample()
    assert viewers.one_address(HOME) == "172.17.0.1"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "--trusted-proxies" in caplog.text
    viewers.seen(HOME, "203.0.113.7", "Browser")
    viewers.sample()
    assert (viewers.one_address(HOME), viewers.one_address(OTHER)) == ("", "")


def test_viewers_at_one_public_address_are_a_school() -> None:
    viewers = made(Clock())
    for n in range(2 * SEVERAL):
        viewers.seen(HOME, "203.0.113.7", f"Browser {n}")
    viewers.sample()
    assert viewers.one_address(HOME) == ""
