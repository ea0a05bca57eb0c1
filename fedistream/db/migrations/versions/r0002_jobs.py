"""Jobs: the outbox, the health of the hosts it sends to, and what is done again and again."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "host_health",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("circuit", sa.String(length=10), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.Double(), nullable=False),
        sa.Column("failing_days", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.Double(), nullable=False),
        sa.Column("failed_at", sa.Double(), nullable=False),
        sa.Column("dead_since", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_health")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("group_key", sa.String(length=64), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("once", name=op.f("uq_outbox_once")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_group_key_state"), ["group_key", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_host_state"), ["host", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_state_due"), ["state", "due"], unique=False)

    op.create_table(
        "scheduled",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("last_run_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_scheduled")),
        sqlite_autoincrement=False,
    )


def downgrade() -> None:
    op.drop_table("scheduled")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_state_due"))
        batch_op.drop_index(batch_op.f("ix_outbox_host_state"))
        batch_op.drop_index(batch_op.f("ix_outbox_group_key_state"))

    op.drop_table("outbox")
    op.drop_table("host_health")
