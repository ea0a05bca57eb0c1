"""The id of an activity is let go when what it did is taken back, or done again."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("seen_activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("side", sa.String(length=65), nullable=True))
        batch_op.create_index(batch_op.f("ix_seen_activity_side"), ["side"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("seen_activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_activity_side"))
        batch_op.drop_column("side")
