import asyncio
from dataclasses import replace

import pytest

from fedistream.core.errors import TooMany
from fedistream.metrics.playback import BURST, FORGOTTEN_S, MAX_CLIENTS, MAX_PER_NETWORK, SETS, PlaybackMetrics
from fedistream.metrics.values import Report
from tests.kit.asking import Clock

HOME = 1
GOOD = Report("s1", "p", 9000, 2400, 2.5, 0.4)


def made() -> tuple[Clock, PlaybackMetrics]:
    clock = Clock()
    return clock, PlaybackMetrics(clock.monotonic, clock.now)


def test_a_client_has_its_last_values_and_all_its_counts() -> None:
    clock, metrics = made()
    began = clock.now()
    metrics.take(HOME, "192.0.2.1", "Firefox", replace(GOOD, errors=1))
    clock.advance(15)
    metrics.take(HOME, "192.0.2.1", "Firefox", Report("s1", bitrate_kbps=1200, errors=2, changes=1))
    (client,) = metrics.clients(HOME)
    assert (client.first_seen, client.playback.at) == (began, clock.now())
    assert (client.playback.errors, client.playback.changes) == (3, 2)
    assert (client.playback.state, client.playback.bandwidth_kbps, client.playback.bitrate_kbps) == ("p", 9000, 1200)
    assert metrics.clients(HOME + 1) == ()
    assert metrics.error_count == 3


def test_the_bitrate_of_sound_changes_nothing() -> None:
    _, metrics = made()
    metrics.take(HOME, "192.0.2.1", "Firefox", GOOD)
    metrics.take(HOME, "192.0.2.1", "Firefox", replace(GOOD, bitrate_kbps=128, is_video=False))
    assert metrics.clients(HOME)[0].playback.changes == 0


def test_figures_are_those_of_all_clients_in_a_minute() -> None:
    clock, metrics = made()
    for number, latency in enumerate((1.0, 2.0, 9.0)):
        metrics.take(HOME, "192.0.2.1", f"player {number}", replace(GOOD, latency_s=latency, errors=1))
    metrics.take(HOME, "192.0.2.1", "old", Report())
    metrics.sample()
    clock.advance(60)
    metrics.take(HOME, "192.0.2.1", "player 0", GOOD)
    metrics.sample()
    figures = metrics.figures(HOME)
    assert [figure.value for figure in figures.errors] == [3, 0]
    assert [figure.value for figure in figures.latency_s.lowest] == [1.0, 2.0]
    assert [figure.value for figure in figures.latency_s.median] == [2.0, 2.5]
    assert [figure.value for figure in figures.latency_s.highest] == [9.0, 9.0]
    assert metrics.figures(HOME + 1).errors == ()


def test_a_client_that_says_nothing_of_its_latency_is_not_counted_there() -> None:
    _, metrics = made()
    metrics.take(HOME, "192.0.2.1", "player", Report())
    metrics.sample()
    assert metrics.figures(HOME).latency_s.median == ()
    assert not metrics.clients(HOME)[0].playback.is_measured


def test_silent_clients_are_forgotten_and_no_figures_are_added() -> None:
    clock, metrics = made()
    metrics.take(HOME, "192.0.2.1", "player", GOOD)
    clock.advance(100)
    metrics.sample()
    assert metrics.figures(HOME).errors == ()
    assert metrics.fresh(HOME) == ()
    assert len(metrics.clients(HOME)) == 1
    clock.advance(FORGOTTEN_S - 100)
    assert metrics.clients(HOME) == ()


def test_clients_are_bounded_by_network_and_in_all() -> None:
    clock, metrics = made()
    for number in range(MAX_PER_NETWORK + 5):
        metrics.take(HOME, "192.0.2.1", "player", Report(str(number)))
    assert len(metrics.clients(HOME)) == MAX_PER_NETWORK
    for number in range(MAX_CLIENTS + 5):
        metrics.take(HOME, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "player", Report())
    assert len(metrics.clients(HOME)) == MAX_CLIENTS
    clock.advance(FORGOTTEN_S)
    metrics.take(HOME, "192.0.2.1", "player", GOOD)
    assert len(metrics.clients(HOME)) == 1


def test_the_sets_of_figures_are_bounded() -> None:
    clock, metrics = made()
    for _ in range(SETS + 5):
        metrics.take(HOME, "192.0.2.1", "player", GOOD)
        metrics.sample()
        clock.advance(60)
    assert len(metrics.figures(HOME).errors) == SETS


def test_one_network_has_a_pace() -> None:
    _, metrics = made()
    for number in range(BURST):
        metrics.acquire(f"2001:db8::{number:x}")
    with pytest.raises(TooMany):
        metrics.acquire("2001:db8::ffff")
    metrics.acquire("192.0.2.1")


async def test_it_ends_when_it_is_cancelled() -> None:
    running = asyncio.create_task(made()[1].run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
