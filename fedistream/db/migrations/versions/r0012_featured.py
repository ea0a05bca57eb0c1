"""Servers whose streams are featured here, and followers that feature ours."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "featured_server",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("actor", sa.String(length=2048), nullable=False),
        sa.Column("inbox", sa.String(length=2048), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("follow", t.Json(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("logo", sa.String(length=2048), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("thumbnail", sa.String(length=2048), nullable=False),
        sa.Column("tags", t.Json(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("online_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_featured_server")),
        sa.UniqueConstraint("actor", name=op.f("uq_featured_server_actor")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.add_column(sa.Column("directory", sa.Boolean(), nullable=True))
    op.execute("UPDATE follower SET directory = FALSE")
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.alter_column("directory", existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.drop_column("directory")
    op.drop_table("featured_server")
