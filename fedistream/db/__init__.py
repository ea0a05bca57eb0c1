"""The database: `Database` opens it, `atomic` runs a transaction, and its problems have names.

Each feature has its own models; `orm.py` lists them. The migrations in `migrations/` bring the tables to the models:
`migrate.py` applies them, and `schema.py` compares.
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
