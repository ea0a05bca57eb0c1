"""Replies and mentions from the fediverse, and what became of them."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remote_note",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.String(length=24), nullable=False),
        sa.Column("actor", sa.String(length=2048), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("handle", sa.String(length=320), nullable=False),
        sa.Column("image", sa.String(length=2048), nullable=False),
        sa.Column("link", sa.String(length=2048), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("warning", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.String(length=13), nullable=True),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_note")),
        sa.UniqueConstraint("url", name=op.f("uq_remote_note_url")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("remote_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remote_note_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_remote_note_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_remote_note_channel_id_state"), ["channel_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_remote_note_message_id"), ["message_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("remote_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remote_note_message_id"))
        batch_op.drop_index(batch_op.f("ix_remote_note_channel_id_state"))
        batch_op.drop_index(batch_op.f("ix_remote_note_at"))
        batch_op.drop_index(batch_op.f("ix_remote_note_actor"))

    op.drop_table("remote_note")
