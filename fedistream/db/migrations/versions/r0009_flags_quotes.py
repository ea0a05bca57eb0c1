"""Reports of others, and who may quote."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flag",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=2048), nullable=False),
        sa.Column("server", sa.String(length=255), nullable=False),
        sa.Column("objects", t.Json(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flag_settled_at"), ["settled_at"], unique=False)
    op.create_table(
        "quote",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.String(length=24), nullable=False),
        sa.Column("quoting", sa.String(length=2048), nullable=False),
        sa.Column("actor", sa.String(length=2048), nullable=False),
        sa.Column("inbox", sa.String(length=2048), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("post_id", "quoting", name=op.f("uq_quote_post_id_quoting")),
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("quote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quote_channel_id"), ["channel_id"], unique=False)


def downgrade() -> None:
    op.drop_table("quote")
    op.drop_table("flag")
