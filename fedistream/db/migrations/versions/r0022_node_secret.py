"""The node's secret is a row that all processes share, no longer a file. The node copies the file into it."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node_secret",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("secret", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_node_secret")),
    )


def downgrade() -> None:
    op.drop_table("node_secret")
