"""Migrates in a child process, so that the node does not keep SQLAlchemy and Alembic (27 MB) in memory."""

import json
import logging
import os
import subprocess
import sys

from fedistream.core.child_environment import child_environment
from fedistream.db.problems import ALL, DatabaseProblem

log = logging.getLogger(__name__)

URL = "FEDISTREAM_DATABASE_URL"
PROBLEM = 3  # the exit code that means: stdout ends with the problem as a line of JSON
MIGRATE_S = 3600  # seconds; SQLite rebuilds a large table row by row


def migrate(url: str) -> None:
    """Bring the tables to the newest revision. Raises DatabaseProblem. Blocks: about 1 s for a new database."""
    # the URL is in the environment: a password in the arguments would be visible to all users of the machine
    environment = child_environment(os.environ, database=True, **{URL: url})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "fedistream.db.migrate"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=MIGRATE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DatabaseProblem(f"The tables could not be brought up to date within {MIGRATE_S} seconds.") from error
    if done.returncode == PROBLEM:
        said = json.loads(done.stdout.splitlines()[-1])
        raise ALL[said["problem"]](said["text"])
    if done.returncode != 0:
        log.error("the tables could not be brought up to date:\n%s", done.stderr)
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise DatabaseProblem(f"The tables could not be brought up to date ({last}). Nothing was changed.")
