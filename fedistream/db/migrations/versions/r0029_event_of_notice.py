"""The scheduled event of each notice, requests for sign-in elsewhere, the viewer counts of each process, and an index
for inboxes that are gone.

The new columns may be null: a process of the former version, which may still run, inserts rows without them.
"""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_OF_OTHERS = sa.text(
    "DELETE FROM viewer_count WHERE id NOT IN (SELECT MIN(id) FROM viewer_count GROUP BY channel_id, at)"
)


def upgrade() -> None:
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event_id", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("event_name", sa.String(length=200), nullable=True))
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remote_actor_inbox"), ["inbox"], unique=False)
        batch_op.create_index(batch_op.f("ix_remote_actor_shared_inbox"), ["shared_inbox"], unique=False)
    with op.batch_alter_table("viewer_count", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("process", sa.String(length=32), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_viewer_count_channel_id_at"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_viewer_count_channel_id_at_process"), ["channel_id", "at", "process"]
        )
    op.create_table(
        "indieauth_grant",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("challenge", sa.String(length=43), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indieauth_grant")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_indieauth_grant_secret_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("indieauth_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_indieauth_grant_created_at"), ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("indieauth_grant")
    op.execute(_OF_OTHERS)
    with op.batch_alter_table("viewer_count", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_viewer_count_channel_id_at_process"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_viewer_count_channel_id_at"), ["channel_id", "at"])
        batch_op.drop_column("process")
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remote_actor_shared_inbox"))
        batch_op.drop_index(batch_op.f("ix_remote_actor_inbox"))
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_column("event_name")
        batch_op.drop_column("event_id")
