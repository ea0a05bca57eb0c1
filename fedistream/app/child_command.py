"""The command line of a worker that the front process starts."""

import os
import sys

from fedistream.app.config import Config
from fedistream.core.child_environment import child_environment


def child_command(options: Config) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of a worker that the front process starts. Passwords are not in the
    command."""
    # a URL may contain a password, and every user of the machine can read arguments
    needed = {
        "FEDISTREAM_DATA_DIR": str(options.data_dir),
        "FEDISTREAM_DATABASE_URL": options.database_url,
        "FEDISTREAM_PUBLIC_URL": options.public_url,
        "FEDISTREAM_FEDERATION_ALLOW": options.federation_allow,
        "FEDISTREAM_LOG_LEVEL": options.log_level,
    }
    environment = child_environment(os.environ, database=True, **needed)
    return [sys.executable, "-m", "fedistream.app.worker_command", "--nudged"], environment
