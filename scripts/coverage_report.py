"""Prints coverage by package and as a whole; with --floor, exits with 1 when the whole is below the floor.

The floor is `fail_under` in pyproject.toml. Expects the data of a finished run in .coverage.
"""

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage


@dataclass(slots=True)
class Tally:
    """Statements and branches, and how many of both were taken."""

    found: int = 0
    covered: int = 0

    def add(self, summary: dict[str, int]) -> None:
        self.found += summary["num_statements"] + summary["num_branches"]
        self.covered += summary["covered_lines"] + summary["covered_branches"]

    @property
    def percent(self) -> float:
        return 100 * self.covered / self.found if self.found else 100.0


def tallies(coverage: Coverage) -> dict[str, Tally]:
    """Covered shares by package (folder), the sum of all under the empty name."""
    with tempfile.TemporaryDirectory() as folder:
        outfile = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(outfile))
        files = json.loads(outfile.read_text())["files"]
    by_package: dict[str, Tally] = defaultdict(Tally)
    for name, file in files.items():
        by_package[str(Path(name).parent)].add(file["summary"])
        by_package[""].add(file["summary"])
    return dict(sorted(by_package.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--floor", action="store_true", help="exit with 1 when the whole is below fail_under")
    asked = parser.parse_args()

    coverage = Coverage()
    coverage.load()
    print("\ncoverage, lines and branches")
    by_package = tallies(coverage)
    whole = by_package.pop("", Tally())
    for package, tally in by_package.items():
        print(f"  {package:<34}{tally.percent:6.1f} %")
    print(f"  {'the whole':<34}{whole.percent:6.1f} %    (lines not covered: .venv/bin/coverage report)")

    floor = coverage.get_option("report:fail_under")
    if asked.floor and isinstance(floor, (int, float)) and whole.percent < floor:
        print(f"coverage is below its floor of {floor} %", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
