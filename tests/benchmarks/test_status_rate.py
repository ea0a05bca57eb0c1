import sys

from benchmarks import bare_route, status_rate
from benchmarks.chat_fanout import server


def test_the_bare_route_is_asked_and_its_requests_are_counted() -> None:
    with server([sys.executable, "-m", "benchmarks.bare_route"]) as (pid, port):
        rate, cpu_us = status_rate.measure({pid: port}, rounds=1, count=320)[port]
    assert rate > 0
    assert 0 < cpu_us < 1e6


def test_the_bare_route_answers_what_a_status_always_has() -> None:
    assert {"serverTime", "online", "versionNumber", "streamTitle"} <= bare_route.BODY.keys()
