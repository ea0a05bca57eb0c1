"""The owner of a lease, and whether that process is still alive."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fedistream.jobs.lease_owner import Owner, began_at, here, is_dead, own, parse


@contextmanager
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as one:
        try:
            yield one
        finally:
            one.kill()


def owner_of(pid: int) -> Owner:
    return replace(here("a"), pid=pid, began=began_at(pid) or "")


def test_a_name_is_read_as_it_was_written_and_fits_its_column() -> None:
    me = here("0a1b2c3d")
    assert parse(str(me)) == me
    assert len(str(me)) <= 100


@pytest.mark.parametrize(
    "name", ["", "host 123 abcd", "a/b/c/d/e", "a/b/1/d", "a//1/d/e", "a/b/-1/d/e", "a/b/\u0661/d/e"]
)
def test_a_name_of_another_form_is_nobodys(name: str) -> None:
    assert parse(name) is None


def test_a_process_is_alive_until_it_is_killed() -> None:
    me = here("m")
    with process() as other:
        owner = owner_of(other.pid)
        assert not is_dead(owner, me)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert is_dead(owner, me), "a zombie is dead"
        other.wait()
        assert is_dead(owner, me)
    assert not is_dead(me, me)


def test_a_process_id_that_somebody_else_has_by_now_is_no_life() -> None:
    assert is_dead(replace(here("a"), began="1"), here("m"))


@pytest.mark.parametrize("elsewhere", [{"boot": "another"}, {"namespace": "another"}])
def test_processes_of_other_machines_boots_and_containers_are_not_judged(elsewhere: dict[str, str]) -> None:
    gone = replace(here("a"), pid=2**22 + 1)  # more than the kernel gives out
    assert is_dead(gone, here("m"))
    moved = Owner(
        **{name: elsewhere.get(name, getattr(gone, name)) for name in ("boot", "namespace", "pid", "began", "mark")}
    )
    assert not is_dead(moved, here("m"))


def test_without_a_proc_nobody_is_found_dead(tmp_path: Path) -> None:
    me = here("m", tmp_path)
    assert not is_dead(replace(me, pid=2**22 + 1), me)
    assert not is_dead(replace(here("a"), pid=2**22 + 1), me)


def test_a_process_that_may_not_be_seen_is_not_judged() -> None:
    assert not is_dead(here("a"), here("m"), lambda pid: None)


def test_own_names_differ_and_judge_each_other_alive() -> None:
    (one, judge), (other, _) = own(), own()
    assert one != other
    assert not judge(other)
    assert not judge("of an older version")
