"""The revisions of the tables that this program knows, read from file names without loading Alembic."""

import re
from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
_FILE = re.compile(r"r(\d{4})_\w+\.py")

KNOWN = tuple(sorted(found[1] for path in (MIGRATIONS / "versions").iterdir() if (found := _FILE.fullmatch(path.name))))
"""All revisions in order. They are numbered, so the newest is the last."""

HEAD = KNOWN[-1] if KNOWN else ""
