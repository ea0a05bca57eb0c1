"""Federation: our keys, actors of elsewhere, followers, what was heard and done, and posts."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "federation_key",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_federation_key")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_federation_key_channel_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "post",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("document", t.Json(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_channel_id"), ["channel_id"], unique=False)

    op.create_table(
        "remote_actor",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("key_id", sa.String(length=2048), nullable=False),
        sa.Column("handle", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("image", sa.String(length=2048), nullable=False),
        sa.Column("inbox", sa.String(length=2048), nullable=False),
        sa.Column("shared_inbox", sa.String(length=2048), nullable=False),
        sa.Column("document", t.Json(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_actor")),
        sa.UniqueConstraint("url", name=op.f("uq_remote_actor_url")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remote_actor_key_id"), ["key_id"], unique=False)

    op.create_table(
        "seen_activity",
        sa.Column("activity_id", sa.String(length=2048), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_seen_activity")),
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("seen_activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_activity_at"), ["at"], unique=False)

    op.create_table(
        "engagement",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("object", sa.String(length=1100), nullable=False),
        sa.Column("activity_id", sa.String(length=2048), nullable=False),
        sa.Column("reaction", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["remote_actor.id"], name=op.f("fk_engagement_actor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement")),
        sa.UniqueConstraint("actor_id", "kind", "object", name=op.f("uq_engagement_actor_id_kind_object")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_engagement_channel_id"), ["channel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_engagement_object_kind"), ["object", "kind"], unique=False)

    op.create_table(
        "follower",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("follow", t.Json(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["remote_actor.id"], name=op.f("fk_follower_actor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follower")),
        sa.UniqueConstraint("channel_id", "actor_id", name=op.f("uq_follower_channel_id_actor_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follower_channel_id_state"), ["channel_id", "state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follower_channel_id_state"))

    op.drop_table("follower")
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_engagement_object_kind"))
        batch_op.drop_index(batch_op.f("ix_engagement_channel_id"))

    op.drop_table("engagement")
    with op.batch_alter_table("seen_activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_activity_at"))

    op.drop_table("seen_activity")
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remote_actor_key_id"))

    op.drop_table("remote_actor")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_channel_id"))

    op.drop_table("post")
    op.drop_table("federation_key")
