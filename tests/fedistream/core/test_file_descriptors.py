"""File descriptors in a process of its own, whose limit may be changed."""

import subprocess
import sys

import pytest

from fedistream.core.file_descriptors import MOST, WEB_MOST, Share, exhausted, share


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (256, Share(112, 28, 16)),
        (1024, Share(448, 112, 64)),
        (4096, Share(2776, 694, 64)),
        (MOST, Share(WEB_MOST - 64, 2048, 64)),
    ],
)
def test_the_web_has_its_share_of_every_limit(limit: int, expected: Share) -> None:
    assert share(limit) == expected


@pytest.mark.parametrize("limit", range(1, 3000, 7))
def test_the_web_never_has_all_descriptors(limit: int) -> None:
    found = share(limit)
    assert 0 < found.total + found.spare <= max(1, limit)
    assert 0 < found.per_network <= found.total


def run(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    program = """
import resource
from fedistream.core.file_descriptors import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))
print(raise_limit(), resource.getrlimit(resource.RLIMIT_NOFILE), raise_limit())
"""
    assert run(program) == ["128 (128, 128) 128"]


def test_a_limit_that_is_high_already_stays() -> None:
    program = """
import resource
from fedistream.core.file_descriptors import raise_limit
before = resource.getrlimit(resource.RLIMIT_NOFILE)
soft = raise_limit()
print(soft >= before[0], resource.getrlimit(resource.RLIMIT_NOFILE)[1] == before[1])
"""
    assert run(program) == ["True True"]


def test_the_log_is_told_while_none_is_left_and_not_each_time() -> None:
    program = """
import asyncio, logging, os, resource, sys
from fedistream.core import file_descriptors

logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    watching = asyncio.create_task(file_descriptors.watch(look_s=0.001))
    await asyncio.sleep(0.05)
    print("open")
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        print("full")
    for _ in range(50):
        await asyncio.sleep(0.002)
    for number in held:
        os.close(number)
    watching.cancel()

asyncio.run(main())
"""
    told = run(program)
    assert told[:2] == ["open", "full"]
    assert told[2].startswith("WARNING no file descriptor is left of 64")
    assert len(told) == 3


def test_this_process_has_some_left() -> None:
    assert not exhausted()
