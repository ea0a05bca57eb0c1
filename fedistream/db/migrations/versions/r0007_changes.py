"""Counters that tell other processes that their copies are old, and keys that replace others."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_count",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_count")),
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("federation_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("old_pem", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE federation_key SET number = 1")
    with op.batch_alter_table("federation_key", schema=None) as batch_op:
        batch_op.alter_column("number", existing_type=sa.Integer(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("federation_key", schema=None) as batch_op:
        batch_op.drop_column("changed_at")
        batch_op.drop_column("old_pem")
        batch_op.drop_column("number")
    op.drop_table("change_count")
