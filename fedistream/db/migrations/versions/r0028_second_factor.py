"""The second factor of the admin."""

import sqlalchemy as sa
from alembic import op

from fedistream.db import column_types as t

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_totp",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("basic_allowed", sa.Boolean(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_totp")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "admin_recovery_code",
        sa.Column("id", t.BigId(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_admin_recovery_code_code_hash")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("admin_recovery_code")
    op.drop_table("admin_totp")
