"""The registrations with directories."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "directory_registration",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_registration")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("directory_registration")
