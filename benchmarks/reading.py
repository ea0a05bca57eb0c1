"""The output of a benchmark: one JSON line per measure, or a line with the reason why there is none.

    {"name": "parser", "value": 1.5, "unit": "s", "reach": 2.0, "better": "lower",
     "peer": "nginx", "peer_value": 1.0, "reach_of": "ratio", "note": "..."}

Only name, value and unit are always there.
"""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal


class BadReading(Exception):
    """The line is not what a benchmark prints."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One run's value, and that of the program it is compared with in the same run.

    `reach` is the value, or with `reach_of` "ratio" the ratio to the peer, that we want; `better` says to which side.
    """

    name: str
    value: float
    unit: str
    reach: float | None = None
    better: Literal["lower", "higher"] = "lower"
    reach_of: Literal["value", "ratio"] = "value"
    peer: str = ""
    peer_value: float | None = None
    note: str = ""

    def __str__(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value not in (None, "")})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A benchmark that was not run, for a reason in the machine."""

    why: str

    def __str__(self) -> str:
        return json.dumps({"skipped": self.why})


def parse(line: str) -> Reading | Skipped:
    """Read a line. Raises BadReading."""
    try:
        values: Any = json.loads(line)
        if isinstance(values, dict) and isinstance(values.get("skipped"), str):
            return Skipped(values["skipped"])
        return Reading(**{**values, "value": float(values["value"])})
    except (ValueError, TypeError, KeyError) as error:
        raise BadReading(f"{line[:200]!r}: {error}") from error


@dataclass(frozen=True, slots=True)
class Spread:
    least: float
    middle: float
    most: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(min(values), median(values), max(values), len(values))


@dataclass(frozen=True, slots=True)
class Row:
    """All runs of one measure. The ratio is taken within each run: the machine was the same for both then."""

    first: Reading
    values: Spread
    peers: Spread | None
    ratios: Spread | None

    @property
    def reached(self) -> bool | None:
        """Return whether the median run reaches the target; None without a target."""
        reading = self.first
        judged = self.ratios if reading.reach_of == "ratio" else self.values
        if reading.reach is None or judged is None:
            return None
        return judged.middle <= reading.reach if reading.better == "lower" else judged.middle >= reading.reach


def rows(readings: Iterable[Reading]) -> list[Row]:
    """Runs of the same measure together, in the order of their first."""
    runs: dict[str, list[Reading]] = {}
    for reading in readings:
        runs.setdefault(reading.name, []).append(reading)
    return [_row(same) for same in runs.values()]


def _row(runs: list[Reading]) -> Row:
    pairs = [(run.value, run.peer_value) for run in runs if run.peer_value]
    peers = [peer for _, peer in pairs if peer]
    ratios = [value / peer for value, peer in pairs if peer]
    return Row(
        runs[0],
        Spread.of([run.value for run in runs]),
        Spread.of(peers) if peers else None,
        Spread.of(ratios) if ratios else None,
    )


def print_measures(measure: Callable[[Path], Awaitable[Iterable[Reading]]]) -> None:
    """Measure in a temporary folder, and print the readings."""
    with tempfile.TemporaryDirectory() as folder:

        async def run() -> Iterable[Reading]:
            return await measure(Path(folder))

        for reading in asyncio.run(run()):
            print(reading, flush=True)
