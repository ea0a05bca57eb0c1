"""Limits on simultaneous tests: as many browsers and nodes as there are processors; plain tests run beside them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

FILE = """
import time
import pytest

@pytest.mark.parametrize("number", range(4))
def test_it(number):
    with open({log!r}, "a", buffering=1) as log:
        log.write("{name} begins\\n")
        time.sleep(0.05)
        log.write("{name} ends\\n")
"""
TIMED, PLAIN = 6, 6


@pytest.mark.slow
def test_no_more_real_time_files_run_at_once_than_there_are_processors(tmp_path: Path) -> None:
    log, processors = tmp_path / "log", os.cpu_count() or 1
    for number in range(TIMED):
        (tmp_path / f"test_{number}_in_chromium.py").write_text(FILE.format(log=str(log), name="timed"))
    for number in range(PLAIN):
        (tmp_path / f"test_{number}.py").write_text(FILE.format(log=str(log), name="plain"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.kit.scheduling", "-p", "no:cacheprovider"]
    command += ["--numprocesses", str(processors + 1), "--dist", "loadfile"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert f"{4 * (TIMED + PLAIN)} passed" in done.stdout, done.stdout + done.stderr
    running, most, beside = 0, 0, False
    for line in log.read_text().splitlines():
        name, _, what = line.partition(" ")
        if name == "timed":
            running += 1 if what == "begins" else -1
            most = max(most, running)
        beside = beside or (name == "plain" and running > 0)
    assert most <= processors
    assert beside
