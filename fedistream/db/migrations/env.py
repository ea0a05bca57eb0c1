"""Alembic's entry point for every command; the work is in `fedistream/db/migrate.py`."""

from alembic import context

from fedistream.db.migrate import run

run(context)  # type: ignore[arg-type]  # the module stands for its EnvironmentContext
