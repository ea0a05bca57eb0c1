"""The viewer counts, one row a minute."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "viewer_count",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("viewers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_viewer_count")),
        sa.UniqueConstraint("channel_id", "at", name=op.f("uq_viewer_count_channel_id_at")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("viewer_count")
