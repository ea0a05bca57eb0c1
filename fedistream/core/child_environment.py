"""The environment of child processes: an allow-list of names. Passwords, keys and tokens are not passed on."""

import os
import sys
from collections.abc import Mapping

KEPT = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR"),
        *("LD_LIBRARY_PATH", "LD_PRELOAD", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    )
)
PREFIXES = ("LC_", "PYTHON", "MALLOC_", "COVERAGE_", "COV_CORE_")
DATABASE = ("PG",)  # PGHOST, PGPASSWORD and the others that PostgreSQL's clients read


def child_environment(given: Mapping[str, str], *, database: bool = False, **more: str) -> dict[str, str]:
    """Return the environment for a child process, taken from `given`, and `more`.

    With `database` it includes PostgreSQL's variables. PYTHONPATH is set so that the child finds the same modules.
    """
    prefixes = PREFIXES + DATABASE if database else PREFIXES
    kept = {name: value for name, value in given.items() if name in KEPT or name.startswith(prefixes)}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)} | more
