"""Restore AUTOINCREMENT on SQLite for the tables that former revisions rebuilt, so that no id is given twice."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TABLES = ("follower", "remote_actor", "federation_key")
_STATEMENT = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")


def upgrade() -> None:
    database = op.get_bind()
    if database.dialect.name != "sqlite":
        return
    for name in _TABLES:
        # a database that was made in one step has it, and a rebuild takes long for a million rows
        if "AUTOINCREMENT" in database.execute(_STATEMENT, {"name": name}).scalar_one():
            continue
        with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass


def downgrade() -> None:
    """Change nothing: the former version works with such tables too."""
