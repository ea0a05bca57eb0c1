"""`make mutate` finds the mistakes that a test does not notice, and changes no file."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

WEAK = "def test_it() -> None:\n    assert older(3, 2)\n"
STRONG = (
    WEAK + "    assert not older(1, 2)\n    assert not older(2, 2)\n    assert older(300, 2) and not older(-5, 2)\n"
)
SOURCE = '''"""Who is older."""


def older(one: int, other: int) -> bool:
    """Whether the first one is."""
    return one > other
'''


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A checkout with the script, and a module that has a test."""
    for folder in ("scripts", "media", "tests/media"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "scripts" / "mutate.py").write_text((ROOT / "scripts" / "mutate.py").read_text())
    (tmp_path / "media" / "age.py").write_text(SOURCE)
    return tmp_path


def mutate(folder: Path, test: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "tests" / "media" / "test_age.py").write_text(f"from media.age import older\n\n\n{test}")
    command = [sys.executable, "scripts/mutate.py", *arguments, "media/age.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_mistakes_that_no_test_notices_are_shown_where_they_are(planted: Path) -> None:
    weak = mutate(planted, WEAK)
    assert weak.returncode == 0, weak.stderr
    assert "media/age.py:6\n-     return one > other\n+     return (one >= other)\n" in weak.stdout
    assert "media/age.py: 1 of 2 mistakes were not noticed" in weak.stdout
    strong = mutate(planted, STRONG)
    assert "media/age.py: 0 of 2 mistakes were not noticed" in strong.stdout
    assert (planted / "media" / "age.py").read_text() == SOURCE


@pytest.mark.slow
def test_tests_that_fail_by_themselves_say_nothing_about_mistakes(planted: Path) -> None:
    found = mutate(planted, "def test_it() -> None:\n    assert older(1, 2)\n")
    assert found.returncode == 1
    assert "fail without a mistake" in found.stderr


@pytest.mark.slow
def test_a_module_without_tests_is_named(planted: Path) -> None:
    command = [sys.executable, "scripts/mutate.py", "media/none.py"]
    found = subprocess.run(command, cwd=planted, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "there is no media/none.py" in found.stderr
