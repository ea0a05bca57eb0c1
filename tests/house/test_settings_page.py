"""docs/operating/settings.md is what its script prints from the table of settings."""

import subprocess
import sys

from tests.house.tree import ROOT


def test_the_page_of_settings_is_what_the_script_prints() -> None:
    script, page = ROOT / "scripts" / "settings_page.py", ROOT / "docs" / "operating" / "settings.md"
    printed = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True).stdout
    assert page.read_text() == printed, "run: python scripts/settings_page.py --write"
