"""Measures the import of an Owncast server: `python -m benchmarks.import_owncast`.

A folder of 100,000 messages, 10,000 users and 10,000 followers, and one of a tenth of that, each imported into SQLite
by a process of its own: the time of the larger one, and how much more memory it takes.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.reading import Reading
from tests.kit.owncast_folder import ACTOR, AT, OwncastFolder, follower, make_folder, message, user

MESSAGES: Final = 100_000
USERS: Final = 10_000
FOLLOWERS: Final = 10_000
SMALL: Final = 10  # the smaller folder has so many times fewer
LINE: Final = "Something that people say while they watch, of <strong>eighty</strong> characters or so"
CHILD: Final = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)"
TELL: Final = "; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def fill(source: OwncastFolder, share: int) -> None:
    """Fill a folder with the numbers above divided by `share`."""
    source.set(server_url="https://stream.example", federation_username="live", federation_enabled=True)
    users = USERS // share
    rows: dict[str, Iterator[dict[str, object]]] = {
        "users": (user(f"visitor{n}") for n in range(users)),
        "user_access_tokens": ({"token": f"token{n:040}", "user_id": f"u-visitor{n}"} for n in range(users)),
        "messages": (
            message(n, f"visitor{n % users}", f"<p>{LINE} {n}</p>", AT + timedelta(seconds=n))
            for n in range(MESSAGES // share)
        ),
        "ap_followers": (
            follower(f"https://far{n % 500}.example/users/f{n}", ACTOR) for n in range(FOLLOWERS // share)
        ),
    }
    with closing(sqlite3.connect(source.database)) as database, database:
        for table, lines in rows.items():
            for line in lines:
                names, marks = ", ".join(line), ", ".join("?" * len(line))
                database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(line.values()))  # noqa: S608


def take_over(source: Path, data: Path) -> tuple[float, float]:
    """Import a folder. Returns the time in seconds, and the most memory of the process in MiB."""
    command = [sys.executable, "-m", "fedistream", "import-owncast", str(source), "--data-dir", str(data)]
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", CHILD + TELL, *command], check=True, capture_output=True, text=True)
    spent = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    with closing(sqlite3.connect(data / "fedistream.db")) as database:
        assert database.execute("SELECT count(*) FROM message").fetchone()[0] > 0, "nothing was imported"
    return spent, int(done.stdout) * unit / 2**20


def measure(folder: Path) -> Iterator[Reading]:
    spent, memory = {}, {}
    for share in (SMALL, 1):
        source = make_folder(folder / f"owncast{share}")
        fill(source, share)
        spent[share], memory[share] = take_over(source.path, folder / f"data{share}")
    note = f"{MESSAGES:,} messages, {USERS:,} users, {FOLLOWERS:,} followers"
    yield Reading("import_owncast", round(spent[1], 1), "s", reach=60.0, note=note)
    more = f"{memory[1]:.0f} MiB, against {memory[SMALL]:.0f} MiB for a tenth of the rows"
    yield Reading("import_owncast_memory", round(memory[1] / memory[SMALL], 2), "x", reach=1.5, note=more)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for reading in measure(Path(folder)):
            print(reading, flush=True)


if __name__ == "__main__":
    main()
