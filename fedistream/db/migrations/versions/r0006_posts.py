"""Posts that are edited, pinned and deleted: who may see them, and who got them."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("visibility", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("pinned", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    # what was posted so far was for everybody, or in private mode for the followers alone
    op.execute(
        "UPDATE post SET pinned = false, visibility = CASE"
        " WHEN CAST(document AS TEXT) LIKE '%activitystreams#Public%' THEN 'public' ELSE 'followers' END"
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.alter_column("visibility", existing_type=sa.String(length=10), nullable=False)
        batch_op.alter_column("pinned", existing_type=sa.Boolean(), nullable=False)

    op.create_table(
        "post_reach",
        sa.Column("post_id", sa.String(length=24), nullable=False),
        sa.Column("mentions", t.Json(), nullable=False),
        sa.Column("inboxes", t.Json(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_reach")),
        sqlite_autoincrement=False,
    )


def downgrade() -> None:
    op.drop_table("post_reach")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_column("updated_at")
        batch_op.drop_column("pinned")
        batch_op.drop_column("visibility")
