"""docs/what-happens.md is what `make what-happens` prints, and every fact and reaction of the code is in it."""

import subprocess
import sys

from fedistream.core.events import FACTS
from tests.house.tree import ROOT

SCRIPT = ROOT / "scripts" / "what_happens.py"
PAGE = ROOT / "docs" / "what-happens.md"


def test_the_page_is_what_the_command_prints() -> None:
    printed = subprocess.run([sys.executable, SCRIPT], check=True, capture_output=True, text=True).stdout
    assert PAGE.read_text() == printed, "run: make what-happens ARGS=--write"


def test_every_fact_is_on_the_page_with_a_module_that_emits_it() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `") and ": " in line]
    named = {row[0].removeprefix("| `").partition("`")[0]: row[1] for row in rows if len(row) == 3}
    assert set(named) == {fact.__name__ for fact in FACTS.values()}
    assert not [name for name, made in named.items() if ".py" not in made]
