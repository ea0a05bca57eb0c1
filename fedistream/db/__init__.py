"""The database: one door to open it (`Database`), one to a transaction (`atomic`), and its problems by name.

Each feature keeps its own models; the list of them is in `orm.py`. Tables follow the models by the revisions in
`migrations/`, which `migrate.py` applies and `schema.py` compares.
"""

from fedistream.db.engine import Database
from fedistream.db.problems import (
    BadAddress,
    DatabaseCorrupt,
    DatabaseForeign,
    DatabaseLocked,
    DatabaseProblem,
    DatabaseTooNew,
    DatabaseUnreachable,
    DiskFull,
    DriverMissing,
    NotWritable,
    named,
)
from fedistream.db.transaction import TurnInside, after_commit, atomic, within

__all__ = [
    "BadAddress",
    "Database",
    "DatabaseCorrupt",
    "DatabaseForeign",
    "DatabaseLocked",
    "DatabaseProblem",
    "DatabaseTooNew",
    "DatabaseUnreachable",
    "DiskFull",
    "DriverMissing",
    "NotWritable",
    "TurnInside",
    "after_commit",
    "atomic",
    "named",
    "within",
]
