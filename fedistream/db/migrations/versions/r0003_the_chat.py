"""The chat: visitors with their tokens and identities, messages, bans, what moderators did."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ip_ban",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("notes", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ip_ban")),
        sa.UniqueConstraint("address", name=op.f("uq_ip_ban_address")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "moderation_action",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_action")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("moderation_action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_action_target"), ["target"], unique=False)

    op.create_table(
        "visitor",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("likeness", sa.String(length=128), nullable=False),
        sa.Column("colour", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("previous_names", t.Json(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renamed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor")),
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("visitor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visitor_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visitor_disabled_at"), ["disabled_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visitor_likeness"), ["likeness"], unique=False)
        batch_op.create_index(batch_op.f("ix_visitor_role"), ["role"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("more", t.Json(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("visitor_id", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_message_channel_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visitor_id"], ["visitor.id"], name=op.f("fk_message_visitor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_channel_id_id"), ["channel_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_message_channel_id_visible_id"), ["channel_id", "visible", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_message_visitor_id_id"), ["visitor_id", "id"], unique=False)

    op.create_table(
        "visitor_identity",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("identity", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visitor_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitor.id"], name=op.f("fk_visitor_identity_visitor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_identity")),
        sa.UniqueConstraint("kind", "identity", name=op.f("uq_visitor_identity_kind_identity")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "visitor_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visitor_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitor.id"], name=op.f("fk_visitor_token_visitor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_visitor_token")),
        sqlite_autoincrement=False,
    )


def downgrade() -> None:
    op.drop_table("visitor_token")
    op.drop_table("visitor_identity")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_visitor_id_id"))
        batch_op.drop_index(batch_op.f("ix_message_channel_id_visible_id"))
        batch_op.drop_index(batch_op.f("ix_message_channel_id_id"))

    op.drop_table("message")
    with op.batch_alter_table("visitor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visitor_role"))
        batch_op.drop_index(batch_op.f("ix_visitor_likeness"))
        batch_op.drop_index(batch_op.f("ix_visitor_disabled_at"))
        batch_op.drop_index(batch_op.f("ix_visitor_created_at"))

    op.drop_table("visitor")
    with op.batch_alter_table("moderation_action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moderation_action_target"))

    op.drop_table("moderation_action")
    op.drop_table("ip_ban")
