"""`make bench`: runs the benchmarks, each in a process of its own, and prints what they found as one table.

It says whether a reach is met and judges nothing: the exit code tells only whether everything ran.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine, table
from benchmarks.reading import BadReading, Reading, Skipped, parse, rows

# In this order: what is quick and needs nothing comes first, the browser, which disturbs the others, last.
BENCHMARKS = (
    "rtmp_parser",
    "signatures",
    "foreign_text",
    "outbox",
    "idle_memory",
    "first_playlist",
    "passthrough_cpu",
    "live_edge",
    "segment_cpu",
    "http_floods",
    "status_rate",
    "chat_log",
    "import_owncast",
    "chat_jobs",
    "chat_fanout",
    "chat_send",
    "backup_live",
    "chat_live",
    "webhooks",
    "guessing",
    "chat_return",
    "inbox",
    "burst",
    "burst_live",
    "kills",
    "database_away",
    "shown_frame",
)
ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "operating" / "performance.md"
TIMEOUT_S = 300
MOST_TIMES = 20


class Broken(Exception):
    """A benchmark did not end as it should; the text holds its last words."""


def run(name: str) -> Iterator[Reading | Skipped]:
    """One run of one benchmark. Raises Broken."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Broken(f"{name}: not done after {TIMEOUT_S} s") from None
    if done.returncode:
        raise Broken(f"{name}: {' / '.join(done.stderr.splitlines()[-3:])}")
    try:
        for line in done.stdout.splitlines():
            yield parse(line)
    except BadReading as error:
        raise Broken(f"{name}: {error}") from error


@dataclass(slots=True)
class Findings:
    readings: list[Reading] = field(default_factory=list)
    without: dict[str, str] = field(default_factory=dict)  # benchmarks that have none, and why
    broken: bool = False


def measure(names: Sequence[str], times: int) -> Findings:
    """Run each so many times, in turns. What is going on is told on stderr."""
    findings = Findings()
    for turn in range(times):
        for name in names:
            if name in findings.without:
                continue
            print(f"{name} ({turn + 1} of {times}) ...", file=sys.stderr, flush=True)
            try:
                for found in run(name):
                    print(f"  {found}", file=sys.stderr)
                    if isinstance(found, Skipped):
                        findings.without[name] = f"{name}: skipped: {found.why}"
                    else:
                        findings.readings.append(found)
            except Broken as broken:
                findings.without[name], findings.broken = f"{broken}", True
                print(f"  {broken}", file=sys.stderr)
    return findings


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; without any, all")
    parser.add_argument("--times", type=int, default=1, help="how often; the table shows the middle and both ends")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.relative_to(ROOT)}")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(BENCHMARKS)):
        parser.error(f"no benchmark is called {', '.join(unknown)}")
    if given.write and given.names:
        parser.error("--write is for all benchmarks together: the table is of one machine on one day")
    here = machine.this()
    print(f"{here}", file=sys.stderr)
    if here.load > machine.BUSY_LOAD:
        print("this machine is busy: the numbers will be worse than they are", file=sys.stderr)
    times = max(1, min(given.times, MOST_TIMES))
    found = measure(given.names or BENCHMARKS, times)
    measured, without = rows(found.readings), list(found.without.values())
    print("\n".join([f"{here}\n", table.terminal(measured), *without]))
    if found.broken:
        sys.exit("bench: not everything ran" + (f": {DOCUMENT.name} was left as it is" if given.write else ""))
    if given.write:
        day = datetime.now(UTC).date().isoformat()
        text = f"{day}, {machine.revision(ROOT)}, runs: {times}; {here}\n\n{table.markdown(measured, without)}"
        DOCUMENT.write_text(table.put(DOCUMENT.read_text("utf-8"), text), "utf-8")


if __name__ == "__main__":
    main()
