import sys
from collections.abc import Iterator

import pytest

from benchmarks.chat_crowd import FrameStats, crowd, masked
from benchmarks.chat_fanout import server


@pytest.fixture
def port() -> Iterator[int]:
    with server([sys.executable, "-m", "benchmarks.chat_server"]) as (_, port):
        yield port


def test_the_age_of_a_part_of_the_frames() -> None:
    stats = FrameStats(ages=[number / 1000 for number in range(100)])
    assert [stats.age(part) for part in (0.0, 0.5, 0.99, 1.0)] == [0, 50, 99, 99]
    assert FrameStats().age(0.99) == 0


def test_a_frame_is_masked_and_says_how_long_it_is() -> None:
    assert masked(b"abc") == b"\x81\x83\0\0\0\0abc"
    assert masked(b"x" * 300)[:4] == b"\x81\xfe\x01\x2c"


def test_everybody_hears_all_of_it_whoever_speaks(port: int) -> None:
    with crowd(port, 12) as clients:
        stats = clients.talk(clients.speakers("hello"), rate=50, seconds=0.4)
        assert (stats.frames, stats.missing, len(stats.ages)) == (12 * 20, 0, 12 * 20)
        assert 0 < stats.age(0.99) < 10_000


def test_a_client_that_never_reads_is_not_waited_for(port: int) -> None:
    with crowd(port, 5, stalled=2) as clients:
        stats = clients.talk(clients.speaker("hello"), rate=50, seconds=0.2)
        assert (stats.frames, stats.missing) == (3 * 10, 0)
