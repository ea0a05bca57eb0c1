"""The types that the JSDoc of our modules states hold."""

import os
import subprocess

import pytest

from tests.house.tree import ROOT

TSC = ROOT / "node_modules" / ".bin" / "tsc"


@pytest.mark.skipif(not TSC.exists(), reason="the type checker is not installed: make test does it")
def test_the_modules_of_the_pages_have_no_type_errors() -> None:
    # Node is where npm is: on PATH, or beside this Python where it came from a wheel
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:{ROOT / '.venv' / 'bin'}"}
    done = subprocess.run([TSC], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
