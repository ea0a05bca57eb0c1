"""Columns for an actor that is hidden, moved or cannot be checked, and the reason why a follower waits."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hidden", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("moved_to", sa.String(length=2048), nullable=True))
        batch_op.add_column(sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("failed_checks", sa.Integer(), nullable=True))
    op.execute("UPDATE remote_actor SET hidden = false, moved_to = '', failed_checks = 0")
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.alter_column("hidden", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column("moved_to", existing_type=sa.String(length=2048), nullable=False)
        batch_op.alter_column("failed_checks", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_for", sa.String(length=20), nullable=True))
    op.execute("UPDATE follower SET held_for = CASE WHEN state = 'pending' THEN 'private' ELSE '' END")
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.alter_column("held_for", existing_type=sa.String(length=20), nullable=False)


def downgrade() -> None:
    op.execute("DELETE FROM follower WHERE state = 'moved'")
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.drop_column("held_for")
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.drop_column("failed_checks")
        batch_op.drop_column("checked_at")
        batch_op.drop_column("moved_to")
        batch_op.drop_column("hidden")
