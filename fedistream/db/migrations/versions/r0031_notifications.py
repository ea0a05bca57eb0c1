"""Notifications, the browsers that subscribed to them, and the node's key for push services."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=88), nullable=False),
        sa.Column("auth", sa.String(length=24), nullable=False),
        sa.Column("visitor_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("channel_id", "endpoint_hash", name=op.f("uq_push_subscription_channel_id_endpoint_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("push_subscription") as batch_op:
        batch_op.create_index(op.f("ix_push_subscription_visitor_id_id"), ["visitor_id", "id"], unique=False)
    op.create_table(
        "vapid_key",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("private_key", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_vapid_key")),
    )
    op.create_table(
        "notification",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("broadcast_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("broadcast_id", "way", name=op.f("uq_notification_broadcast_id_way")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("notification") as batch_op:
        batch_op.create_index(op.f("ix_notification_state_due"), ["state", "due"], unique=False)
        batch_op.create_index(
            op.f("ix_notification_channel_id_way_sent_at"), ["channel_id", "way", "sent_at"], unique=False
        )


def downgrade() -> None:
    op.drop_table("notification")
    op.drop_table("vapid_key")
    op.drop_table("push_subscription")
