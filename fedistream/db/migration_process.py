"""Migrates in a child process, so that the node does not keep SQLAlchemy and Alembic (27 MB) in memory."""

import asyncio
import json
import logging
import os
import sys
from contextlib import suppress
from subprocess import PIPE

from fedistream.core.child_environment import child_environment
from fedistream.db.problems import ALL, DatabaseProblem

log = logging.getLogger(__name__)

URL = "FEDISTREAM_DATABASE_URL"
PROBLEM = 3  # the exit code that means: stdout ends with the problem as a line of JSON
MIGRATE_S = 3600  # seconds; SQLite rebuilds a large table row by row


async def migrate(url: str) -> None:
    """Bring the tables to the newest revision, which takes about 1 s for a new database. Raises DatabaseProblem.

    When this is cancelled, the child is killed, and the database takes back what it has done: it is one transaction.
    """
    # the URL is in the environment: a password in the arguments would be visible to all users of the machine
    environment = child_environment(os.environ, database=True, **{URL: url})
    child = await asyncio.create_subprocess_exec(
        # a session of its own: Ctrl-C must reach the parent alone
        *(sys.executable, "-m", "fedistream.db.migrate"),
        env=environment,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(MIGRATE_S):
            said, complained = await child.communicate()
    except TimeoutError as error:
        raise DatabaseProblem(f"The tables could not be brought up to date within {MIGRATE_S} seconds.") from error
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode == PROBLEM:
        problem = json.loads(said.decode().splitlines()[-1])
        raise ALL[problem["problem"]](problem["text"])
    if child.returncode != 0:
        errors = complained.decode(errors="replace")
        log.error("the tables could not be brought up to date:\n%s", errors)
        last = (errors.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        raise DatabaseProblem(f"The tables could not be brought up to date ({last}). Nothing was changed.")
