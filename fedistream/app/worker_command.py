"""The command `fedistream worker`, in a module of its own so that a worker process does not import the web server.

The node starts its worker by `python -m fedistream.app.worker_command`.
"""

from typing import Any

import click

from fedistream.app.command import CONFIG_FILE, DATA_DIR, DATABASE_URL, FEDERATION_ALLOW, LOG_LEVEL, PUBLIC_URL, run
from fedistream.app.config import Config
from fedistream.app.worker import run as work


@click.command(context_settings={"show_default": True})
@CONFIG_FILE
@DATA_DIR
@PUBLIC_URL
@DATABASE_URL
@FEDERATION_ALLOW
@LOG_LEVEL
@click.option("--nudged", is_flag=True, hidden=True, help="The standard input says when to look, and when to end.")
def worker(*, nudged: bool, **given: Any) -> None:
    """Run a worker, which does a node's jobs. A node starts one by itself; more may run, on other machines too."""
    options = Config(**given)
    run(options, work(options, nudged=nudged))


if __name__ == "__main__":
    worker(prog_name="fedistream worker")
