"""The seed from which the node makes an access token again."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("integration", schema=None) as batch_op:
        # a process of the former version, which may still run, inserts rows without it
        batch_op.add_column(sa.Column("seed", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("integration", schema=None) as batch_op:
        batch_op.drop_column("seed")
